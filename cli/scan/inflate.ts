import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { headerLength } from '../../engine/record/gzip.ts';

/** Thrown when gzipped input ends early, is damaged, or goes on behind its first member. */
class GzipError extends Error {
  override readonly name = 'GzipError';
}

const CHUNK = 64 * 1024;
const TRAILER = 8;

/** Waits until the stream takes more, or has ended: behind the end of a member it never drains. */
const roomIn = (stream: InflateRaw): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'end', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });

interface Input {
  readonly next: () => Promise<Buffer | undefined>;
}

const inputOf = (chunks: AsyncIterable<Uint8Array>): Input => {
  const iterator = chunks[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await iterator.next();
      return done === true ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    },
  };
};

/** Reads until the gzip header is complete; gives what follows it. */
const afterHeader = async (input: Input): Promise<Buffer> => {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const length = headerLength(bytes);
    if (length >= 0) return bytes.subarray(length);
    if (length === -1) throw new GzipError('the gzip header is damaged');
    const chunk = await input.next();
    if (chunk === undefined || bytes.length > 1 << 20) throw new GzipError('the bytes end inside the gzip header');
    bytes = Buffer.concat([bytes, chunk]);
  }
};

/**
 * Inflates the first gzip member of a stream, portion by portion, in memory that does not grow with it. The streaming
 * twin of `inflateMember`: Node's own gunzip stream joins members and so hides data that was appended.
 *
 * @throws GzipError after the portions that could be read
 */
export async function* inflateChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = inputOf(chunks);
  const inflate = createInflateRaw({ chunkSize: CHUNK });
  const first = await afterHeader(input);
  /** What was fed and not yet used up, and where it begins: the trailer is in it when the stream ends. */
  const fed: Buffer[] = [];
  let fedFrom = 0;
  let over = false;
  const feed = async (): Promise<void> => {
    for (let chunk: Buffer | undefined = first; chunk !== undefined && !over; chunk = await input.next()) {
      fed.push(chunk);
      for (let old = fed[0]; old !== undefined && fedFrom + old.length <= inflate.bytesWritten; old = fed[0]) {
        fedFrom += old.length;
        fed.shift();
      }
      if (!inflate.write(chunk)) await roomIn(inflate);
    }
    if (!over) inflate.end();
  };
  const feeding = feed();
  let crc = 0;
  let size = 0;
  try {
    for await (const out of inflate) {
      const portion: Buffer = out;
      crc = crc32(portion, crc);
      size += portion.length;
      yield portion;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const early = code === 'Z_BUF_ERROR';
    throw new GzipError(early ? 'the gzip stream ends early' : 'the gzip stream is damaged', { cause: error });
  } finally {
    over = true;
    inflate.destroy();
    await feeding.catch(() => {});
  }
  const rest: Buffer[] = [Buffer.concat(fed).subarray(inflate.bytesWritten - fedFrom)];
  let left = rest[0]?.length ?? 0;
  for (let chunk = await input.next(); chunk !== undefined && left <= TRAILER; chunk = await input.next()) {
    rest.push(chunk);
    left += chunk.length;
  }
  checkTrailer(Buffer.concat(rest), crc, size);
}

const checkTrailer = (rest: Buffer, crc: number, size: number): void => {
  if (rest.length < TRAILER) throw new GzipError(`the gzip trailer has ${rest.length} of ${TRAILER} bytes`);
  if (rest.readUInt32LE(0) !== crc) throw new GzipError('the CRC-32 does not match the content');
  if (rest.readUInt32LE(4) !== size % 2 ** 32) throw new GzipError('the size in the gzip trailer does not match');
  if (rest.length > TRAILER)
    throw new GzipError('there is data behind the first gzip member; CloudTrail writes one member and nothing else');
};
