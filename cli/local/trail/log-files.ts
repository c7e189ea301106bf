import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../../engine/record/json.ts';
import { textAt } from '../../../engine/record/record.ts';
import { backgroundRecord, makeUnique } from './background.ts';
import { logText, recordText } from './log-text.ts';
import type { Account, Organization } from './organization.ts';
import type { Random } from './random.ts';

/** A log file as it lies in the bucket. Times are milliseconds since the epoch. */
export interface TrailLogFile {
  readonly kind: 'log';
  readonly account: string;
  readonly region: string;
  readonly key: string;
  /** Gzipped. */
  readonly bytes: Uint8Array;
  readonly metadata: { readonly [key: string]: string };
  readonly deliveredAt: number;
  readonly records: number;
  readonly inflatedBytes: number;
  /** Hex, over the inflated bytes. */
  readonly sha256: string;
  readonly oldestEventTime: string;
  readonly newestEventTime: string;
}

/** A record put among the others on purpose, in the first file of its account and Region delivered after its time. */
export interface PlantedRecord {
  readonly account: string;
  readonly region: string;
  readonly at: number;
  readonly record: JsonObject;
}

export interface LogFileOptions {
  /** Half of the files have fewer records. Real trails: a handful; busy ones: hundreds. */
  readonly medianRecords?: number;
  /** Spread of the log-normal file size; 0 makes every file alike. */
  readonly sigma?: number;
  readonly variety?: 'usual' | 'unique';
  /** Most records of one file; CloudTrail closes a file at 50 MB, about 43,000. */
  readonly maxRecords?: number;
}

/** One hour (or other span) of one account and Region. */
export interface Span {
  readonly account: Account;
  readonly region: string;
  readonly from: number;
  readonly to: number;
}

const MINUTE = 60_000;

/** A planted record is delivered in the hour that this long after its event lies in. */
export const FASTEST_DELIVERY = 3 * MINUTE;

/** `YYYYMMDDTHHmmZ`, as in names of log files. */
const fileStamp = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 13).concat('Z');

/** The folder of one stream of one account and Region on one day. */
export const folderOf = (
  { prefix, id }: Organization,
  stream: 'CloudTrail' | 'CloudTrail-Digest',
  { account, region }: { readonly account: string; readonly region: string },
  at: number,
): string => {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${id}/${account}/${stream}/${region}/${day}`;
};

const packLogFile = (
  random: Random,
  organization: Organization,
  span: { readonly account: string; readonly region: string; readonly deliveredAt: number },
  records: readonly JsonObject[],
): TrailLogFile => {
  const text = Buffer.from(logText(records.map(recordText)));
  const times = records.map((record) => textAt(record, 'eventTime') ?? '').sort();
  const stamp = fileStamp(Math.ceil(span.deliveredAt / (5 * MINUTE)) * 5 * MINUTE);
  const name = `${span.account}_CloudTrail_${span.region}_${stamp}_${random.text('mixed', 16)}.json.gz`;
  return {
    kind: 'log',
    ...span,
    key: `${folderOf(organization, 'CloudTrail', span, span.deliveredAt)}/${name}`,
    bytes: gzipSync(text),
    metadata: {},
    records: records.length,
    inflatedBytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    oldestEventTime: times[0] ?? '',
    newestEventTime: times.at(-1) ?? '',
  };
};

/** Sizes of files that together hold `total` records, by the log-normal law. */
const fileSizes = (random: Random, total: number, options: LogFileOptions): readonly number[] => {
  const { medianRecords = 12, sigma = 1.3, maxRecords = 40_000 } = options;
  const sizes: number[] = [];
  for (let left = total; left > 0; ) {
    const size = Math.min(left, maxRecords, Math.max(1, Math.round(random.logNormal(medianRecords, sigma))));
    sizes.push(size);
    left -= size;
  }
  return sizes;
};

const deliveries = (random: Random, span: Span, count: number, planted: readonly PlantedRecord[]): number[] => {
  const times = Array.from({ length: count }, () => random.int(span.from, span.to - 1)).sort((a, b) => a - b);
  // Every planted record needs a file that is delivered after it.
  const last = Math.max(...planted.map(({ at }) => at));
  if (planted.length > 0 && (times.at(-1) ?? 0) <= last) times.push(last + FASTEST_DELIVERY - 1);
  return times;
};

/**
 * The log files CloudTrail delivers in a span, one by one, in order of delivery. Each is made when it is asked for, so
 * that a corpus of any size needs the memory of one file.
 *
 * Events are one to nine minutes older than their file and in no order within it, as CloudTrail's are.
 */
export const logFilesOf = function* (
  random: Random,
  organization: Organization,
  span: Span,
  content: LogFileOptions & { readonly records: number; readonly planted?: readonly PlantedRecord[] },
): Generator<TrailLogFile> {
  const { records, planted = [], variety = 'usual' } = content;
  const sizes = fileSizes(random, records, content);
  let waiting = planted.toSorted((a, b) => a.at - b.at);
  for (const [index, deliveredAt] of deliveries(random, span, sizes.length, waiting).entries()) {
    const usual = Array.from({ length: sizes[index] ?? random.int(5, 15) }, () => {
      const at = deliveredAt - random.int(60, 540) * 1000;
      const record = backgroundRecord(random, { account: span.account, region: span.region, at });
      return variety === 'unique' ? makeUnique(random, record) : record;
    });
    const due = waiting.filter(({ at }) => at < deliveredAt);
    waiting = waiting.filter(({ at }) => at >= deliveredAt);
    for (const { record } of due) usual.splice(random.int(0, usual.length), 0, record);
    if (usual.length === 0) continue;
    yield packLogFile(random, organization, { account: span.account.id, region: span.region, deliveredAt }, usual);
  }
};
