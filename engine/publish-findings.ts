import { hash } from 'node:crypto';
import { atMost } from './at-most.ts';
import type { Finding } from './finding/finding.ts';
import type { Claim, Ledger } from './ledger/ledger.ts';
import type { Clock, Publish } from './ports.ts';
import type { AlertSettings } from './rule/rule.ts';

/** What publishing asks of the world. */
export interface PublishWorld {
  readonly ledger: Ledger;
  readonly publish: Publish;
  readonly clock: Clock;
  /** A new name for each attempt: two attempts on one finding must not take each other for the same worker. */
  readonly newOwner: () => string;
  /** Waits so many milliseconds. Without it a finding that another worker holds is not waited for. */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** A finding, and how its rule wants it treated; without settings it is published. */
export interface Candidate {
  readonly finding: Finding;
  readonly alert?: AlertSettings;
}

/** Each candidate is in exactly one of the counts, or among the unsettled. */
export interface PublishTally {
  readonly published: number;
  /** Published before, or twice in this list: the same finding on another path or a redelivery. */
  readonly repeated: number;
  readonly suppressed: number;
  readonly shadowed: number;
  /** Milliseconds from `lastSeen` (event time) to publishing, one per published finding; none of backfills. */
  readonly delays: readonly number[];
  readonly unsettled: readonly Unsettled[];
}

/** A finding whose fate is open: the message it came from must be delivered again. */
export interface Unsettled {
  readonly findingId: string;
  /** `held`: another worker is publishing it. `failed`: the ledger or the topic did not accept. */
  readonly reason: 'held' | 'failed';
  readonly error?: unknown;
}

type Fate = 'published' | 'repeated' | 'suppressed' | 'shadowed' | 'held';

/** Findings under way at once: the topic's and the table's latency is waited for together, not one by one. */
const AT_ONCE = 10;

/** What suppression counts by: the rule, the account and the group's values. One account never hides another. */
const suppressionGroup = ({ rule, code, account, group }: Finding): string => {
  const values = Object.entries(group ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([rule?.id ?? code ?? '', account ?? '', values]), 'hex').slice(0, 32);
};

/** Gives the claim back; that failing as well changes nothing, for the lease runs out. */
const release = (ledger: Ledger, id: string, owner: string): Promise<void> =>
  ledger.releaseClaim(id, owner).catch(() => undefined);

/** A publish takes a tenth of a second: one event in two files of a batch should not fail a message. */
const WAITS_MS = [100, 300, 900];

const claim = async ({ ledger, clock, pause }: PublishWorld, id: string, owner: string): Promise<Claim> => {
  let answer = await ledger.claimFinding(id, { owner, now: clock() });
  for (const milliseconds of pause === undefined ? [] : WAITS_MS) {
    if (answer !== 'held') break;
    await pause?.(milliseconds);
    answer = await ledger.claimFinding(id, { owner, now: clock() });
  }
  return answer;
};

const settle = async (world: PublishWorld, { finding, alert }: Candidate, owner: string): Promise<Fate> => {
  const { ledger, clock } = world;
  if (alert?.mode === 'shadow') return 'shadowed';
  if (alert?.suppressSeconds !== undefined) {
    const window = { seconds: alert.suppressSeconds, now: clock() };
    if ((await ledger.admit(suppressionGroup(finding), finding.id, window)) === 'suppressed') return 'suppressed';
  }
  const claimed = await claim(world, finding.id, owner);
  if (claimed !== 'claimed') return claimed === 'published' ? 'repeated' : 'held';
  try {
    await world.publish(finding);
  } catch (error) {
    await release(ledger, finding.id, owner);
    throw error;
  }
  // Should this fail, the finding was sent and is sent once more after the lease: at least once, with the same id.
  await ledger.markPublished(finding.id, { owner, now: clock() });
  return 'published';
};

const delayOf = ({ lastSeen, seen }: Finding, now: number): readonly number[] => {
  const since = now - Date.parse(lastSeen);
  // What a backfill finds is old by intent, and says nothing of how fast deliveries are.
  return Number.isFinite(since) && seen.via !== 'backfill' ? [Math.max(0, since)] : [];
};

/**
 * Publishes findings once each: claim → publish → mark. A crash between the last two may repeat a message, none is
 * lost. A failed finding stops no other; it is named in `unsettled`, and its message has to come again.
 */
export const publishFindings =
  (world: PublishWorld) =>
  async (candidates: readonly Candidate[]): Promise<PublishTally> => {
    const owner = world.newOwner();
    // A log file may hold an event twice (user guide: duplicates have the same eventID): the second is a repetition.
    const unique = [...new Map(candidates.map((candidate) => [candidate.finding.id, candidate])).values()];
    const counts = { published: 0, repeated: candidates.length - unique.length, suppressed: 0, shadowed: 0 };
    const delays: number[] = [];
    const unsettled: Unsettled[] = [];
    const outcomes = await atMost(AT_ONCE, unique, (candidate) => settle(world, candidate, owner));
    unique.forEach(({ finding }, index) => {
      const outcome = outcomes[index];
      if (outcome?.kind !== 'done') unsettled.push({ findingId: finding.id, reason: 'failed', error: outcome?.error });
      else if (outcome.value === 'held') unsettled.push({ findingId: finding.id, reason: 'held' });
      else {
        counts[outcome.value] += 1;
        if (outcome.value === 'published') delays.push(...delayOf(finding, world.clock()));
      }
    });
    return { ...counts, delays, unsettled };
  };

/** Findings of one file or event whose fate is open. Thrown so that the message stays on its queue. */
export class UnsettledFindingsError extends Error {
  override readonly name = 'UnsettledFindingsError';
  readonly unsettled: readonly Unsettled[];
  constructor(from: string, unsettled: readonly Unsettled[]) {
    const held = unsettled.filter(({ reason }) => reason === 'held').length;
    const first = unsettled.find(({ error }) => error !== undefined)?.error;
    const why =
      first === undefined ? '' : `; the first fault: ${first instanceof Error ? first.message : String(first)}`;
    super(
      `${from}: ${unsettled.length} findings are not settled (${held} held by another worker)${why}; deliver it again`,
      first === undefined ? {} : { cause: first },
    );
    this.unsettled = unsettled;
  }
}
