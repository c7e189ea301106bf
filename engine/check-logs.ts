import type { ListedLog } from './digest/document.ts';
import type { ExaminedDigest } from './digest/examine.ts';
import { objectId } from './digest/link.ts';
import { examineLog, type LogVerdict } from './digest/log.ts';
import type { Problem } from './digest/problem.ts';
import { digestTime, writtenTime } from './digest/time.ts';
import type { Lanes } from './lanes.ts';
import type { FileItem } from './ledger/ledger.ts';
import type { HeadObject, ReadObject } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';

/** Largest log file fetched, in bytes as stored: CloudTrail's 50 MB before compression cannot grow beyond it. */
const MAX_STORED_BYTES = 64 * 1024 * 1024;

export interface LogCounts {
  readonly listed: number;
  readonly valid: number;
  readonly invalid: number;
  /** Of `valid`: not fetched again, because the scan recorded the right hash of the version that still stands. */
  readonly spared: number;
}

/** What is known of one listed log file after the check. */
export interface CheckedLog {
  readonly listed: ListedLog;
  readonly verdict: LogVerdict;
  readonly spared: boolean;
  /** What the scan recorded, if it did. */
  readonly item: FileItem | undefined;
}

export interface CheckLogsPorts {
  readonly readObject: ReadObject;
  readonly headObject?: HeadObject;
  /** What the scan recorded of a key; absent where nothing was scanned (range verification). */
  readonly recorded?: (object: ObjectLocation) => Promise<FileItem | undefined>;
}

export interface CheckLogsOptions {
  readonly lanes: Lanes;
  readonly reread?: boolean;
}

/** A listed log once each, however often the digest repeats it. */
export const distinctLogs = (logs: readonly ListedLog[]): readonly ListedLog[] => [
  ...new Map(logs.map((log) => [`${objectId(log)} ${log.hash}`, log])).values(),
];

/** True when the version that was scanned, with the right hash, is still the one a reader gets. */
const isUnchanged = async (
  ports: CheckLogsPorts,
  listed: ListedLog,
  item: FileItem | undefined,
): Promise<ObjectLocation | undefined> => {
  const { headObject } = ports;
  if (headObject === undefined || item?.sha256 !== listed.hash || listed.algorithm !== 'SHA-256') return undefined;
  // Without versioning nothing tells whether the object was written again.
  if (item.location.versionId === undefined) return undefined;
  const now = await headObject({ bucket: listed.bucket, key: listed.key });
  return now.kind === 'found' && now.versionId === item.location.versionId ? item.location : undefined;
};

const checkLog = async (
  ports: CheckLogsPorts,
  listed: ListedLog,
  trusted: boolean,
  reread: boolean,
): Promise<CheckedLog> => {
  const at = { bucket: listed.bucket, key: listed.key };
  const item = await ports.recorded?.(at);
  const unchanged = trusted && !reread ? await isUnchanged(ports, listed, item) : undefined;
  if (unchanged !== undefined)
    return { listed, item, spared: true, verdict: { kind: 'valid', location: unchanged, sha256: listed.hash } };
  const stored = await ports.readObject(at, { maxBytes: MAX_STORED_BYTES });
  return { listed, item, spared: false, verdict: examineLog(listed, stored, trusted) };
};

const problemOf = (digest: ExaminedDigest, { verdict }: CheckedLog): readonly Problem[] => {
  if (verdict.kind === 'valid') return [];
  const { code, reason, expected, actual } = verdict;
  const problem: Problem = {
    code,
    reason,
    object: verdict.location,
    digest: digest.location,
    ...(digest.chain !== undefined && { chain: digest.chain }),
    ...(digest.start !== undefined &&
      digest.end !== undefined && { span: { start: writtenTime(digest.start), end: writtenTime(digest.end) } }),
    ...(expected !== undefined && { expected }),
    ...(actual !== undefined && { actual }),
  };
  return [problem];
};

/** Logs whose newest event is later than the digest that lists them ended: a clock is wrong somewhere. */
export const oddTimes = (digest: ExaminedDigest): readonly Problem[] => {
  const { document, chain } = digest;
  if (!digest.trusted || document === undefined || chain === undefined || chain.backfill) return [];
  return document.logs
    .filter(({ newestEventTime }) => (digestTime(newestEventTime ?? '') ?? 0) > document.end)
    .map(({ bucket, key, newestEventTime }) => ({
      code: 'EVENT_TIME_ODD',
      reason: 'an event of the log file is later than the end of the digest that lists it',
      chain,
      object: { bucket, key },
      digest: digest.location,
      span: { start: document.startText, end: document.endText },
      expected: `at most ${document.endText}`,
      actual: newestEventTime ?? '',
    }));
};

/**
 * Looks at every log file a digest lists, concurrently, and says what is wrong with each. A log of a digest whose
 * signature is bad is looked at too, but not held against the digest's hash: that list proves nothing.
 *
 * @param digest an examined digest; without a document nothing is listed
 */
export const checkLogs = async (
  ports: CheckLogsPorts,
  digest: ExaminedDigest,
  { lanes, reread = false }: CheckLogsOptions,
): Promise<{
  readonly checked: readonly CheckedLog[];
  readonly problems: readonly Problem[];
  readonly counts: LogCounts;
}> => {
  const logs = distinctLogs(digest.document?.logs ?? []);
  // An unsigned list may name anything: only the digest's own bucket is looked into for it.
  const looked = digest.trusted ? logs : logs.filter(({ bucket }) => bucket === digest.location.bucket);
  const checked = await Promise.all(
    looked.map((listed) => lanes(() => checkLog(ports, listed, digest.trusted, reread))),
  );
  const valid = checked.filter(({ verdict }) => digest.trusted && verdict.kind === 'valid').length;
  const invalid = checked.filter(({ verdict }) => verdict.kind === 'invalid').length;
  const spared = checked.filter((log) => log.spared).length;
  const problems = checked.flatMap((log) => problemOf(digest, log));
  return { checked, problems, counts: { listed: logs.length, valid, invalid, spared } };
};
