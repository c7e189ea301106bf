import type { Seen } from './finding/finding.ts';
import { type HealthProblem, healthFinding } from './finding/health.ts';
import type { ListObjects, Requeue } from './ports.ts';
import { type Candidate, type PublishTally, type PublishWorld, publishFindings } from './publish-findings.ts';
import type { Json } from './record/json.ts';
import type { ObjectLocation } from './record/location.ts';
import { canaryFinding, canaryLost, noSubscriber, unscannedFiles } from './trail/deployment-problems.ts';
import { type LogFolder, listingsOf } from './trail/recent-files.ts';
import { parseTrailArn, type TrailReader } from './trail/trail.ts';
import { selectorProblems, settingsProblems, statusProblems, unansweredProblem } from './trail/trail-problems.ts';

/** What the examination asks of the world, beyond publishing. */
export interface ExaminationWorld extends PublishWorld {
  /** Absent where no trail is configured. */
  readonly trail?: TrailReader;
  readonly listObjects: ListObjects;
  readonly requeue: Requeue;
  /** Confirmed subscriptions of the findings topic that are not Trailwarden's own. */
  readonly countSubscribers: () => Promise<number>;
  /** Test findings that came through the topic within the last 36 hours; undefined where the canary is off. */
  readonly countCanaries?: () => Promise<number>;
  /** The trail's event selectors at the last examination. */
  readonly selectorsSeen: {
    readonly read: (trailArn: string) => Promise<Json | undefined>;
    readonly write: (trailArn: string, selectors: Json) => Promise<void>;
  };
}

/** What is examined. */
export interface ExaminationTarget {
  readonly trailArn?: string;
  /** Regions whose status is asked for, the home Region first. */
  readonly regions: readonly string[];
  readonly buckets: readonly string[];
  readonly prefix: string;
  readonly organization?: string;
  readonly topicArn: string;
}

export interface Examination {
  readonly problems: readonly HealthProblem[];
  readonly requeued: number;
  readonly tally: PublishTally;
}

const MINUTE_MS = 60_000;
/** Files younger than this may still be on their way through the queue. */
const GRACE_MS = 20 * MINUTE_MS;
/** How far back is looked: a requeued file has had several chances by then, and the hourly digest takes over. */
const LOOK_BACK_MS = 120 * MINUTE_MS;
/** A file still missing this long after delivery is a finding; before, it is only put on the queue again. */
const OVERDUE_MS = 60 * MINUTE_MS;
/** Files asked for per folder and examination. A backlog of more shows in the queue's age anyway. */
const MOST_FILES = 200;
const MOST_REQUEUED = 100;

const examineTrail = async (
  world: ExaminationWorld,
  { trailArn: arn, regions, buckets }: ExaminationTarget,
  now: number,
): Promise<readonly HealthProblem[]> => {
  if (world.trail === undefined || arn === undefined) return [];
  const { trail, selectorsSeen } = world;
  const home = parseTrailArn(arn)?.homeRegion ?? regions[0] ?? '';
  const scene = { arn, region: home, now };
  const settings = await trail.settings();
  // Without the trail, the other answers would repeat the same.
  if (settings.kind === 'missing') return unansweredProblem(scene, 'settings', settings);
  const found = [...unansweredProblem(scene, 'settings', settings)];
  if (settings.kind === 'found') found.push(...settingsProblems(scene, settings.value, { buckets }));
  for (const region of regions) {
    const status = await trail.status(region);
    found.push(...unansweredProblem({ ...scene, region }, 'status', status));
    if (status.kind === 'found') found.push(...statusProblems({ ...scene, region }, status.value));
  }
  const selectors = await trail.selectors();
  found.push(...unansweredProblem(scene, 'event selectors', selectors));
  if (selectors.kind === 'found')
    found.push(...selectorProblems(scene, selectors.value, await selectorsSeen.read(arn)));
  return found;
};

/** Written after the findings are published: a crash in between finds the change again. */
const rememberSelectors = async (world: ExaminationWorld, arn: string | undefined): Promise<void> => {
  if (world.trail === undefined || arn === undefined) return;
  const selectors = await world.trail.selectors();
  if (selectors.kind !== 'found') return;
  const before = await world.selectorsSeen.read(arn);
  if (JSON.stringify(before) !== JSON.stringify(selectors.value)) await world.selectorsSeen.write(arn, selectors.value);
};

interface Unscanned {
  readonly location: ObjectLocation;
  readonly deliveredAt: number;
}

const unscannedIn = async (
  world: ExaminationWorld,
  bucket: string,
  folder: LogFolder,
  now: number,
): Promise<readonly Unscanned[]> => {
  const missing: Unscanned[] = [];
  let asked = 0;
  for (const { prefix, startAfter } of listingsOf(folder, now - LOOK_BACK_MS, now - GRACE_MS))
    for await (const { key, lastModified } of world.listObjects(bucket, prefix, { startAfter })) {
      if (asked++ >= MOST_FILES) return missing;
      const deliveredAt = Date.parse(lastModified ?? '');
      if (!(deliveredAt <= now - GRACE_MS) || !key.endsWith('.json.gz')) continue;
      const location = { bucket, key };
      if ((await world.ledger.getFile(location)) === undefined) missing.push({ location, deliveredAt });
    }
  return missing;
};

const examineFiles = async (
  world: ExaminationWorld,
  { trailArn, regions, buckets, prefix, organization }: ExaminationTarget,
  now: number,
): Promise<{ readonly problems: readonly HealthProblem[]; readonly requeued: number }> => {
  const account = trailArn === undefined ? undefined : parseTrailArn(trailArn)?.account;
  const [bucket] = buckets;
  if (account === undefined || bucket === undefined) return { problems: [], requeued: 0 };
  const found: Unscanned[] = [];
  for (const region of regions) {
    const folder = { prefix, account, region, ...(organization === undefined ? {} : { organization }) };
    found.push(...(await unscannedIn(world, bucket, folder, now)));
  }
  const again = found.slice(0, MOST_REQUEUED).map(({ location }) => location);
  if (again.length > 0) await world.requeue(again);
  const overdue = found.filter(({ deliveredAt }) => deliveredAt <= now - OVERDUE_MS).map(({ location }) => location);
  return { problems: unscannedFiles(account, overdue, now), requeued: again.length };
};

const examineSubscribers = async (world: ExaminationWorld, topicArn: string, now: number) =>
  (await world.countSubscribers()) > 0 ? [] : [noSubscriber(topicArn, now)];

/**
 * One test finding a day through the topic. The queue that receives it keeps messages for 36 hours: when it is empty,
 * and today's was not sent just now, what was published did not arrive.
 */
const examineCanary = async (
  world: ExaminationWorld,
  { topicArn }: ExaminationTarget,
  now: number,
): Promise<readonly HealthProblem[]> => {
  if (world.countCanaries === undefined) return [];
  const sent = await publishFindings(world)([{ finding: canaryFinding(topicArn, now) }]);
  if (sent.published > 0 || sent.unsettled.length > 0) return [];
  return (await world.countCanaries()) > 0 ? [] : [canaryLost(topicArn, now)];
};

const SEEN: Seen = { via: 'live' };

/**
 * Asks what no event shows: is the trail logging and delivering, does it record what it did, were the files in the
 * bucket scanned, does anyone receive findings. Each problem is a finding once a day while it lasts; files that were not
 * scanned are put on the queue again.
 *
 * @throws whatever a port throws, after the other questions were asked: the invocation then counts as an error
 */
export const examineTrailAndStack =
  (world: ExaminationWorld) =>
  async (target: ExaminationTarget): Promise<Examination> => {
    const now = world.clock();
    const questions = [
      examineTrail(world, target, now),
      examineFiles(world, target, now),
      examineSubscribers(world, target.topicArn, now),
      examineCanary(world, target, now),
    ] as const;
    const [trail, files, subscribers, canary] = await Promise.allSettled(questions);
    const problems = [trail, subscribers, canary].flatMap((answer) =>
      answer.status === 'fulfilled' ? [...answer.value] : [],
    );
    if (files.status === 'fulfilled') problems.push(...files.value.problems);
    const at = new Date(now).toISOString();
    const candidates: readonly Candidate[] = problems.map((problem) => ({ finding: healthFinding(problem, SEEN, at) }));
    const tally = await publishFindings(world)(candidates);
    const failed = [trail, files, subscribers, canary].find((answer) => answer.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    if (tally.unsettled.length === 0) await rememberSelectors(world, target.trailArn);
    return { problems, requeued: files.status === 'fulfilled' ? files.value.requeued : 0, tally };
  };
