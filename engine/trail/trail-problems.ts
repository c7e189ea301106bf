import type { HealthProblem } from '../finding/health.ts';
import { isJsonObject, type Json } from '../record/json.ts';
import { own } from '../record/record.ts';
import { parseTrailArn, type TrailAnswer, type TrailSettings, type TrailStatus } from './trail.ts';

/** A trail delivers within about 5 minutes where there is any activity; an hour without a file is silence. */
const SILENT_MS = 60 * 60 * 1000;
/** Digests are hourly; CloudTrail writes them also for hours without events. */
const DIGEST_LATE_MS = 3 * 60 * 60 * 1000;

/** What a problem is said of: the trail, in a Region, on a day. A fault that lasts is a finding again the next day. */
interface Scene {
  readonly arn: string;
  readonly region: string;
  readonly now: number;
}

const minutesSince = (time: string, now: number): number => Math.round((now - Date.parse(time)) / 60_000);

const problem = (
  { arn, region, now }: Scene,
  what: Pick<HealthProblem, 'code' | 'severity' | 'title' | 'summary' | 'nextSteps' | 'details'>,
): HealthProblem => {
  const account = parseTrailArn(arn)?.account;
  return {
    ...what,
    about: [arn, region, new Date(now).toISOString().slice(0, 10)],
    ...(account === undefined ? {} : { account }),
    region,
    resources: [arn],
  };
};

const lookInto = (arn: string, call: string): string => `aws cloudtrail ${call} ${arn}`;

/** The problem that an answer other than `found` is. */
export const unansweredProblem = (
  scene: Scene,
  what: string,
  answer: TrailAnswer<unknown>,
): readonly HealthProblem[] => {
  if (answer.kind === 'found') return [];
  if (answer.kind === 'missing')
    return [
      problem(scene, {
        code: 'TRAIL_MISSING',
        severity: 'critical',
        title: 'The trail does not exist',
        summary: `CloudTrail knows no trail ${scene.arn} in ${scene.region}: nothing is recorded by it.`,
        nextSteps: ['Find who deleted it: look for DeleteTrail in the event history', 'Restore the trail'],
      }),
    ];
  return [
    problem(scene, {
      code: 'TRAIL_UNREADABLE',
      severity: 'medium',
      title: 'The trail cannot be examined',
      summary: `CloudTrail refused to show the ${what} of ${scene.arn} in ${scene.region}: ${answer.reason}`,
      nextSteps: ['Allow the role of on-schedule to read the trail (docs/deploy.md, "A trail in another account")'],
    }),
  ];
};

/** What a trail's status in one Region says against it. */
export const statusProblems = (scene: Scene, status: TrailStatus): readonly HealthProblem[] => {
  const { arn, region, now } = scene;
  const found: HealthProblem[] = [];
  const say = (code: string, severity: HealthProblem['severity'], title: string, summary: string) =>
    found.push(
      problem(scene, {
        code,
        severity,
        title,
        summary,
        nextSteps: [lookInto(arn, `get-trail-status --region ${region} --name`)],
      }),
    );
  if (!status.isLogging)
    say('TRAIL_STOPPED', 'critical', 'The trail is stopped', `The trail ${arn} does not log in ${region}.`);
  if (status.latestDeliveryError)
    say(
      'TRAIL_DELIVERY_FAILING',
      'high',
      'CloudTrail cannot deliver log files',
      `Delivery of ${arn} from ${region} fails with ${status.latestDeliveryError}; CloudTrail tries for 30 days.`,
    );
  if (status.latestDigestDeliveryError)
    say(
      'TRAIL_DIGEST_FAILING',
      'high',
      'CloudTrail cannot deliver digests',
      `Digests of ${arn} from ${region} fail with ${status.latestDigestDeliveryError}; hours without one are unproven.`,
    );
  if (status.latestNotificationError)
    say(
      'TRAIL_NOTIFICATION_FAILING',
      'medium',
      'CloudTrail cannot notify its topic',
      `Notifications of ${arn} from ${region} fail with ${status.latestNotificationError}.`,
    );
  if (status.isLogging && status.latestDelivery && now - Date.parse(status.latestDelivery) > SILENT_MS)
    say(
      'TRAIL_SILENT',
      'high',
      'The trail has gone silent',
      `The last log file of ${arn} from ${region} came ${minutesSince(status.latestDelivery, now)} minutes ago.`,
    );
  if (status.isLogging && status.latestDigestDelivery && now - Date.parse(status.latestDigestDelivery) > DIGEST_LATE_MS)
    say(
      'TRAIL_DIGEST_LATE',
      'high',
      'No digest for three hours',
      `The last digest of ${arn} from ${region} came ${minutesSince(status.latestDigestDelivery, now)} minutes ago.`,
    );
  return found;
};

/** What a trail's settings say against it: Trailwarden reads another bucket, or the logs can no longer be proven. */
export const settingsProblems = (
  scene: Scene,
  settings: TrailSettings,
  expected: { readonly buckets: readonly string[] },
): readonly HealthProblem[] => {
  const reasons = [
    expected.buckets.includes(settings.bucket) ? '' : `it delivers to ${settings.bucket}, which is not watched`,
    settings.validatesLogFiles ? '' : 'log file validation is off: no digests are written',
    settings.isMultiRegion ? '' : 'it records one Region only',
    settings.includesGlobalServices ? '' : 'it leaves out global services (IAM, STS)',
  ].filter((reason) => reason !== '');
  if (reasons.length === 0) return [];
  return [
    problem(scene, {
      code: 'TRAIL_WEAK',
      severity: 'high',
      title: 'The trail does not record or prove everything',
      summary: `The trail ${scene.arn} has gaps: ${reasons.join('; ')}.`,
      details: { ...settings },
      nextSteps: [lookInto(scene.arn, 'get-trail --name'), 'Correct it with aws cloudtrail update-trail'],
    }),
  ];
};

const managementOf = (selector: Json): 'all' | 'part' | 'none' => {
  const fields = own(selector, 'FieldSelectors');
  if (Array.isArray(fields)) {
    const category = fields.find((field: Json) => own(field, 'Field') === 'eventCategory');
    const equals = own(category, 'Equals');
    if (!Array.isArray(equals) || !equals.includes('Management')) return 'none';
    return fields.length === 1 ? 'all' : 'part';
  }
  if (own(selector, 'IncludeManagementEvents') !== true) return 'none';
  const excluded = own(selector, 'ExcludeManagementEventSources');
  const whole = own(selector, 'ReadWriteType') === 'All' && (!Array.isArray(excluded) || excluded.length === 0);
  return whole ? 'all' : 'part';
};

/** Whether event selectors record all management events, some, or none. No selectors at all is CloudTrail's default: all. */
export const managementEvents = (selectors: Json): 'all' | 'part' | 'none' => {
  const lists = isJsonObject(selectors)
    ? [own(selectors, 'EventSelectors'), own(selectors, 'AdvancedEventSelectors')]
    : [];
  const each = lists.flatMap((list) => (Array.isArray(list) ? list.map(managementOf) : []));
  if (each.length === 0 || each.includes('all')) return 'all';
  return each.includes('part') ? 'part' : 'none';
};

/** What the event selectors say against the trail, and whether they differ from those seen before (canonical text). */
export const selectorProblems = (scene: Scene, selectors: Json, before: Json | undefined): readonly HealthProblem[] => {
  const nextSteps = [
    lookInto(scene.arn, 'get-event-selectors --trail-name'),
    'Find the PutEventSelectors call and its caller',
  ];
  const found: HealthProblem[] = [];
  if (managementEvents(selectors) === 'none')
    found.push(
      problem(scene, {
        code: 'TRAIL_BLIND',
        severity: 'critical',
        title: 'The trail records no management events',
        summary: `The event selectors of ${scene.arn} leave out management events: most attacks would go unrecorded.`,
        details: { selectors },
        nextSteps,
      }),
    );
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(selectors))
    found.push({
      ...problem(scene, {
        code: 'TRAIL_SELECTORS_CHANGED',
        severity: 'high',
        title: 'What the trail records was changed',
        summary: `The event selectors of ${scene.arn} differ from those at the last examination.`,
        details: { before, after: selectors },
        nextSteps,
      }),
      about: [scene.arn, JSON.stringify(before), JSON.stringify(selectors), String(Math.floor(scene.now / 900_000))],
    });
  return found;
};
