import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { inflateMember, releaseBytes } from '../../engine/record/gzip.ts';
import { CONTAINERS, emptyInput, type InputContent, readElement, readInput } from '../../engine/record/input.ts';
import type { Json } from '../../engine/record/json.ts';
import { recordStream, type StreamItem } from '../../engine/record/record-stream.ts';
import { nothingSifted, type Sieve, sift } from '../../engine/record/sift.ts';
import { type SiftedPortion, type SiftStream, siftStream } from '../../engine/record/sift-stream.ts';
import { inflateChunks } from './inflate.ts';
import type { Source } from './sources.ts';

/** Opens an object of S3; given by aws/, so that scanning local files loads no SDK. */
export type OpenObject = (bucket: string, key: string) => Promise<Uint8Array>;

/** One portion of a source's content, and how many bytes of it were read. */
export interface Portion {
  readonly content: InputContent;
  /** Records that a sieve passed over; `content` is without them. */
  readonly quiet: number;
  /** For each record of `content`, how many quiet ones stand in front of it in this portion. */
  readonly quietBefore: readonly number[];
  /** Inflated bytes. */
  readonly bytes: number;
  /** Something that keeps part of the source from being read. */
  readonly fault?: string;
}

/**
 * Gzipped files up to this size are read and inflated at once: portions cost more. Buffers of larger files outlive
 * their use by many files, because the collector does not see how much is behind them.
 */
const WHOLE_GZIP = 1_000_000;
/** Inflated bytes that are sifted at once; what the sieve leaves is little. */
const WHOLE_SIFTED = 16_000_000;
/** JSON up to this size is parsed at once; parsed records take about five times their bytes. */
const WHOLE_JSON = 2_000_000;
/** CloudTrail's records have at most 256 KB (1 MB in Lake); exports indent them and wrap them in strings. */
const MAX_VALUE = 16 * 1024 * 1024;
const READ = 64 * 1024;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const addItem = (content: InputContent, item: StreamItem): string | undefined => {
  switch (item.kind) {
    case 'elements':
      for (const value of item.values) readElement(content, item.container, value);
      return undefined;
    case 'document':
      readInput(content, item.value);
      return undefined;
    case 'malformed':
      content.malformed.push(`${item.container === undefined ? 'value' : `element`} ${item.index}: ${item.reason}`);
      return undefined;
    case 'truncated':
      return item.reason;
  }
};

const portionOf = ({ sifted, items }: SiftedPortion, bytes: number): Portion => {
  const content = emptyInput();
  const quietBefore: number[] = [];
  for (const look of sifted.looks) {
    readElement(content, 'Records', look.value);
    while (quietBefore.length < content.records.length) quietBefore.push(look.quietBefore);
  }
  const faults = items.map((item) => addItem(content, item)).filter((fault) => fault !== undefined);
  while (quietBefore.length < content.records.length) quietBefore.push(sifted.quiet);
  return { content, quiet: sifted.quiet, quietBefore, bytes, ...(faults[0] !== undefined && { fault: faults[0] }) };
};

/** What PowerShell 5 writes behind `>`: UTF-16 with its mark. JSON itself is UTF-8. */
const encodingOf = (head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined => {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
};

async function* inUtf8(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

const STREAM = { containers: CONTAINERS, maxValueBytes: MAX_VALUE };

/** Takes portions of bytes; without a sieve every record is parsed. */
const streamOf = (sieve: Sieve | undefined): SiftStream => {
  if (sieve !== undefined) return siftStream(STREAM, sieve);
  const { push, end } = recordStream(STREAM);
  return {
    push: (chunk) => ({ sifted: nothingSifted(), items: push(chunk) }),
    end: () => ({ sifted: nothingSifted(), items: end() }),
  };
};

/** Reads text that is in memory whole; what is no single JSON value goes through the splitter, which knows more shapes. */
const readWhole = (bytes: Buffer): Portion => {
  let value: Json;
  try {
    const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    value = JSON.parse(bytes.toString('utf8', start));
  } catch {
    const stream = recordStream(STREAM);
    return portionOf({ sifted: nothingSifted(), items: [...stream.push(bytes), ...stream.end()] }, bytes.length);
  }
  const content = emptyInput();
  readInput(content, value);
  return { content, quiet: 0, quietBefore: [], bytes: bytes.length };
};

const nothing = (fault: string): Portion => ({ content: emptyInput(), quiet: 0, quietBefore: [], bytes: 0, fault });

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function* readPortions(chunks: AsyncIterable<Uint8Array>, sieve: Sieve | undefined): AsyncGenerator<Portion> {
  const stream = streamOf(sieve);
  try {
    for await (const chunk of chunks) yield portionOf(stream.push(chunk), chunk.length);
  } catch (error) {
    const { sifted, items } = stream.end();
    yield {
      ...portionOf({ sifted, items: items.filter(({ kind }) => kind !== 'truncated') }, 0),
      fault: message(error),
    };
    return;
  }
  yield portionOf(stream.end(), 0);
}

/** Detects gzip by content, not by name: exports are often named `.json` and are not. */
async function* readChunks(chunks: AsyncIterable<Uint8Array>, sieve: Sieve | undefined): AsyncGenerator<Portion> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < 2) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    head.push(value);
    bytes += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  const start = Buffer.concat(head);
  const encoding = encodingOf(start);
  if (encoding !== undefined) yield* readPortions(inUtf8(all(), encoding), sieve);
  else yield* readPortions(isGzip(start) ? inflateChunks(all()) : all(), sieve);
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ) yield bytes.subarray(at, at + READ);
}

async function* readPlain(bytes: Buffer, sieve: Sieve | undefined): AsyncGenerator<Portion> {
  const encoding = encodingOf(bytes);
  const sifted = sieve !== undefined && bytes.length <= WHOLE_SIFTED ? sift(bytes, sieve) : undefined;
  if (bytes.length === 0) yield nothing('there are no bytes');
  else if (sifted !== undefined) yield portionOf({ sifted, items: [] }, bytes.length);
  else if (encoding !== undefined) yield* readPortions(inUtf8(slices(bytes), encoding), sieve);
  else if (bytes.length <= WHOLE_JSON) yield readWhole(bytes);
  else yield* readPortions(slices(bytes), sieve);
}

async function* readBytes(bytes: Uint8Array, sieve: Sieve | undefined): AsyncGenerator<Portion> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isGzip(whole)) {
    yield* readPlain(whole, sieve);
    return;
  }
  const inflated = inflateMember(whole, WHOLE_SIFTED);
  if (inflated.kind === 'inflated') {
    yield* readPlain(inflated.bytes, sieve);
    releaseBytes(inflated.bytes);
    if (inflated.trailing > 0)
      yield nothing(`${inflated.trailing} bytes behind the first gzip member, which CloudTrail never writes`);
  } else yield* readPortions(inflateChunks(slices(whole)), sieve);
}

async function* readFile(path: string, sieve: Sieve | undefined): AsyncGenerator<Portion> {
  const bytes = readFileSync(path);
  yield* readBytes(bytes, sieve);
  releaseBytes(bytes);
}

const startsWithGzip = (path: string): boolean => {
  const head = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    return readSync(file, head) === 2 && isGzip(head);
  } finally {
    closeSync(file);
  }
};

/**
 * Reads a source portion by portion, in memory that does not grow with it. What cannot be read is told in `fault`;
 * nothing is thrown.
 *
 * @param sieve passes over records of log files that no one has to look at; they are counted
 */
export async function* readSource(source: Source, openObject: OpenObject, sieve?: Sieve): AsyncGenerator<Portion> {
  try {
    if (source.kind === 'stdin') yield* readChunks(process.stdin, sieve);
    else if (source.kind === 'object') yield* readBytes(await openObject(source.bucket, source.key), sieve);
    else if (source.size <= WHOLE_GZIP || (source.size <= WHOLE_JSON && !startsWithGzip(source.path)))
      yield* readFile(source.path, sieve);
    else yield* readChunks(createReadStream(source.path, { highWaterMark: READ }), sieve);
  } catch (error) {
    yield nothing(message(error));
  }
}
