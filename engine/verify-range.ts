import { checkLogs } from './check-logs.ts';
import { type Chain, chainId, digestName } from './digest/chain.ts';
import type { ListedLog } from './digest/document.ts';
import { type ExaminedDigest, examineDigest, type FindKeys } from './digest/examine.ts';
import { type Link, linkOf, objectId } from './digest/link.ts';
import { type LogSet, logSet } from './digest/log-set.ts';
import { type Place, placeOf, streamPrefix } from './digest/place.ts';
import type { Problem } from './digest/problem.ts';
import { sequenceProblems } from './digest/sequence.ts';
import { HOUR, writtenTime } from './digest/time.ts';
import { unlistedLogs } from './find-unlisted.ts';
import { keyring } from './keyring.ts';
import { type Lanes, lanes } from './lanes.ts';
import { listDays } from './list-days.ts';
import type { ListObjects, ListPublicKeys, ReadObject } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';

export interface VerifyRangePorts {
  readonly readObject: ReadObject;
  readonly listObjects: ListObjects;
  readonly listPublicKeys: ListPublicKeys;
}

export interface VerifyRangeOptions {
  /** Objects fetched at once. */
  readonly concurrency?: number;
  /** The chains that are judged; the others at the place only say which logs they list. Default: all. */
  readonly accepts?: (chain: Chain) => boolean;
  /** Chains that must be there: without a digest they are DIGEST_SILENCE. */
  readonly expected?: readonly Chain[];
  /** Milliseconds up to which a digest must have been delivered, where the range ends now. */
  readonly dueUntil?: number;
  /** False: log files that no digest lists are not looked for (another trail without validation writes there too). */
  readonly unlisted?: boolean;
  /** Told of each digest once it and its logs were judged. */
  readonly onDigest?: (digest: JudgedDigest) => void;
}

/** One digest of the range. */
interface JudgedDigest {
  readonly location: ObjectLocation;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly backfill: boolean;
  /** The digest itself is CloudTrail's, whole and in its place. */
  readonly valid: boolean;
  readonly logs: { readonly listed: number; readonly valid: number; readonly invalid: number };
}

/** What a range of one chain came to. */
export interface ChainReport {
  /** The standard chain; backfill digests of the same trail are counted with it. */
  readonly chain: Chain;
  readonly digests: readonly JudgedDigest[];
  readonly problems: readonly Problem[];
}

export interface RangeReport {
  readonly chains: readonly ChainReport[];
  /** Of the place, of no one chain: log files no digest lists, listings that failed. */
  readonly problems: readonly Problem[];
}

const DEFAULT_CONCURRENCY = 32;
/** Digests under way at once: enough that their own reading hides behind the logs'. */
const DIGESTS_AT_ONCE = 6;
const MAX_STORED_DIGEST = 16 * 1024 * 1024;
/** Places one chain may have lived at within a range: changes of bucket or prefix. */
const MAX_PLACES = 32;

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Work {
  readonly ports: VerifyRangePorts;
  readonly options: VerifyRangeOptions;
  readonly range: Range;
  readonly lanes: Lanes;
  readonly findKeys: FindKeys;
  /** Log objects with their hash that trusted digests list: checked once each. */
  readonly checked: LogSet;
  /** Log objects that any digest of the judged chains lists. */
  readonly listed: LogSet;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In a range, a fault that a retry may mend has been retried by the client: it is the object's, and the rest goes on. */
const readAnyway =
  (read: ReadObject): ReadObject =>
  async (location, options) => {
    try {
      return await read(location, options);
    } catch (error) {
      const code = error instanceof Error ? error.name : 'Error';
      return { kind: 'unreadable', code, reason: reasonOf(error) };
    }
  };

const examine = async ({ ports, lanes: run, findKeys }: Work, location: ObjectLocation): Promise<ExaminedDigest> => {
  const stored = await run(() => ports.readObject(location, { maxBytes: MAX_STORED_DIGEST }));
  return examineDigest(location, stored, findKeys);
};

interface Trail {
  readonly chain: Chain;
  readonly links: Map<string, Link>;
  readonly absent: Set<string>;
  readonly digests: JudgedDigest[];
  readonly problems: Problem[];
  /** Prefixes that were listed: `bucket/prefix`. */
  readonly places: Map<string, Place>;
  keysUnavailable: string | undefined;
}

/** The digest with only those logs that no digest before it listed: a log listed twice is one log. */
const freshLogs = (digest: ExaminedDigest, { listed, checked }: Work): ExaminedDigest => {
  const { document } = digest;
  if (document === undefined) return digest;
  const entryId = (log: ListedLog): string => `${log.hash} ${objectId(log)}`;
  const logs = document.logs.filter((log) => !checked.has(entryId(log)));
  for (const log of document.logs) {
    listed.add(objectId(log));
    if (digest.trusted) checked.add(entryId(log));
  }
  return { ...digest, document: { ...document, logs } };
};

const judgeDigest = async (work: Work, trail: Trail, location: ObjectLocation, member: boolean): Promise<void> => {
  const digest = await examine(work, location);
  const link = linkOf(digest);
  if (digest.missing) trail.absent.add(objectId(location));
  if (digest.missing || link === undefined) return;
  trail.links.set(objectId(location), link);
  if (!member) return;
  trail.problems.push(...digest.problems);
  trail.keysUnavailable ??= digest.keysUnavailable;
  const { problems, counts } = await checkLogs(work.ports, freshLogs(digest, work), { lanes: work.lanes });
  trail.problems.push(...problems);
  const judged = {
    location: digest.location,
    start: link.trusted ? link.start : link.end - HOUR,
    end: link.end,
    backfill: link.chain.backfill,
    valid: digest.trusted && digest.problems.length === 0,
    logs: counts,
  };
  trail.digests.push(judged);
  work.options.onDigest?.(judged);
};

interface Entry {
  readonly location: ObjectLocation;
  readonly chain: Chain;
}

const trailId = (chain: Chain): string => chainId({ ...chain, backfill: false });

/** Digests at a place whose name says that they ended in the range, or within the hour behind it. */
const listDigests = async (
  { ports, range }: Work,
  place: Place,
): Promise<{ readonly entries: readonly Entry[]; readonly strays: readonly ObjectLocation[] }> => {
  const entries: Entry[] = [];
  const strays: ObjectLocation[] = [];
  const until = range.end + HOUR;
  const prefix = streamPrefix(place, 'CloudTrail-Digest');
  for await (const { key } of listDays(ports.listObjects, place.bucket, prefix, range.start, until)) {
    const location = { bucket: place.bucket, key };
    const name = digestName(key);
    if (name === undefined && key.endsWith('.json.gz')) strays.push(location);
    if (name !== undefined && name.stamp >= range.start && name.stamp <= until)
      entries.push({ location, chain: name.chain });
  }
  return { entries, strays };
};

const unreadablePlace = (place: Place, error: unknown): Problem => ({
  code: 'DIGEST_UNREADABLE',
  reason: `the bucket cannot be listed: ${reasonOf(error)}`,
  object: { bucket: place.bucket, key: streamPrefix(place, 'CloudTrail-Digest') },
});

/**
 * What trusted digests of the range name and nobody has read yet. The one before the range is read as a predecessor and
 * not followed: behind it lies the whole life of the trail.
 */
const namedAhead = (trail: Trail, { start }: Range): readonly ObjectLocation[] =>
  [...trail.links.values()]
    .filter(({ trusted, end }) => trusted && end >= start)
    .flatMap(({ previous }) => (previous === undefined ? [] : [{ bucket: previous.bucket, key: previous.key }]))
    .filter((at) => !trail.links.has(objectId(at)) && !trail.absent.has(objectId(at)));

/** The place of a pointer, when it is another one than those listed: the bucket or prefix changed along the chain. */
const placeAhead = (trail: Trail, at: ObjectLocation): Place | undefined => {
  const name = digestName(at.key);
  if (name === undefined || trail.places.size >= MAX_PLACES) return undefined;
  const place = placeOf(at.bucket, name);
  return trail.places.has(placeId(place)) ? undefined : place;
};

const placeId = (place: Place): string => `${place.bucket}/${streamPrefix(place, 'CloudTrail-Digest')}`;

/** Reads a trail's digests, then what they point to, until nothing in the range is left unread. */
const readTrail = async (work: Work, trail: Trail, entries: readonly Entry[]): Promise<void> => {
  const run = lanes(DIGESTS_AT_ONCE);
  const take = (locations: readonly ObjectLocation[], member: boolean): Promise<unknown> =>
    Promise.all(locations.map((at) => run(() => judgeDigest(work, trail, at, member))));
  await take(
    entries.map(({ location }) => location),
    true,
  );
  const passed = new Set<string>();
  for (;;) {
    const ahead = [...new Map(namedAhead(trail, work.range).map((at) => [objectId(at), at])).values()].filter(
      (at) => !passed.has(objectId(at)),
    );
    if (ahead.length === 0) return;
    const members: ObjectLocation[] = [];
    const boundary: ObjectLocation[] = [];
    for (const at of ahead) {
      passed.add(objectId(at));
      const within = (digestName(at.key)?.stamp ?? 0) >= work.range.start;
      (within ? members : boundary).push(at);
      const place = within ? placeAhead(trail, at) : undefined;
      if (place !== undefined) members.push(...(await listElsewhere(work, trail, place)));
    }
    const unread = new Map(members.map((at) => [objectId(at), at]));
    await take(
      [...unread.values()].filter((at) => !trail.links.has(objectId(at))),
      true,
    );
    await take(boundary, false);
  }
};

const listElsewhere = async (work: Work, trail: Trail, place: Place): Promise<readonly ObjectLocation[]> => {
  trail.places.set(placeId(place), place);
  try {
    const { entries } = await listDigests(work, place);
    return entries.filter(({ chain }) => trailId(chain) === trailId(trail.chain)).map(({ location }) => location);
  } catch (error) {
    trail.problems.push(unreadablePlace(place, error));
    return [];
  }
};

const silence = ({ range, options }: Work, trail: Trail): readonly Problem[] => {
  const standard = [...trail.links.values()].filter(({ chain, end }) => !chain.backfill && end >= range.start);
  const last = standard.reduce((latest, { end }) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
  const until = Math.min(range.end, options.dueUntil ?? range.end);
  if (standard.length > 0 && last + HOUR > until) return [];
  const since = standard.length > 0 ? last : range.start;
  const reason =
    standard.length > 0 ? `the last digest ended at ${writtenTime(last)}` : 'there is no digest in the range at all';
  const span = { start: writtenTime(since), end: writtenTime(range.end) };
  return [{ code: 'DIGEST_SILENCE', reason, chain: trail.chain, span }];
};

const keysProblem = ({ range }: Work, { chain, keysUnavailable }: Trail): readonly Problem[] => {
  if (keysUnavailable === undefined) return [];
  const span = { start: writtenTime(range.start), end: writtenTime(range.end) };
  return [{ code: 'KEYS_UNAVAILABLE', reason: `no public key could be had: ${keysUnavailable}`, chain, span }];
};

/** What the chain leads past does not vouch for its logs: that some differ is told with the orphan, not by itself. */
const withOrphans = (found: readonly Problem[], chained: readonly Problem[]): readonly Problem[] => {
  const orphans = new Set(
    chained.flatMap(({ code, object }) => (code === 'DIGEST_ORPHAN' && object !== undefined ? [objectId(object)] : [])),
  );
  const ofOrphan = ({ code, digest }: Problem) =>
    (code === 'LOG_HASH_MISMATCH' || code === 'LOG_ALGORITHM') && digest !== undefined && orphans.has(objectId(digest));
  const told = chained.map((problem): Problem => {
    const { code, object } = problem;
    if (code !== 'DIGEST_ORPHAN' || object === undefined) return problem;
    const differing = found.filter((one) => ofOrphan(one) && one.digest?.key === object.key).length;
    return differing === 0
      ? problem
      : { ...problem, reason: `${problem.reason}; ${differing} of its log files differ` };
  });
  return [...found.filter((problem) => !ofOrphan(problem)), ...told];
};

const verifyTrail = async (work: Work, place: Place, chain: Chain, entries: readonly Entry[]): Promise<Trail> => {
  const places = new Map([[placeId(place), place]]);
  const own = { links: new Map(), absent: new Set<string>(), digests: [], problems: [], keysUnavailable: undefined };
  const trail: Trail = { chain: { ...chain, backfill: false }, places, ...own };
  await readTrail(work, trail, entries);
  const { start, end } = work.range;
  const chained = sequenceProblems({ links: trail.links, absent: trail.absent, start, end });
  const problems = withOrphans(trail.problems, chained);
  trail.digests.sort((one, other) => one.end - other.end);
  return { ...trail, problems: [...problems, ...silence(work, trail), ...keysProblem(work, trail)] };
};

/** A file under a name that is no digest's, among the digests, is told if it is one: it was renamed. */
const strayProblems = async (work: Work, strays: readonly ObjectLocation[]): Promise<readonly Problem[]> => {
  const examined = await Promise.all(strays.map((at) => examine(work, at)));
  return examined.flatMap(({ problems }) => problems.filter(({ code }) => code === 'DIGEST_MOVED'));
};

/** Which logs other trails' digests list: asked only when a log seems to be listed by none. */
const othersList = async (work: Work, others: readonly Entry[]): Promise<ReadonlySet<string>> => {
  const run = lanes(DIGESTS_AT_ONCE);
  const listed = new Set<string>();
  const read = async ({ location }: Entry): Promise<void> => {
    const digest = await examine(work, location);
    if (digest.trusted) for (const log of digest.document?.logs ?? []) listed.add(objectId(log));
  };
  await Promise.all(others.map((entry) => run(() => read(entry))));
  return listed;
};

/** Hours of the trusted digests of the range; the predecessor of the first is not of it, and its list was not taken. */
const coverage = (trails: readonly Trail[], { start }: Range): readonly Range[] =>
  trails
    .flatMap(({ links }) => [...links.values()])
    .filter(({ trusted, chain, end }) => trusted && !chain.backfill && end >= start);

const verifyPlace = async (work: Work, place: Place): Promise<RangeReport> => {
  const { options, ports } = work;
  const accepts = options.accepts ?? (() => true);
  let found: Awaited<ReturnType<typeof listDigests>> = { entries: [], strays: [] };
  const problems: Problem[] = [];
  try {
    found = await listDigests(work, place);
  } catch (error) {
    problems.push(unreadablePlace(place, error));
  }
  const groups = new Map<string, Entry[]>();
  for (const chain of options.expected ?? [])
    if (chain.account === place.account && chain.region === place.region) groups.set(trailId(chain), []);
  const chains = new Map((options.expected ?? []).map((chain) => [trailId(chain), chain]));
  for (const entry of found.entries.filter(({ chain }) => accepts(chain))) {
    const id = trailId(entry.chain);
    chains.set(id, entry.chain);
    groups.set(id, [...(groups.get(id) ?? []), entry]);
  }
  const trails: Trail[] = [];
  for (const [id, entries] of groups) {
    const chain = chains.get(id);
    if (chain !== undefined) trails.push(await verifyTrail(work, place, chain, entries));
  }
  problems.push(...(await strayProblems(work, found.strays)));
  if (options.unlisted !== false) {
    const others = found.entries.filter(({ chain }) => !accepts(chain));
    const places = new Map(trails.flatMap((trail) => [...trail.places]));
    const asked = {
      places: [...places.values()],
      covered: coverage(trails, work.range),
      isListed: work.listed.has,
      othersList: () => othersList(work, others),
      chain: trails[0]?.chain,
    };
    problems.push(...(await unlistedLogs(ports.listObjects, asked)));
  }
  return { chains: trails.map(({ chain, digests, problems }) => ({ chain, digests, problems })), problems };
};

/**
 * Verifies every chain at a place over a range of time, with no earlier state: each digest, its logs, the chain, silence
 * and log files that no digest lists. One unreadable object is a problem; the rest is still judged.
 *
 * @param range milliseconds; digests that ended from `start` to an hour after `end` are of the range
 */
export const verifyRange =
  (ports: VerifyRangePorts, options: VerifyRangeOptions = {}) =>
  async (place: Place, range: Range): Promise<RangeReport> => {
    const work: Work = {
      ports: { ...ports, readObject: readAnyway(ports.readObject) },
      options,
      range,
      lanes: lanes(options.concurrency ?? DEFAULT_CONCURRENCY),
      findKeys: keyring(ports.listPublicKeys, range, 'answer'),
      checked: logSet(),
      listed: logSet(),
    };
    return verifyPlace(work, place);
  };
