import { setFlagsFromString } from 'node:v8';
import type { Chain } from '../engine/digest/chain.ts';
import { chainId } from '../engine/digest/chain.ts';
import type { Place } from '../engine/digest/place.ts';
import type { Problem } from '../engine/digest/problem.ts';
import { HOUR } from '../engine/digest/time.ts';
import { findPlaces } from '../engine/find-places.ts';
import type { Finding } from '../engine/finding/finding.ts';
import { integrityFinding } from '../engine/finding/integrity.ts';
import { type ChainReport, type RangeReport, type VerifyRangePorts, verifyRange } from '../engine/verify-range.ts';
import { paint } from './terminal/colour.ts';
import { startProgress } from './terminal/progress.ts';
import { terminalText } from './terminal/text.ts';
import { UsageError } from './usage-error.ts';
import { fileKeys, localCopy } from './verify/directory.ts';
import { type Request, readRequest } from './verify/request.ts';
import { showRange } from './verify/show.ts';

/** Options of `trailwarden verify`, as the terminal gives them. */
export interface VerifyOptions {
  readonly trailArn?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly org?: string;
  readonly account?: readonly string[];
  readonly region?: readonly string[];
  readonly start?: string;
  readonly end?: string;
  /** 24h, 7d …: instead of start. */
  readonly since?: string;
  readonly format?: string;
  readonly dir?: string;
  readonly keys?: string;
  readonly concurrency?: string | number;
  readonly jobs?: string | number;
  /** False: log files that no digest lists are not looked for. */
  readonly unlisted?: boolean;
}

/** Where the chosen trails lie, and how to read there. */
interface Scene {
  readonly ports: VerifyRangePorts;
  readonly places: readonly Place[];
  readonly expected: readonly Chain[];
}

/** CloudTrail's digest of an hour comes 26 to 30 minutes after it (observed): silence is told an hour after it was due. */
const DELIVERY = HOUR;

/**
 * Digests beyond which V8 is told to save memory rather than time. A range needs little at a time, but V8 lets its heap
 * grow as long as nothing presses: 30,000 logs took 300 MB, and 150 MB so.
 */
const LONG_RUN = 72;

/** Objects that could not be read, or keys: not known to be altered. */
const UNREAD: ReadonlySet<string> = new Set(['DIGEST_UNREADABLE', 'LOG_UNREADABLE', 'KEYS_UNAVAILABLE']);

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Loaded only here: a local copy is verified without the SDK. */
const awsPorts = async (region: string, concurrency: number): Promise<VerifyRangePorts> => {
  // The SDK wants some Region to start from; a bucket in another one is found by S3's redirect.
  process.env['AWS_REGION'] ??= process.env['AWS_DEFAULT_REGION'] ?? region;
  const { rangeWorld } = await import('../aws/range-world.ts');
  return rangeWorld(concurrency);
};

/** A bucket, and whether an organization's id stands in its paths: undefined where only the bucket can tell. */
interface Root {
  readonly bucket: string;
  readonly prefix: string;
  readonly organization: boolean | undefined;
}

const trailRoot = async (request: Request): Promise<Root> => {
  const { trail, bucket, prefix } = request;
  if (bucket !== undefined || trail === undefined)
    return { bucket: bucket ?? '', prefix: prefix ?? '', organization: undefined };
  const { findTrail } = await import('../aws/trails.ts');
  const found = await findTrail(trail.arn, trail.homeRegion);
  if (found === undefined)
    throw new UsageError(
      `${trail.arn} is not among the trails DescribeTrails gives; for a deleted trail, or another account's, give --bucket (and --prefix)`,
    );
  return { bucket: found.bucket, prefix: prefix ?? found.prefix, organization: found.isOrganizationTrail };
};

/** Chains that must be there: those asked for by name, and a trail's own in its home Region. */
const expectedChains = (
  { trail, accounts, regions, organization }: Request,
  places: readonly Place[],
): readonly Chain[] => {
  if (trail === undefined) return [];
  const { homeRegion, name, account } = trail;
  const of = (place: Place): Chain => ({
    account: place.account,
    region: place.region,
    trail: name,
    homeRegion,
    backfill: false,
    ...(place.organization !== undefined && { organization: place.organization }),
  });
  const asked = accounts.length > 0 || organization !== undefined ? accounts : [account];
  return places
    .filter((place) => asked.includes(place.account) && (regions.length > 0 || place.region === homeRegion))
    .map(of);
};

const samePlace = (one: Place, other: Place): boolean => one.account === other.account && one.region === other.region;

/** Places found by listing, and those asked for by account and Region though nothing may be there. */
const choosePlaces = async (ports: VerifyRangePorts, request: Request, root: Root): Promise<readonly Place[]> => {
  const { trail, organization, regions } = request;
  const { bucket, prefix } = root;
  const own = trail !== undefined && root.organization === false && request.accounts.length === 0;
  const accounts = own ? [trail.account] : request.accounts;
  const base = { bucket, prefix, ...(organization !== undefined && { organization }) };
  const askedAccounts = accounts.length > 0 || trail === undefined ? accounts : [trail.account];
  const askedRegions = regions.length > 0 || trail === undefined ? regions : [trail.homeRegion];
  const asked = askedAccounts.flatMap((account) => askedRegions.map((region) => ({ ...base, account, region })));
  const isPathKnown = organization !== undefined || root.organization === false;
  if (isPathKnown && accounts.length > 0 && regions.length > 0) return asked;
  const found = await findPlaces(ports.listObjects, { ...base, accounts, regions });
  return [...found, ...asked.filter((place) => !found.some((one) => samePlace(one, place)))];
};

const setScene = async (options: VerifyOptions, request: Request): Promise<Scene> => {
  if (options.dir !== undefined && options.keys !== undefined) {
    const copy = await localCopy(options.dir, request.bucket);
    const ports = { ...copy.ports, listPublicKeys: await fileKeys(options.keys) };
    const root = { bucket: copy.bucket, prefix: request.prefix ?? '', organization: undefined };
    const places = await choosePlaces(ports, request, root);
    return { ports, places, expected: expectedChains(request, places) };
  }
  const ports = await awsPorts(request.trail?.homeRegion ?? request.regions[0] ?? 'us-east-1', request.concurrency);
  const places = await choosePlaces(ports, request, await trailRoot(request));
  return { ports, places, expected: expectedChains(request, places) };
};

const verifyPlaces = async (
  { ports, places, expected }: Scene,
  request: Request,
  { unlisted = true }: VerifyOptions,
  now: number,
): Promise<RangeReport> => {
  const { trail, start, end, concurrency } = request;
  const hours = Math.ceil((end - start) / HOUR);
  // A short run keeps its speed: only the space for new objects stops growing (a day's peak fell by a sixth).
  setFlagsFromString(hours * places.length > LONG_RUN ? '--optimize-for-size' : '--semi-space-growth-factor=1');
  const progress = startProgress(places.length * hours, 'digests');
  const verify = verifyRange(ports, {
    concurrency,
    unlisted,
    expected,
    dueUntil: now - DELIVERY,
    ...(trail !== undefined && {
      accepts: (chain: Chain) => chain.trail === trail.name && chain.homeRegion === trail.homeRegion,
    }),
    onDigest: ({ location }) => progress.advance(1, terminalText(location.key.slice(-60), 60)),
  });
  const chains: ChainReport[] = [];
  const problems: Problem[] = [];
  try {
    // One after the other: each keeps all lanes busy, and memory holds the lists of one.
    for (const place of places) {
      const report = await verify(place, { start, end });
      chains.push(...report.chains);
      problems.push(...report.problems);
    }
  } finally {
    progress.stop();
  }
  return { chains, problems };
};

const print = (request: Request, report: RangeReport, findings: readonly Finding[], seconds: number): void => {
  const { start, end, format } = request;
  if (format === 'ndjson') {
    for (const finding of findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
    return;
  }
  if (format === 'json') {
    const chains = report.chains.map(({ chain, digests }) => ({ chain: chainId(chain), ...chain, digests }));
    const range = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
    process.stdout.write(`${JSON.stringify({ range, chains, findings }, undefined, 2)}\n`);
    return;
  }
  const strips = process.stdout.isTTY === true;
  const text = showRange({ chains: report.chains, findings, start, end, seconds, strips }, paint(process.stdout));
  process.stdout.write(`${text}\n`);
};

/** By chain, then by hour and object: the same run gives the same output. */
const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const order = ({ chain, span, object, code }: Problem): string =>
    [chain === undefined ? '~' : chainId(chain), span?.start ?? '', object?.key ?? '', code].join(' ');
  const keyed = problems.map((problem) => [order(problem), problem] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, problem]) => problem);
};

const exitCode = (problems: readonly Problem[], digests: number): number => {
  const unread = problems.filter(({ code }) => UNREAD.has(code));
  if (problems.length > unread.length) return 1;
  if (unread.length > 0) return 3;
  return digests === 0 ? 1 : 0;
};

/**
 * `trailwarden verify`: validates digests and log files of a range, as the functions do on arrival, with no earlier state.
 *
 * @returns 0 whole, 1 something invalid or no digests at all, 2 usage, 3 only that some input could not be read
 */
export const run = async (options: VerifyOptions): Promise<number> => {
  const now = Date.now();
  const began = performance.now();
  try {
    const request = readRequest(options, now);
    const scene = await setScene(options, request);
    const report = await verifyPlaces(scene, request, options, now);
    const problems = inOrder([...report.chains.flatMap((chain) => chain.problems), ...report.problems]);
    const at = new Date(now).toISOString();
    const findings = problems.map((problem) => integrityFinding(problem, at, 'scan'));
    print(request, report, findings, (performance.now() - began) / 1000);
    const digests = report.chains.reduce((sum, chain) => sum + chain.digests.length, 0);
    if (digests === 0) say('No digests found');
    for (const { code, object, reason } of problems)
      if (UNREAD.has(code)) say(terminalText(`not read: ${object?.bucket ?? ''}/${object?.key ?? ''}: ${reason}`));
    return exitCode(problems, digests);
  } catch (error) {
    if (error instanceof UsageError) {
      say(`verify: ${terminalText(error.message)}`);
      return 2;
    }
    say(`verify: ${terminalText(reasonOf(error))}`);
    return 3;
  }
};
