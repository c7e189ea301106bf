import { crc32, inflateRawSync } from 'node:zlib';

/** What the first gzip member of some bytes holds, or the first reason it cannot be read. Never thrown. */
export type Inflated =
  | {
      readonly kind: 'inflated';
      readonly bytes: Buffer;
      /** Bytes after the member: CloudTrail never writes any (aws-cli issue 10326: appended data passed validation). */
      readonly trailing: number;
    }
  | {
      readonly kind: 'fault';
      /** `truncated`: the stream, its 8-byte trailer included, ends early, or there are no bytes at all. */
      readonly fault: 'not-gzip' | 'truncated' | 'corrupt' | 'too-large';
      readonly reason: string;
    };

const fault = (kind: 'not-gzip' | 'truncated' | 'corrupt' | 'too-large', reason: string): Inflated => ({
  kind: 'fault',
  fault: kind,
  reason,
});

const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const FHCRC = 2;
const TRAILER = 8;
/** The most deflate can expand: 258 bytes out of two bits in. A forged size in the trailer cannot reserve more. */
const MOST_PER_BYTE = 1032;

/** Length of the gzip header (RFC 1952 §2.3), -1 when it is no gzip header, -2 when the bytes end inside it. */
export const headerLength = (bytes: Uint8Array): number => {
  if (bytes.length === 0) return -2;
  if (bytes[0] !== 0x1f || (bytes.length > 1 && bytes[1] !== 0x8b) || (bytes.length > 2 && bytes[2] !== 8)) return -1;
  if (bytes.length < 10) return -2;
  const flags = bytes[3] ?? 0;
  if (flags & 0xe0) return -1;
  let at = 10;
  if (flags & FEXTRA) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue;
    const end = at < bytes.length ? bytes.indexOf(0, at) : -1;
    if (end < 0) return -2;
    at = end + 1;
  }
  if (flags & FHCRC) at += 2;
  return at > bytes.length ? -2 : at;
};

/**
 * Inflates the first gzip member and says how many bytes stand behind it.
 *
 * Not `gunzipSync`: that joins members, skips zero padding and so calls altered log files whole. CloudTrail's digest
 * vouches for the first member only (as AWS CLI 1.45.12 and later read it).
 *
 * @param bytes the stored object
 * @param maxBytes cap on the inflated size; a larger one is `too-large` and costs no more memory than the cap
 */
export const inflateMember = (bytes: Uint8Array, maxBytes: number): Inflated => {
  const start = headerLength(bytes);
  if (start === -1) return fault('not-gzip', 'the bytes do not start with a gzip header');
  if (start === -2) return fault('truncated', `the bytes end inside the gzip header (${bytes.length} bytes in all)`);
  const body = bytes.subarray(start);
  // The last four bytes hold the inflated size (ISIZE) when nothing trails: one output buffer of the right size, no
  // growing and joining. It is only a hint: the stream decides.
  const isize =
    body.length < 4 ? 0 : new DataView(body.buffer, body.byteOffset + body.length - 4, 4).getUint32(0, true);
  const room = Math.min(isize, maxBytes, body.length * MOST_PER_BYTE) + 1;
  let bytesOut: Buffer;
  let consumed: number;
  try {
    const { buffer, engine } = inflateRawSync(body, {
      info: true,
      chunkSize: Math.max(room, 1024),
      maxOutputLength: Math.max(maxBytes, 1),
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    bytesOut = buffer;
    consumed = engine.bytesWritten;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') return fault('too-large', `more than ${maxBytes} bytes inflated`);
    if (code === 'Z_BUF_ERROR') return fault('truncated', 'the deflate stream ends early');
    return fault('corrupt', error instanceof Error ? error.message : String(error));
  }
  if (bytesOut.length > maxBytes) return fault('too-large', `more than ${maxBytes} bytes inflated`);
  const left = body.length - consumed;
  if (left < TRAILER) return fault('truncated', `the gzip trailer has ${left} of ${TRAILER} bytes`);
  const trailer = new DataView(body.buffer, body.byteOffset + consumed, TRAILER);
  if (trailer.getUint32(0, true) !== crc32(bytesOut)) return fault('corrupt', 'the CRC-32 does not match the content');
  if (trailer.getUint32(4, true) !== bytesOut.length % 2 ** 32)
    return fault('corrupt', 'the size in the gzip trailer does not match the content');
  return { kind: 'inflated', bytes: bytesOut, trailing: left - TRAILER };
};

/**
 * Gives the memory of inflated bytes back at once. The collector sees a small object and lets many of them lie; meanwhile
 * the next file is inflated into fresh pages, which costs more than sifting it.
 *
 * @param bytes made for one reader, who is done; afterwards they are empty, and so is all that shares their memory
 */
export const releaseBytes = (bytes: Buffer): void => {
  // Smaller ones may lie in the pool that Node shares among buffers.
  if (bytes.length > Buffer.poolSize && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
};
