import { hash } from 'node:crypto';
import { inflateMember, releaseBytes } from './gzip.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { type MalformedRecord, type NumberedRecord, own, textAt } from './record.ts';
import { recordStream, type StreamItem } from './record-stream.ts';
import { type Sieve, sift } from './sift.ts';

/** Size and hash of what the first gzip member holds. */
interface Measure {
  readonly inflatedBytes: number;
  /** Hex SHA-256 of the inflated first member: what a digest's `hashValue` vouches for. */
  readonly sha256: string;
}

/** What a CloudTrail JSON document holds. */
export type LogContent =
  | {
      readonly kind: 'records';
      readonly category: 'log' | 'insight';
      /** In the file's order, duplicates included; without the quiet ones. */
      readonly records: readonly NumberedRecord[];
      /** Records that a sieve passed over: no one has to look at them. 0 without a sieve. */
      readonly quiet: number;
      readonly malformed: readonly MalformedRecord[];
    }
  | { readonly kind: 'digest' }
  | { readonly kind: 'aggregated'; readonly count: number };

/** A document that could be read whole, with its measure. */
export type ReadableLogFile = LogContent & Measure;

/** What a log file holds, or why it holds nothing readable. */
export type LogFile =
  | ReadableLogFile
  | {
      readonly kind: 'fault';
      readonly fault:
        | 'not-gzip'
        | 'truncated'
        | 'corrupt'
        | 'too-large'
        | 'trailing-data'
        | 'not-json'
        | 'not-a-log-file';
      readonly reason: string;
      /**
       * Of `trailing-data` only: what the first member holds, which is all that CloudTrail signed. Scan it and report
       * the fault: otherwise one appended byte would hide the records.
       */
      readonly firstMember?: ReadableLogFile;
    };

type Fault = Extract<LogFile, { kind: 'fault' }>;

/** True for a digest document (user guide, "Digest file structure"), also one that lacks some of its fields. */
const isDigest = (document: JsonObject): boolean =>
  textAt(document, 'digestEndTime') !== undefined || textAt(document, 'digestS3Object') !== undefined;

const categoryOf = (record: Json): string | undefined => textAt(record, 'eventCategory');

const kindOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;

/** Sorts the elements of `Records`: objects are records, anything else is named with its index. */
const sortRecords = (values: readonly Json[]): LogContent => {
  const records: NumberedRecord[] = [];
  const malformed: MalformedRecord[] = [];
  values.forEach((record, index) => {
    if (isJsonObject(record)) records.push({ index, record });
    else malformed.push({ index, reason: `expected a JSON object, found ${kindOf(record)}` });
  });
  const every = (category: string) =>
    records.length > 0 && records.every(({ record }) => categoryOf(record) === category);
  if (malformed.length === 0 && every('Aggregated')) return { kind: 'aggregated', count: records.length };
  return { kind: 'records', category: every('Insight') ? 'insight' : 'log', records, quiet: 0, malformed };
};

/** What a sieve leaves of a log file; undefined where the parser has to say what the document is. */
const siftContent = (bytes: Buffer, sieve: Sieve): LogContent | undefined => {
  const sifted = sift(bytes, sieve);
  if (sifted === undefined) return undefined;
  const { quiet, looks } = sifted;
  if (quiet === 0) return sortRecords(looks.map(({ value }) => value));
  const records = looks.flatMap(({ index, value }) => (isJsonObject(value) ? [{ index, record: value }] : []));
  return { kind: 'records', category: 'log', records, quiet, malformed: [] };
};

/** Tells the documents in a log bucket apart; undefined when it is none that CloudTrail writes. */
export const readDocument = (document: Json): LogContent | undefined => {
  // Aggregated files were seen as bare arrays; so are the records some tools export.
  if (Array.isArray(document)) return sortRecords(document);
  if (!isJsonObject(document)) return undefined;
  const records = own(document, 'Records');
  if (Array.isArray(records)) return sortRecords(records);
  return records === undefined && isDigest(document) ? { kind: 'digest' } : undefined;
};

const fault = (kind: Fault['fault'], reason: string): Fault => ({ kind: 'fault', fault: kind, reason });

const BOM = [0xef, 0xbb, 0xbf] as const;

/** UTF-8 text of the bytes without a byte order mark; a byte that is no UTF-8 becomes U+FFFD. */
const textOf = (bytes: Buffer): string =>
  bytes.toString('utf8', BOM.every((byte, at) => bytes[at] === byte) ? BOM.length : 0);

/**
 * Above this the document is never one string: V8 can hold none of 512 MB, and string and parsed whole together would
 * not fit the functions' memory long before. CloudTrail's own files stay below.
 */
const WHOLE = 64 * 1024 * 1024;
const PORTION = 1024 * 1024;

/** Reads a big document record by record. An element that is no JSON is then a malformed record, not the file's fault. */
const streamContent = (bytes: Buffer): LogContent | Fault => {
  const stream = recordStream({ containers: ['Records'], maxValueBytes: WHOLE });
  const values: Json[] = [];
  const broken: MalformedRecord[] = [];
  let rest: StreamItem | undefined;
  const take = (item: StreamItem): void => {
    if (item.kind === 'elements') for (const value of item.values) values.push(value);
    else if (item.kind === 'malformed' && item.container !== undefined) {
      broken.push({ index: item.index, reason: item.reason });
      values.push(null);
    } else rest ??= item;
  };
  for (let at = 0; at < bytes.length; at += PORTION)
    for (const item of stream.push(bytes.subarray(at, at + PORTION))) take(item);
  for (const item of stream.end()) take(item);
  if (rest?.kind === 'document')
    return readDocument(rest.value) ?? fault('not-a-log-file', 'expected {"Records": […]} or a digest');
  if (rest !== undefined && 'reason' in rest) return fault('not-json', rest.reason);
  const content = sortRecords(values);
  if (content.kind !== 'records') return content;
  const said = new Map(broken.map((each) => [each.index, each]));
  return { ...content, malformed: content.malformed.map((each) => said.get(each.index) ?? each) };
};

const parseContent = (bytes: Buffer, sieve: Sieve | undefined): LogContent | Fault => {
  const sifted = sieve === undefined ? undefined : siftContent(bytes, sieve);
  if (sifted !== undefined) return sifted;
  if (bytes.length > WHOLE) return streamContent(bytes);
  let document: Json;
  try {
    document = JSON.parse(textOf(bytes));
  } catch (error) {
    return fault('not-json', error instanceof Error ? error.message : String(error));
  }
  return (
    readDocument(document) ??
    fault('not-a-log-file', `expected {"Records": […]} or a digest, found ${describe(document)}`)
  );
};

const describe = (document: Json): string => {
  if (!isJsonObject(document)) return kindOf(document);
  const keys = Object.keys(document);
  const shown = keys.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 40)));
  return `an object with ${keys.length === 0 ? 'no keys' : shown.join(', ')}${keys.length > 5 ? ', …' : ''}`;
};

export interface ReadOptions {
  /** Cap on the inflated size, in bytes (CloudTrail writes at most 50 MB, user guide "Quotas"). */
  readonly maxBytes: number;
  /** Passes over the records that no one has to look at: they are counted, not parsed. */
  readonly sieve?: Sieve;
}

/**
 * Reads a log file as CloudTrail stores it: one gzip member holding `{"Records": […]}`. Never throws; one malformed
 * record is reported with its index and the others are kept.
 *
 * @param bytes the stored object, gzipped
 */
export const readLogFile = (bytes: Uint8Array, { maxBytes, sieve }: ReadOptions): LogFile => {
  const inflated = inflateMember(bytes, maxBytes);
  if (inflated.kind === 'fault') return inflated;
  const content = parseContent(inflated.bytes, sieve);
  if (content.kind === 'fault') return content;
  const measure = { inflatedBytes: inflated.bytes.length, sha256: hash('sha256', inflated.bytes, 'hex') };
  releaseBytes(inflated.bytes);
  if (inflated.trailing === 0) return { ...content, ...measure };
  const another =
    bytes[bytes.length - inflated.trailing] === 0x1f && bytes[bytes.length - inflated.trailing + 1] === 0x8b;
  return {
    kind: 'fault',
    fault: 'trailing-data',
    reason: `${inflated.trailing} bytes behind the first gzip member${another ? ', which start another member' : ''}; CloudTrail writes one member and nothing else`,
    firstMember: { ...content, ...measure },
  };
};
