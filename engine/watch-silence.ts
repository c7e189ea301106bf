import { type Chain, chainId } from './digest/chain.ts';
import type { Problem } from './digest/problem.ts';
import { DAY, digestTime, HOUR, MINUTE, writtenTime } from './digest/time.ts';
import { newestUnverified } from './find-unverified.ts';
import { lanes } from './lanes.ts';
import type { ChainHead } from './ledger/ledger.ts';
import type { ListObjects, Requeue } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';
import type { TrailAnswer, TrailStatus } from './trail/trail.ts';

/** A chain and its last verified digest. */
export interface KnownChain {
  readonly chain: Chain;
  readonly head: ChainHead;
}

/** GetTrailStatus of a Region; undefined where no trail is configured. */
export type AskStatus = (region: string) => Promise<TrailAnswer<TrailStatus> | undefined>;

/** What silence is asked of. */
export interface SilencePorts {
  readonly askStatus: AskStatus;
  readonly listObjects: ListObjects;
  /** Puts a digest that stands there unverified on the deliveries queue. */
  readonly requeue: Requeue;
}

type Stage = 'late' | 'silent';

interface Silent extends KnownChain {
  readonly stage: Stage;
  readonly end: number;
}

/** A digest comes 26 to 30 minutes after its hour (observed): the next one is due an hour and a half after the last end. */
const LATE = 2 * HOUR;
const SILENT = 3 * HOUR;
/** CloudTrail delivers for 30 days what a bucket refused. After that the Region or account is closed, and known to be. */
const FORGOTTEN = 30 * DAY;
/** As many chains at once are one fault: the trail's, the bucket's. */
const MOST_APART = 10;
const MOST_NAMED = 10;

const silentOf = (known: KnownChain, now: number): readonly Silent[] => {
  const end = digestTime(known.head.endTime);
  if (end === undefined || known.chain.backfill) return [];
  const since = now - end;
  if (since <= LATE || since > FORGOTTEN) return [];
  return [{ ...known, end, stage: since > SILENT ? 'silent' : 'late' }];
};

const statusText = (answer: TrailAnswer<TrailStatus> | undefined): string => {
  if (answer === undefined) return '';
  if (answer.kind === 'missing') return '; CloudTrail knows of no such trail any more';
  if (answer.kind === 'denied') return `; CloudTrail refuses to tell the trail's status: ${answer.reason}`;
  const { isLogging, latestDigestDelivery, latestDigestDeliveryError } = answer.value;
  const error = latestDigestDeliveryError ? `, and digests cannot be delivered: ${latestDigestDeliveryError}` : '';
  const last = latestDigestDelivery ? `; CloudTrail's last delivery of a digest was ${latestDigestDelivery}` : '';
  return `; the trail is ${isLogging ? 'logging' : 'stopped'}${error}${last}`;
};

/** That the reason cannot be had keeps nothing from being told. */
const statusOf = (region: string, askStatus: AskStatus): Promise<string> =>
  askStatus(region).then(statusText, (error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    return `; CloudTrail could not be asked for the trail's status: ${why}`;
  });

const severityOf = (stage: Stage) => (stage === 'silent' ? 'high' : 'medium');

const apart = ({ chain, head: { endTime }, end, stage }: Silent, status: string): Problem => ({
  code: 'DIGEST_SILENCE',
  reason: `the last digest ended at ${endTime}, the next is missing for over ${stage === 'silent' ? 'two hours' : 'an hour'}${status}`,
  chain,
  span: { start: endTime, end: writtenTime(end + HOUR) },
  severity: severityOf(stage),
  about: ['DIGEST_SILENCE', chainId(chain), endTime, stage],
});

/** The chain goes on in the bucket, and nobody verified it: notifications are lost, or on-digest fails. */
const unverified = ({ chain, head: { endTime }, end }: Silent, newest: ObjectLocation): Problem => ({
  code: 'DIGEST_SILENCE',
  reason: `the last digest that was verified ended at ${endTime}; later ones stand in the bucket, the newest was put on the queue again: look at the notifications of digests, and at on-digest`,
  chain,
  digest: newest,
  span: { start: endTime, end: writtenTime(end + HOUR) },
  severity: 'medium',
  about: ['DIGEST_SILENCE', chainId(chain), endTime, 'unverified'],
});

/** Listings under way at once: when a trail stops, all its chains are silent. */
const AT_ONCE = 16;

/** A digest that cannot be verified is tried again once an hour, not at each run: its log files are read each time. */
const isDue = ({ stage }: Silent, now: number): boolean => stage === 'late' || now % HOUR < 15 * MINUTE;

/** Digests whose news never came are sent to be verified: told where that has not helped within the hour. */
const sendBack = async (
  { listObjects, requeue }: SilencePorts,
  silent: readonly Silent[],
  now: number,
): Promise<{ readonly quiet: readonly Silent[]; readonly problems: readonly Problem[] }> => {
  const run = lanes(AT_ONCE);
  const quiet: Silent[] = [];
  const problems: Problem[] = [];
  const look = async (one: Silent): Promise<void> => {
    const newest = await newestUnverified(listObjects, one.chain, one.head, now);
    if (newest === undefined) quiet.push(one);
    else {
      if (isDue(one, now)) await requeue([newest]);
      if (one.stage === 'silent') problems.push(unverified(one, newest));
    }
  };
  await Promise.all(silent.map((one) => run(() => look(one))));
  return { quiet, problems };
};

const together = (silent: readonly Silent[], stage: Stage, status: string): readonly Problem[] => {
  const [first] = silent;
  if (first === undefined) return [];
  const names = silent.slice(0, MOST_NAMED).map(({ chain }) => `${chain.account} ${chain.region}`);
  const newest = silent.reduce((latest, { end }) => Math.max(latest, end), 0);
  const more = silent.length > names.length ? ` and ${silent.length - names.length} more` : '';
  const { trail, homeRegion } = first.chain;
  const reason = `${silent.length} chains have no digest for over ${stage === 'silent' ? 'three' : 'two'} hours: ${names.join(', ')}${more}${status}`;
  return [
    {
      code: 'DIGEST_SILENCE',
      reason,
      span: { start: writtenTime(Math.min(...silent.map(({ end }) => end))), end: writtenTime(newest) },
      severity: severityOf(stage),
      // Chains of a trail end within an hour of each other: while none comes back, the newest end stays what it is.
      about: ['DIGEST_SILENCE', trail, homeRegion, writtenTime(newest).slice(0, 13), stage],
    },
  ];
};

/**
 * Chains whose next digest does not come: `medium` two hours after the last one's end, `high` after three, with the
 * reason as CloudTrail gives it. Each stage is one finding per silence, however often it is asked: the last end is in its
 * id. More than ten chains of a trail at one stage are one finding. A chain that is silent for 30 days is told no more.
 * Where later digests stand in the bucket unverified, the newest is put on the queue: it brings those before it.
 *
 * @param now milliseconds
 * @throws what listing and requeueing throw
 */
export const silenceProblems = async (
  ports: SilencePorts,
  chains: readonly KnownChain[],
  now: number,
): Promise<readonly Problem[]> => {
  const { quiet, problems } = await sendBack(
    ports,
    chains.flatMap((known) => silentOf(known, now)),
    now,
  );
  const answers = new Map<string, string>();
  for (const { chain } of quiet)
    if (!answers.has(chain.region)) answers.set(chain.region, await statusOf(chain.region, ports.askStatus));
  const status = ({ chain }: Silent): string => answers.get(chain.region) ?? '';
  const groups = Map.groupBy(quiet, ({ chain, stage }) => `${stage} ${chain.homeRegion} ${chain.trail}`);
  const silences = [...groups.values()].flatMap((those) => {
    const [first] = those;
    if (first === undefined) return [];
    return those.length > MOST_APART
      ? together(those, first.stage, status(first))
      : those.map((one) => apart(one, status(one)));
  });
  return [...problems, ...silences];
};
