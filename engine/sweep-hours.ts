import { type Chain, chainId, digestName } from './digest/chain.ts';
import { objectId } from './digest/link.ts';
import { placeOf } from './digest/place.ts';
import type { IntegrityCode, Problem } from './digest/problem.ts';
import { DAY, digestTime, HOUR, writtenTime } from './digest/time.ts';
import type { ChainHead, Ledger, SweepMark } from './ledger/ledger.ts';
import type { Clock } from './ports.ts';
import { type RangeReport, type VerifyRangePorts, verifyRange } from './verify-range.ts';

/** What validating stored hours again asks of the world. */
export interface SweepWorld extends VerifyRangePorts {
  readonly ledger: Pick<Ledger, 'getChain' | 'getSweep' | 'putSweep'>;
  readonly clock: Clock;
  /** Publishes problems, with the ids they have on arrival. */
  readonly announce: (problems: readonly Problem[]) => Promise<void>;
}

export interface SweepOptions {
  /** How many past days are validated again in the course of each day. */
  readonly days: number;
  /** Milliseconds at which the work must be put down. */
  readonly until: number;
  /** False: log files that no digest lists are not looked for. */
  readonly unlisted: boolean;
}

export interface SweepReport {
  /** Hours of chains that were validated. */
  readonly hours: number;
  readonly problems: readonly Problem[];
  /** Slices put down because time was over; they are taken again, smaller. */
  readonly stopped: number;
  /** Hours left out because not even one of them could be done in time. */
  readonly skipped: number;
}

const CONCURRENCY = 16;
const MOST_HOURS = 24;
/** Work that was missed (the function did not run) is caught up with, but not more than this at once. */
const MOST_BEHIND = 6 * HOUR;
/** CloudTrail lists a log file within the hour, and late ones in a backfill digest: a day is long. */
const UNLISTED_GRACE = DAY;
/** Findings of one code out of one slice; the others are counted in one more. */
const MOST_OF_A_CODE = 25;

interface Slice {
  readonly chain: Chain;
  readonly head: ChainHead;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
}

/** The ports, until time is over or one of them fails: a fault of ours must not be told as one of the object. */
const guarded = (world: SweepWorld, until: number) => {
  const seen: { late: boolean; fault?: unknown } = { late: false };
  const check = (): void => {
    if (world.clock() < until) return;
    seen.late = true;
    throw new Error('the sweep is out of time');
  };
  const noting = (error: unknown): never => {
    if (!seen.late) seen.fault ??= error;
    throw error;
  };
  const ports: VerifyRangePorts = {
    listPublicKeys: world.listPublicKeys,
    readObject: async (location, options) => {
      check();
      return world.readObject(location, options).catch(noting);
    },
    listObjects: async function* list(bucket, prefix, options) {
      check();
      try {
        yield* world.listObjects(bucket, prefix, options);
      } catch (error) {
        noting(error);
      }
    },
  };
  return { ports, seen };
};

/** More of one code than anyone reads one by one. */
const folded = (problems: readonly Problem[], { chain, start }: Slice): readonly Problem[] =>
  [...Map.groupBy(problems, ({ code }) => code).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length <= MOST_OF_A_CODE) return same;
    const more = same.length - MOST_OF_A_CODE;
    const day = writtenTime(start).slice(0, 10);
    const rest: Problem = {
      ...first,
      chain,
      reason: `${more} more of the same in this chain around ${day}, this one first among all; trailwarden verify names them`,
      about: [first.code, 'more', chainId(chain), day],
    };
    return [...same.slice(0, MOST_OF_A_CODE), rest];
  });

/** The newest verified digest has no successor that would miss it. */
const headProblems = ({ chains }: RangeReport, { chain, head, end }: Slice): readonly Problem[] => {
  if (end !== digestTime(head.endTime)) return [];
  const at = { bucket: head.bucket, key: head.key };
  const digests = chains.flatMap((found) => found.digests);
  if (digests.some(({ location }) => objectId(location) === objectId(at))) return [];
  const span = { start: writtenTime(end - HOUR), end: head.endTime };
  const reason = 'it was verified on arrival, is the newest of its chain, and is not there any more';
  return [{ code: 'DIGEST_MISSING', reason, chain, object: at, span, missingHours: 1 }];
};

/**
 * What a slice cannot judge, because it does not know what was before it. A new start of the chain was judged against the
 * head when it arrived, and cannot be forged later; silence is watched as it happens.
 */
const JUDGED_ON_ARRIVAL: ReadonlySet<IntegrityCode> = new Set(['DIGEST_SILENCE', 'CHAIN_GAP', 'CHAIN_RESTART']);

/** Validates one slice of a chain from what is stored. */
const sweepSlice = async (
  world: SweepWorld,
  slice: Slice,
  { until, unlisted }: SweepOptions,
): Promise<readonly Problem[] | 'stopped'> => {
  const { chain, head, start, end } = slice;
  const name = digestName(head.key);
  if (name === undefined) return [];
  const { ports, seen } = guarded(world, until);
  const old = end + HOUR + UNLISTED_GRACE <= world.clock();
  const id = chainId(chain);
  const accepts = (other: Chain): boolean => chainId({ ...other, backfill: false }) === id;
  const verify = verifyRange(ports, { accepts, concurrency: CONCURRENCY, unlisted: unlisted && old });
  const report = await verify(placeOf(head.bucket, name), { start, end });
  if (seen.late) return 'stopped';
  if (seen.fault !== undefined) throw seen.fault;
  const found = [...report.problems, ...report.chains.flatMap(({ problems }) => problems)];
  const told = found.filter(({ code }) => !JUDGED_ON_ARRIVAL.has(code));
  return folded([...told, ...headProblems(report, slice)], slice);
};

interface Position {
  readonly chain: Chain;
  readonly at: number;
}

/** Where the mark points among the chains there are now; the chains stand in the order of their names. */
const positionOf = (chains: readonly Chain[], mark: SweepMark | undefined, oldest: number): Position | undefined => {
  const chain = chains.find((one) => mark === undefined || chainId(one) >= mark.chain) ?? chains[0];
  if (chain === undefined) return undefined;
  return { chain, at: mark?.chain === chainId(chain) ? Math.max(mark.at, oldest) : oldest };
};

const chainAfter = (chains: readonly Chain[], chain: Chain): Chain => {
  const id = chainId(chain);
  return chains.find((one) => chainId(one) > id) ?? chains[0] ?? chain;
};

/** The next slice from a position on; undefined when no chain has anything that old and that young. */
const nextSlice = async (
  { ledger }: SweepWorld,
  chains: readonly Chain[],
  from: Position,
  { hours, oldest }: { readonly hours: number; readonly oldest: number },
): Promise<Slice | undefined> => {
  let { chain, at } = from;
  for (let tried = 0; tried <= chains.length; tried += 1) {
    const stored = await ledger.getChain(chainId(chain));
    const last = digestTime(stored?.head.endTime ?? '');
    if (stored !== undefined && last !== undefined && at < last)
      return { chain, head: stored.head, start: at, end: Math.min(at + hours * HOUR, last) };
    chain = chainAfter(chains, chain);
    at = oldest;
  }
  return undefined;
};

/**
 * Validates stored hours again, a slice of a chain at a time, so that what was altered after its hour was judged is
 * found: digests, chain, logs, and log files no digest lists. The chains' past days are gone through once a day, spread
 * over it: after each slice the next one is due when its share of the day has passed. Progress is in the ledger; a slice
 * that was put down is taken again, half as long.
 *
 * A chain is swept where its head lies: hours from before its bucket or prefix changed are reached by the digests'
 * pointers only.
 *
 * @param chains the standard chains to sweep
 * @throws what a port throws: the slice is taken again
 */
export const sweepHours = async (
  world: SweepWorld,
  chains: readonly Chain[],
  options: SweepOptions,
): Promise<SweepReport> => {
  const { ledger, clock, announce } = world;
  const sorted = [...chains].sort((one, other) => (chainId(one) < chainId(other) ? -1 : 1));
  const done = { hours: 0, problems: [] as Problem[], stopped: 0, skipped: 0 };
  const share = DAY / Math.max(1, sorted.length * options.days * 24);
  for (;;) {
    const now = clock();
    const oldest = Math.floor((now - options.days * DAY) / HOUR) * HOUR;
    const mark = await ledger.getSweep();
    const position = positionOf(sorted, mark, oldest);
    const next = Math.max(mark?.next ?? now, now - MOST_BEHIND);
    if (position === undefined || next > now || now >= options.until) return done;
    const hours = mark?.hours ?? MOST_HOURS;
    const slice = await nextSlice(world, sorted, position, { hours, oldest });
    if (slice === undefined) return done;
    const id = chainId(slice.chain);
    const found = await sweepSlice(world, slice, options);
    if (found === 'stopped') {
      done.stopped += 1;
      // Others came before it: it is taken first next time, as long as it is.
      if (done.hours > 0) return done;
      // Not even one hour: it is left out rather than tried for ever.
      if (hours === 1) done.skipped += 1;
      const at = hours === 1 ? slice.end : slice.start;
      await ledger.putSweep({ chain: id, at, hours: Math.max(1, Math.floor(hours / 2)), next });
      return done;
    }
    await announce(found);
    done.problems.push(...found);
    const length = (slice.end - slice.start) / HOUR;
    done.hours += length;
    await ledger.putSweep({
      chain: id,
      at: slice.end,
      hours: Math.min(MOST_HOURS, hours + 2),
      next: next + length * share,
    });
  }
};
