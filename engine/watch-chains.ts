import { unscannedLogs } from './await-scans.ts';
import { type Chain, chainOf } from './digest/chain.ts';
import type { Problem } from './digest/problem.ts';
import { integrityFinding } from './finding/integrity.ts';
import { lanes } from './lanes.ts';
import { type PublishWorld, publishFindings, UnsettledFindingsError } from './publish-findings.ts';
import { type SweepReport, sweepHours } from './sweep-hours.ts';
import type { VerifyRangePorts } from './verify-range.ts';
import { type KnownChain, type SilencePorts, silenceProblems } from './watch-silence.ts';

/** What looking after the known chains asks of the world. */
export interface ChainsWorld extends PublishWorld, VerifyRangePorts, SilencePorts {}

export interface WatchOptions {
  /** Chains that are expected; the others are not looked after. */
  readonly accepts: (chain: Chain) => boolean;
  /** Past days that are validated again each day; 0 for none. */
  readonly sweepDays: number;
  readonly unlisted: boolean;
  /** Milliseconds at which the work must be put down. */
  readonly until: number;
}

export interface WatchReport {
  readonly chains: number;
  readonly problems: readonly Problem[];
  readonly swept: Pick<SweepReport, 'hours' | 'stopped' | 'skipped'>;
}

/** Items of the ledger read at once. */
const AT_ONCE = 16;

/** Publishes problems as findings, each once; throws when the fate of one is open, so that it is met again. */
const announcer =
  (world: PublishWorld) =>
  async (problems: readonly Problem[]): Promise<void> => {
    const at = new Date(world.clock()).toISOString();
    const candidates = problems.map((problem) => ({ finding: integrityFinding(problem, at, 'scan') }));
    const { unsettled } = await publishFindings(world)(candidates);
    if (unsettled.length > 0) throw new UnsettledFindingsError('The watch over the chains', unsettled);
  };

const knownChains = async (
  { ledger }: ChainsWorld,
  accepts: WatchOptions['accepts'],
): Promise<readonly (KnownChain & { readonly id: string })[]> => {
  const run = lanes(AT_ONCE);
  const named = (await ledger.listChains()).flatMap((id) => {
    const chain = chainOf(id);
    return chain !== undefined && accepts(chain) ? [{ id, chain }] : [];
  });
  const heads = await Promise.all(named.map(({ id }) => run(() => ledger.getChain(id))));
  return named.flatMap(({ id, chain }, index) => {
    const head = heads[index]?.head;
    return head === undefined ? [] : [{ id, chain, head }];
  });
};

const NOT_SWEPT = { hours: 0, problems: [], stopped: 0, skipped: 0 };

/**
 * Looks after the chains the ledger knows: those whose digests stop coming, log files that were sent back and not
 * scanned, and hours that were judged before and may have been altered since. Problems are published; those met on
 * arrival or at the last run have the same ids.
 *
 * @throws what a port throws, after the other questions were asked
 */
export const watchChains =
  (world: ChainsWorld) =>
  async (options: WatchOptions): Promise<WatchReport> => {
    const announce = announcer(world);
    const chains = await knownChains(world, options.accepts);
    const run = lanes(AT_ONCE);
    const silence = async () => {
      const problems = await silenceProblems(world, chains, world.clock());
      await announce(problems);
      return problems;
    };
    const unscanned = async () => {
      const found = await Promise.all(chains.map(({ id }) => run(() => unscannedLogs({ ...world, announce }, id))));
      return found.flat();
    };
    const standard = chains.flatMap(({ chain }) => (chain.backfill ? [] : [chain]));
    const first = await Promise.allSettled([silence(), unscanned()]);
    // Last, for it takes what time is left.
    const sweep =
      options.sweepDays === 0 ? NOT_SWEPT : await sweepHours({ ...world, announce }, standard, sweepOptions(options));
    const failed = first.find((answer) => answer.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    const problems = first.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const { hours, stopped, skipped } = sweep;
    return {
      chains: chains.length,
      problems: [...problems, ...sweep.problems],
      swept: { hours, stopped, skipped },
    };
  };

const sweepOptions = ({ sweepDays, until, unlisted }: WatchOptions) => ({ days: sweepDays, until, unlisted });
