import type { Problem } from './digest/problem.ts';
import { type FileFault, fileProblem } from './finding/file-health.ts';
import type { Seen, Via } from './finding/finding.ts';
import { healthFinding } from './finding/health.ts';
import { integrityFinding } from './finding/integrity.ts';
import { rewrittenProblem } from './log-rewritten.ts';
import type { ObjectRead, ReadObject } from './ports.ts';
import { publishFindings, UnsettledFindingsError } from './publish-findings.ts';
import { type ObjectLocation, showLocation } from './record/location.ts';
import { type ReadableLogFile, readLogFile } from './record/log-file.ts';
import { parseObjectKey } from './record/object-key.ts';
import { textAt } from './record/record.ts';
import { type Examined, examine, type RecordsWorld, type ScanCounters, settleExamined } from './scan-records.ts';

export interface ScanWorld extends RecordsWorld {
  readonly readObject: ReadObject;
  readonly limits: { readonly maxStoredBytes: number; readonly maxInflatedBytes: number };
}

/** What became of one log file. */
export type FileReport =
  | {
      readonly kind: 'scanned';
      readonly location: ObjectLocation;
      readonly counters: ScanCounters;
      readonly storedBytes: number;
      readonly inflatedBytes: number;
      /** Records delivered to another account than the key names: counted, no finding (see `recordsElsewhere`). */
      readonly elsewhere: number;
    }
  /** Five-minute summaries of data events: nothing a rule reads. Counted and named. */
  | { readonly kind: 'aggregated'; readonly location: ObjectLocation; readonly count: number }
  /** A digest under a log file's key: nothing to scan, and on-digest knows the real ones. */
  | { readonly kind: 'digest'; readonly location: ObjectLocation }
  /** Not scanned. Its health finding is published; the message has to stay (see `scanLogFile`). */
  | { readonly kind: 'faulty'; readonly location: ObjectLocation; readonly fault: FileFault };

/** What a file's bytes said, when the bytes are no longer needed. */
type Content =
  | {
      readonly kind: 'records';
      readonly examined: Examined;
      readonly measure: Measure;
      readonly elsewhere: number;
      readonly appended?: FileFault;
    }
  | { readonly kind: 'aggregated'; readonly count: number; readonly measure: Measure }
  | { readonly kind: 'digest' }
  | { readonly kind: 'fault'; readonly fault: FileFault };

interface Measure {
  readonly sha256: string;
  readonly inflatedBytes: number;
}

/** One object, read and forgotten but for its findings. */
interface ReadFile {
  readonly object: ObjectLocation;
  readonly seen: Seen;
  readonly storedBytes: number;
  readonly content: Content;
}

/**
 * Records whose recipient is not the account in the key. No finding of its own: a file anyone forged is caught by its
 * digest, and services' events may lack or differ in the recipient. The count is shown where someone looks for it.
 */
const recordsElsewhere = (account: string | undefined, file: Extract<ReadableLogFile, { kind: 'records' }>): number => {
  if (account === undefined) return 0;
  const elsewhere = file.records.filter(({ record }) => {
    const recipient = textAt(record, 'recipientAccountId');
    return recipient !== undefined && recipient !== account;
  });
  return elsewhere.length;
};

/** The account whose records a key says its file holds. */
const accountOf = ({ key }: ObjectLocation): string | undefined => {
  const named = parseObjectKey(key);
  return named.kind === 'folder' || named.kind === 'foreign' ? undefined : named.account;
};

/** Inflates, reads and evaluates, all at once: of a file of 50 MB only the findings outlive the call. */
const readContent = (world: ScanWorld, location: ObjectLocation, bytes: Uint8Array, seen: Seen): Content => {
  const account = accountOf(location);
  const sieve = world.ruleSet.sieve(account === undefined ? {} : { account });
  const file = readLogFile(bytes, { maxBytes: world.limits.maxInflatedBytes, sieve });
  const readable = file.kind === 'fault' ? file.firstMember : file;
  if (readable === undefined) return file.kind === 'fault' ? { kind: 'fault', fault: file } : { kind: 'digest' };
  if (readable.kind === 'digest') return { kind: 'digest' };
  const measure: Measure = { sha256: readable.sha256, inflatedBytes: readable.inflatedBytes };
  if (readable.kind === 'aggregated') return { kind: 'aggregated', count: readable.count, measure };
  return {
    kind: 'records',
    examined: examine(world.ruleSet, readable, seen),
    measure,
    elsewhere: recordsElsewhere(account, readable),
    ...(file.kind === 'fault' ? { appended: { fault: file.fault, reason: file.reason } } : {}),
  };
};

const readFile = async (world: ScanWorld, location: ObjectLocation, via: Via): Promise<ReadFile> => {
  const read = await world.readObject(location, { maxBytes: world.limits.maxStoredBytes });
  const versionId = read.kind === 'found' ? (read.versionId ?? location.versionId) : location.versionId;
  const object = { bucket: location.bucket, key: location.key, ...(versionId === undefined ? {} : { versionId }) };
  const seen: Seen = { via, object };
  return read.kind === 'found'
    ? { object, seen, storedBytes: read.bytes.length, content: readContent(world, object, read.bytes, seen) }
    : { object, seen, storedBytes: 0, content: { kind: 'fault', fault: unreadFault(read) } };
};

const publishFault = async (world: ScanWorld, location: ObjectLocation, fault: FileFault, seen: Seen) => {
  const finding = healthFinding(fileProblem(location, fault), seen, new Date(world.clock()).toISOString());
  const { unsettled } = await publishFindings(world)([{ finding }]);
  if (unsettled.length > 0) throw new UnsettledFindingsError(showLocation(location), unsettled);
};

const unreadFault = (read: Exclude<ObjectRead, { kind: 'found' }>): FileFault => {
  if (read.kind === 'missing') return { fault: 'missing' };
  if (read.code === 'TooLarge') return { fault: 'too-large', reason: read.reason };
  return { fault: 'denied', awsCode: read.code, reason: read.reason };
};

/** Tells that a file scanned before was written again. */
const publishRewriting = async (world: ScanWorld, problem: Problem | undefined, { via }: Seen): Promise<void> => {
  if (problem?.object === undefined) return;
  const finding = integrityFinding(problem, new Date(world.clock()).toISOString(), via);
  const { unsettled } = await publishFindings(world)([{ finding }]);
  if (unsettled.length > 0) throw new UnsettledFindingsError(showLocation(problem.object), unsettled);
};

/**
 * Puts the file's item in the ledger: what a digest's completeness check asks for. What it replaces is looked at first,
 * and told before it is gone.
 */
const remember = async (
  world: ScanWorld,
  { object: location, seen }: ReadFile,
  sha256: string,
  counters: Pick<ScanCounters, 'scanned' | 'malformed' | 'matches'>,
): Promise<void> => {
  const { ledger, ruleSet, clock } = world;
  const before = await ledger.getFile({ bucket: location.bucket, key: location.key });
  await publishRewriting(world, rewrittenProblem(before, { location, sha256 }), seen);
  const now = clock();
  const { scanned: records, malformed, matches } = counters;
  const item = { location, sha256, records, malformed, matches, ruleSetVersion: ruleSet.version };
  const listed = before?.sha256 === sha256 && before.listedBy !== undefined ? { listedBy: before.listedBy } : {};
  await ledger.putFile({ ...item, ...listed, scannedAt: new Date(now).toISOString() }, now);
};

const settleRecords = async (
  world: ScanWorld,
  file: ReadFile,
  content: Extract<Content, { kind: 'records' }>,
): Promise<FileReport> => {
  const { object, seen, storedBytes } = file;
  const source = { name: showLocation(object), about: [object.bucket, object.key], seen, location: object };
  if (content.appended !== undefined) await publishFault(world, object, content.appended, seen);
  const counters = await settleExamined(world, source, content.examined);
  await remember(world, file, content.measure.sha256, counters);
  const { elsewhere, measure } = content;
  return { kind: 'scanned', location: object, counters, storedBytes, inflatedBytes: measure.inflatedBytes, elsewhere };
};

/**
 * Log file → records → detections → findings → topic → ledger.
 *
 * A file that cannot be read is a health finding, published once, and `faulty`: whoever called keeps the message, so
 * that it is tried again and ends on the dead-letter queue. That holds for every fault. A denied or missing object may
 * come back (a policy mended, a version restored); a poisoned one may be readable by a later release; and nothing that
 * was not scanned should leave the queue as done. Data appended to a file keeps nothing from being scanned: the finding
 * is published and the file is `scanned`.
 *
 * @throws UnsettledFindingsError when a finding's fate is open, and whatever a port throws: deliver the message again
 */
export const scanLogFile =
  (world: ScanWorld) =>
  async (location: ObjectLocation, via: Via): Promise<FileReport> => {
    const file = await readFile(world, location, via);
    const { object, content } = file;
    switch (content.kind) {
      case 'records':
        return settleRecords(world, file, content);
      case 'aggregated':
        await remember(world, file, content.measure.sha256, { scanned: 0, malformed: 0, matches: 0 });
        return { kind: 'aggregated', location: object, count: content.count };
      case 'digest':
        return { kind: 'digest', location: object };
      case 'fault':
        await publishFault(world, object, content.fault, file.seen);
        return { kind: 'faulty', location: object, fault: content.fault };
    }
  };
