import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../engine/record/json.ts';
import { readLogFile } from '../../engine/record/log-file.ts';
import { parseObjectKey } from '../../engine/record/object-key.ts';
import { textAt } from '../../engine/record/record.ts';
import { readSource } from '../scan/read-source.ts';
import { localSources, type Source, type Unread } from '../scan/sources.ts';
import { UsageError } from '../usage-error.ts';
import type { Step } from './story.ts';

/** A folder of someone's own log files, to be delivered as CloudTrail would. */
export interface OwnFiles {
  readonly files: number;
  /** Reads file by file as it is asked: what was delivered before need not stay in memory. */
  readonly steps: AsyncIterable<Step>;
  /** Of each key delivered, the path of the file it came from. Grows while `steps` is read. */
  readonly paths: ReadonlyMap<string, string>;
  /** What could not be read. Grows while `steps` is read. */
  readonly unread: readonly Unread[];
  /** Files without anything to scan: digests, other people's JSON. Grows while `steps` is read. */
  readonly skipped: readonly Unread[];
}

type FileSource = Extract<Source, { kind: 'file' }>;

/** The emulated bucket is this process's memory. */
const MAX_STORED = 512_000_000;
/** The emulator refuses larger bodies (fauxqs: 11 MiB); CloudTrail's own files stay below. */
const MAX_OBJECT = 10_000_000;
const MAX_INFLATED = 128 * 1024 * 1024;
/** Records of other shapes are packed again, in files no larger than a busy trail's. */
const RECORDS_PER_FILE = 5_000;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The key a path shows, where the folder is a copy of a bucket; undefined elsewhere. */
const keyInPath = (path: string): string | undefined => {
  const key = path.slice(path.replaceAll('\\', '/').lastIndexOf('AWSLogs/')).replaceAll('\\', '/');
  const { kind } = parseObjectKey(key);
  return kind === 'foreign' || kind === 'folder' || kind === 'digest' ? undefined : key;
};

/** A key of CloudTrail's layout for records that have none. */
const inventedKey = (source: string, first: JsonObject | undefined): string => {
  const [account, region, time] = ['recipientAccountId', 'awsRegion', 'eventTime'].map((name) => textAt(first, name));
  const id = /^\d{12}$/.test(account ?? '') ? account : '000000000000';
  const place = /^[a-z]{2}(-[a-z]+)+-\d$/.test(region ?? '') ? region : 'us-east-1';
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time ?? '') ? (time ?? '') : '1970-01-01T00:00:00Z';
  const unique = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const stamp = `${at.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const folder = `AWSLogs/${id}/CloudTrail/${place}/${at.slice(0, 10).replaceAll('-', '/')}`;
  return `${folder}/${id}_CloudTrail_${place}_${stamp}_${unique}.json.gz`;
};

interface Packing {
  readonly paths: Map<string, string>;
  readonly unread: Unread[];
  readonly skipped: Unread[];
}

const stepOf = ({ paths }: Packing, path: string, key: string, bytes: Uint8Array): Step => {
  paths.set(key, path);
  return { key, bytes, notify: 's3' };
};

/** The file as it is, if it is a log file as CloudTrail writes them, broken ones included. */
const asDelivered = (packing: Packing, { path }: FileSource): Step | undefined => {
  const bytes = readFileSync(path);
  if (!isGzip(bytes) || bytes.length > MAX_OBJECT) return undefined;
  const read = readLogFile(bytes, { maxBytes: MAX_INFLATED });
  const isLog = read.kind === 'records' || read.kind === 'aggregated';
  const isBroken = read.kind === 'fault' && read.fault !== 'not-json' && read.fault !== 'not-a-log-file';
  if (!isLog && !isBroken) return undefined;
  const first = read.kind === 'records' ? read.records[0]?.record : undefined;
  const shown = keyInPath(path);
  const key = shown === undefined || packing.paths.has(shown) ? inventedKey(path, first) : shown;
  return stepOf(packing, path, key, bytes);
};

/** Records in any other shape `scan` reads, as log files. */
async function* repacked(packing: Packing, source: FileSource): AsyncGenerator<Step> {
  const note = (reason: string): number => packing.unread.push({ place: source.path, reason });
  let waiting: JsonObject[] = [];
  let packed = 0;
  const pack = (): Step => {
    const key = inventedKey(`${source.path} ${packed}`, waiting[0]);
    const bytes = gzipSync(JSON.stringify({ Records: waiting }));
    packed += waiting.length;
    waiting = [];
    return stepOf(packing, source.path, key, bytes);
  };
  const skip = (reason: string): number => packing.skipped.push({ place: source.path, reason });
  const openNothing = async (): Promise<Uint8Array> => new Uint8Array();
  for await (const { content, fault } of readSource(source, openNothing)) {
    for (const record of content.records) waiting.push(record);
    if (fault !== undefined) note(fault);
    for (const reason of content.malformed) note(reason);
    if (content.digests > 0) skip('a digest: trailwarden verify checks those, with the keys of the Region that signed');
    else if (content.foreign > 0) skip('JSON that holds no CloudTrail records');
    else if (content.aggregated > 0) skip('aggregated events, which no rule reads');
    if (waiting.length >= RECORDS_PER_FILE) yield pack();
  }
  if (waiting.length > 0) yield pack();
}

async function* stepsOf(packing: Packing, sources: readonly FileSource[]): AsyncGenerator<Step> {
  for (const source of sources) {
    let step: Step | undefined;
    try {
      step = asDelivered(packing, source);
    } catch (error) {
      packing.unread.push({ place: source.path, reason: error instanceof Error ? error.message : String(error) });
      continue;
    }
    if (step === undefined) yield* repacked(packing, source);
    else yield step;
  }
}

/**
 * Finds the files under a path and makes log files of them: gzipped ones as they are, under the key their path shows
 * where the folder is a copy of a bucket; records in any other shape `scan` reads are packed again.
 *
 * @throws UsageError when there is no such path, nothing in it, or more than the emulated bucket may hold
 */
export const ownFiles = (path: string): OwnFiles => {
  const { sources, unread: found } = localSources([path]);
  const files = sources.filter((source) => source.kind === 'file');
  if (files.length === 0) throw new UsageError(`${path}: no .json, .json.gz, .ndjson or .jsonl files in it`);
  const stored = files.reduce((sum, { size }) => sum + size, 0);
  if (stored > MAX_STORED)
    throw new UsageError(
      `${path}: ${Math.round(stored / 1e6)} MB, and the emulated bucket holds at most ${MAX_STORED / 1e6} MB; use scan for archives`,
    );
  const packing: Packing = { paths: new Map(), unread: [...found], skipped: [] };
  return { files: files.length, steps: stepsOf(packing, files), ...packing };
};
