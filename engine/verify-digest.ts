import { awaitScans } from './await-scans.ts';
import { type CheckedLog, checkLogs, type LogCounts, oddTimes } from './check-logs.ts';
import { type Chain, chainId } from './digest/chain.ts';
import { type ExaminedDigest, examineDigest } from './digest/examine.ts';
import type { Problem, Span } from './digest/problem.ts';
import { digestTime, HOUR, MINUTE, writtenTime } from './digest/time.ts';
import { keyring } from './keyring.ts';
import { type Lanes, lanes } from './lanes.ts';
import type { FileItem, Ledger } from './ledger/ledger.ts';
import { linkDigest } from './link-digest.ts';
import type { Clock, HeadObject, ListPublicKeys, ReadObject, Requeue } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';

/** What judging an arriving digest asks of the world. */
export interface VerifyDigestPorts {
  readonly readObject: ReadObject;
  readonly listPublicKeys: ListPublicKeys;
  readonly ledger: Pick<Ledger, 'getFile' | 'putFile' | 'getChain' | 'putChain' | 'addPending'>;
  /** Sends log files that were never scanned back to the deliveries queue. */
  readonly requeue: Requeue;
  readonly clock: Clock;
  /** Spares the second GET of a log file whose scanned version still stands; without it every log is read. */
  readonly headObject?: HeadObject;
  /**
   * Publishes problems before the state moves on, so that a crash between loses none. Without it a redelivered digest
   * is judged anew, except for its link to a head that has moved.
   */
  readonly announce?: (problems: readonly Problem[]) => Promise<void>;
  /** Tells that a digest lists log files nobody was told of, before they are sent back; met again, told again. */
  readonly announceLost?: (digest: ObjectLocation, files: readonly ObjectLocation[]) => Promise<void>;
}

export interface VerifyDigestOptions {
  /** Objects fetched at once, all digests of the process together. */
  readonly concurrency?: number;
  /** Always reads log files, though the scan recorded the right hash of the current version. */
  readonly rereadLogs?: boolean;
  /** Chains that are expected: others are DIGEST_SCOPE. Without it every chain of the bucket is. */
  readonly accepts?: (chain: Chain) => boolean;
}

/** What became of one arriving digest, and of those before it that had been passed over. */
export interface DigestReport {
  readonly location: ObjectLocation;
  readonly chain?: Chain;
  readonly span?: Span;
  /** `redelivered`: the same version of the same digest was judged and announced before. */
  readonly outcome: 'valid' | 'invalid' | 'redelivered' | 'not-a-digest';
  readonly problems: readonly Problem[];
  readonly logs: LogCounts & { readonly unscanned: number };
  /** Log files the digest vouches for that no scan has recorded: put on the queue again. */
  readonly unscanned: readonly ObjectLocation[];
  /** Reports of digests whose notification had not come: taken first. Their problems are not in `problems`. */
  readonly before: readonly DigestReport[];
}

const DEFAULT_CONCURRENCY = 32;
const MAX_STORED_DIGEST = 16 * 1024 * 1024;
/** Digests passed over that are taken with the one that shows it: two days. The rest is reported as unverified. */
const MAX_CATCH_UP = 48;
/** CloudTrail delivers a digest 26 to 30 minutes after its hour (observed). */
const LATE = 3 * HOUR;
const SKEW = 5 * MINUTE;

type Verify = (location: ObjectLocation) => Promise<DigestReport>;

interface Story {
  readonly ports: VerifyDigestPorts;
  readonly options: VerifyDigestOptions;
  readonly lanes: Lanes;
  readonly examine: (location: ObjectLocation) => Promise<ExaminedDigest>;
}

const NO_LOGS = { listed: 0, valid: 0, invalid: 0, spared: 0, unscanned: 0 };

const spanOf = (start: number | undefined, end: number): Span => ({
  start: writtenTime(start ?? end - HOUR),
  end: writtenTime(end),
});

const about = ({ location, chain, start, end }: ExaminedDigest) => ({
  object: location,
  ...(chain !== undefined && { chain }),
  ...(end !== undefined && { span: spanOf(start, end) }),
});

const timeProblems = (digest: ExaminedDigest): readonly Problem[] => {
  const { lastModified, end, trusted, chain } = digest;
  if (!trusted || lastModified === undefined || end === undefined || chain?.backfill !== false) return [];
  const lag = Date.parse(lastModified) - end;
  const compared = { expected: writtenTime(end), actual: lastModified, ...about(digest) };
  if (lag > LATE)
    return [
      { code: 'LATE_DIGEST', reason: 'the digest was written more than three hours after its hour', ...compared },
    ];
  if (lag < -SKEW) return [{ code: 'CLOCK_SKEW', reason: 'the digest was written before its hour ended', ...compared }];
  return [];
};

/** What is wrong with the digest object itself, beyond what its bytes tell. */
const ownProblems = (digest: ExaminedDigest, seen: FileItem | undefined, { options }: Story): readonly Problem[] => {
  const problems: Problem[] = [...digest.problems, ...timeProblems(digest), ...oddTimes(digest)];
  const at = about(digest);
  if (digest.missing)
    problems.push({ code: 'DIGEST_MISSING', reason: 'the digest was announced and is not there any more', ...at });
  if (digest.keysUnavailable !== undefined)
    problems.push({ code: 'KEYS_UNAVAILABLE', reason: `no public key could be had: ${digest.keysUnavailable}`, ...at });
  if (seen !== undefined && !isSame(seen, digest))
    problems.push({
      code: 'DIGEST_REWRITTEN',
      reason: 'CloudTrail writes a digest once, and this one was written again',
      ...at,
      expected: `${seen.sha256} version ${seen.location.versionId ?? '-'}`,
      actual: `${digest.hash} version ${digest.location.versionId ?? '-'}`,
    });
  if (digest.trusted && digest.chain !== undefined && options.accepts?.(digest.chain) === false)
    problems.push({ code: 'DIGEST_SCOPE', reason: 'the digest belongs to none of the configured trails', ...at });
  return problems;
};

const isSame = (seen: FileItem, { location, hash }: ExaminedDigest): boolean =>
  seen.sha256 === hash && (seen.location.versionId === undefined || seen.location.versionId === location.versionId);

/** Log files that were scanned with other content than CloudTrail signed, though what stands there now is right. */
const rewrittenLogs = (digest: ExaminedDigest, checked: readonly CheckedLog[]): readonly Problem[] =>
  checked
    .filter(
      ({ item, listed, verdict }) => verdict.kind === 'valid' && item !== undefined && item.sha256 !== listed.hash,
    )
    .map(({ item, listed, verdict }) => ({
      ...about(digest),
      code: 'LOG_REWRITTEN',
      reason: 'the log file was scanned with other content than CloudTrail signed and stands there now',
      object: verdict.location,
      digest: digest.location,
      expected: listed.hash,
      actual: item?.sha256 ?? '',
    }));

/**
 * Log files CloudTrail delivered, unaltered, that no scan knows. Only behind the stored head: what was delivered before
 * Trailwarden listened was never announced to it, and is no loss.
 */
const tellLost = async ({ ports }: Story, digest: ExaminedDigest, checked: readonly CheckedLog[]): Promise<void> => {
  const { chain, end } = digest;
  const lost = checked.filter(({ item, verdict }) => item === undefined && verdict.kind === 'valid');
  if (ports.announceLost === undefined || lost.length === 0 || chain === undefined || end === undefined) return;
  const head = digestTime((await ports.ledger.getChain(chainId(chain)))?.head.endTime ?? '');
  if (head === undefined || end <= head) return;
  await ports.announceLost(
    digest.location,
    lost.map(({ verdict }) => verdict.location),
  );
};

/** Notes in the ledger which digest lists each scanned file, and gives back the files no scan has recorded rightly. */
const settleFiles = async (
  story: Story,
  digest: ExaminedDigest,
  checked: readonly CheckedLog[],
): Promise<readonly ObjectLocation[]> => {
  const { ports, lanes } = story;
  const { key } = digest.location;
  const scanned = checked.filter(({ item, listed }) => item?.sha256 === listed.hash);
  await Promise.all(
    scanned.map(({ item }) =>
      item === undefined || item.listedBy !== undefined
        ? undefined
        : lanes(() => ports.ledger.putFile({ ...item, listedBy: key }, ports.clock())),
    ),
  );
  // An altered file is scanned too, once: what it holds now may be evidence. What is not there or locked cannot be.
  const locations = checked
    .filter(({ item, listed, verdict }) => {
      if (verdict.kind === 'valid') return item?.sha256 !== listed.hash;
      return item === undefined && verdict.code !== 'LOG_MISSING' && verdict.code !== 'LOG_UNREADABLE';
    })
    .map(({ verdict }) => verdict.location);
  if (locations.length > 0) {
    await tellLost(story, digest, checked);
    await awaitScans(ports, digest, locations);
    await ports.requeue(locations);
  }
  return locations;
};

/** Digests are remembered as files are: the version judged, under their key. */
const remember = async ({ ports }: Story, digest: ExaminedDigest): Promise<void> => {
  const now = ports.clock();
  const counts = { records: 0, malformed: 0, matches: 0, ruleSetVersion: 'digest' };
  const { location, hash } = digest;
  await ports.ledger.putFile({ location, sha256: hash, ...counts, scannedAt: new Date(now).toISOString() }, now);
};

const unverified = (digest: ExaminedDigest, at: ObjectLocation): Problem => ({
  ...about(digest),
  code: 'CHAIN_UNVERIFIED',
  reason: `more than ${MAX_CATCH_UP} digests in a row were never announced; verify the hours before this one`,
  digest: at,
});

const takeDigest = async (story: Story, location: ObjectLocation, depth: number): Promise<DigestReport> => {
  const { ports } = story;
  const announce = ports.announce ?? (async () => {});
  const digest = await story.examine(location);
  const { chain } = digest;
  const seen = await ports.ledger.getFile({ bucket: location.bucket, key: location.key });
  const again = seen !== undefined && isSame(seen, digest);
  const base = { location: digest.location, ...(chain !== undefined && { chain }), before: [], unscanned: [] };
  if (again && ports.announce !== undefined) return { ...base, outcome: 'redelivered', problems: [], logs: NO_LOGS };
  if (chain === undefined && digest.document === undefined)
    return { ...base, outcome: 'not-a-digest', problems: [], logs: NO_LOGS };
  const before: DigestReport[] = [];
  const own: Problem[] = [...ownProblems(digest, seen, story)];
  const recorded = digest.trusted ? { recorded: ports.ledger.getFile } : {};
  const options = { lanes: story.lanes, reread: story.options.rereadLogs === true };
  const logs = await checkLogs({ ...ports, ...recorded }, digest, options);
  const unscanned = digest.trusted ? await settleFiles(story, digest, logs.checked) : [];
  own.push(...logs.problems, ...(digest.trusted ? rewrittenLogs(digest, logs.checked) : []));
  await announce(own);
  const catchUp = async (passed: ObjectLocation): Promise<Problem | undefined> => {
    if (depth >= MAX_CATCH_UP) return unverified(digest, passed);
    before.push(await takeDigest(story, passed, depth + 1));
    return undefined;
  };
  const known = again ? 'same' : seen === undefined ? 'never' : 'other';
  const linked = await linkDigest({ ...ports, examine: story.examine, announce, catchUp }, digest, known);
  if (digest.trusted) await remember(story, digest);
  const problems = [...own, ...linked];
  return {
    ...base,
    before,
    outcome: digest.trusted && problems.length === 0 ? 'valid' : 'invalid',
    problems,
    logs: { ...logs.counts, unscanned: unscanned.length },
    unscanned,
    ...(digest.end !== undefined && { span: spanOf(digest.start, digest.end) }),
  };
};

/**
 * Judges an arriving digest: reads it at its version, checks it and every log file it lists, links it to the stored head
 * of its chain, sends log files no scan has recorded back to the queue, and remembers it. Redelivery, disorder and lost
 * notifications change nothing in the outcome.
 *
 * @throws what a retry may mend (throttling, 5xx, a race lost too often): the message must stay on its queue
 */
export const verifyDigest = (ports: VerifyDigestPorts, options: VerifyDigestOptions = {}): Verify => {
  const findKeys = keyring(ports.listPublicKeys, undefined, 'throw');
  const examine = async (location: ObjectLocation): Promise<ExaminedDigest> =>
    examineDigest(location, await ports.readObject(location, { maxBytes: MAX_STORED_DIGEST }), findKeys);
  const story: Story = { ports, options, lanes: lanes(options.concurrency ?? DEFAULT_CONCURRENCY), examine };
  return (location) => takeDigest(story, location, 0);
};
