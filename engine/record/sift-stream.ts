import { type RecordStream, recordStream, type StreamItem, type StreamOptions, workBuffer } from './record-stream.ts';
import { nothingSifted, type Sieve, type Sifted, siftElements, startOfRecords } from './sift.ts';

/** What a portion of bytes held: records sifted from `Records`, then whatever else the bytes are. */
export interface SiftedPortion {
  readonly sifted: Sifted;
  readonly items: readonly StreamItem[];
}

/** As `RecordStream`. */
export interface SiftStream {
  readonly push: (chunk: Uint8Array) => SiftedPortion;
  readonly end: () => SiftedPortion;
}

/** Bytes in which `{"Records":[` must have been seen; white space may be in it. */
const START_BYTES = 64;

/**
 * Sifts the bytes of a log file in any portions. From the first byte on that is not as in `{"Records":[{…},…]}`, the
 * stream of records takes over, so that it gives what that stream gives, but for the quiet records.
 */
export const siftStream = (options: StreamOptions, sieve: Sieve): SiftStream => {
  const join = workBuffer();
  let kept: Buffer = Buffer.alloc(0);
  /** Bytes that must be there before the element that was incomplete is tried again: or a long one is read too often. */
  let enough = START_BYTES;
  let elements = 0;
  let started = false;
  let plain: RecordStream | undefined;

  const giveOver = (where?: 'in-records' | 'behind-records'): RecordStream => {
    const stream = recordStream({ ...options, ...(where !== undefined && { resume: { where, elements } }) });
    plain = stream;
    return stream;
  };

  const siftMore = (bytes: Buffer, from: number): SiftedPortion => {
    const sifted = { ...nothingSifted(), elements };
    const { kind, rest } = siftElements(bytes, from, sieve, sifted);
    ({ elements } = sifted);
    const left = bytes.subarray(rest);
    if (kind === 'ended') return { sifted, items: giveOver('behind-records').push(left) };
    if (kind === 'broken' || left.length > options.maxValueBytes || !sieve.isWorthwhile())
      return { sifted, items: giveOver('in-records').push(left) };
    kept = left;
    enough = Math.min(2 * left.length, options.maxValueBytes + 1);
    return { sifted, items: [] };
  };

  const push = (chunk: Uint8Array): SiftedPortion => {
    const sifted = nothingSifted();
    if (plain !== undefined) return { sifted, items: plain.push(chunk) };
    const bytes = join(kept, chunk);
    kept = bytes;
    if (bytes.length < enough) return { sifted, items: [] };
    if (started) return siftMore(bytes, 0);
    const start = sieve.isWorthwhile() ? startOfRecords(bytes) : -1;
    started = start >= 0;
    return started ? siftMore(bytes, start) : { sifted, items: giveOver().push(bytes) };
  };

  const end = (): SiftedPortion => {
    const sifted = nothingSifted();
    if (plain !== undefined) return { sifted, items: plain.end() };
    const stream = giveOver(started ? 'in-records' : undefined);
    return { sifted, items: [...stream.push(kept), ...stream.end()] };
  };
  return { push, end };
};
