import type { Finding } from '../finding/finding.ts';
import { type HealthProblem, healthFinding } from '../finding/health.ts';
import { type ObjectLocation, showLocation } from '../record/location.ts';

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);
const placeOf = (arn: string): { readonly account: string; readonly region: string } => {
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region };
};

/** Objects named in one finding; the others are counted. */
const MOST_NAMED = 20;

/** Nobody receives findings. Published all the same: the alarm on problems is another topic's. */
export const noSubscriber = (topicArn: string, now: number): HealthProblem => ({
  code: 'NO_SUBSCRIBER',
  severity: 'high',
  title: 'Nobody receives findings',
  summary: `The findings topic ${topicArn} has no confirmed subscription.`,
  about: [topicArn, dayOf(now)],
  ...placeOf(topicArn),
  resources: [topicArn],
  nextSteps: [
    'Confirm the pending subscription, or subscribe again (docs/deploy.md)',
    'Anyone with a mailed finding can unsubscribe by its link, and CloudTrail does not record that',
  ],
});

/** What was published did not arrive at the canary's own queue. */
export const canaryLost = (topicArn: string, now: number): HealthProblem => ({
  code: 'CANARY_LOST',
  severity: 'high',
  title: 'A test finding did not arrive',
  summary: `No test finding came through ${topicArn} to its own queue for 36 hours.`,
  about: [topicArn, dayOf(now)],
  ...placeOf(topicArn),
  resources: [topicArn],
  nextSteps: [
    'Run trailwarden doctor: it looks at the topic, its key and its subscriptions',
    'Look at the subscription of the canary queue, and at the key policy for sns.amazonaws.com',
  ],
});

/** Log files in the bucket that were put on the queue again and are still not in the ledger; none: no problem. */
export const unscannedFiles = (
  account: string,
  overdue: readonly ObjectLocation[],
  now: number,
): readonly HealthProblem[] => {
  const [first] = overdue;
  if (first === undefined) return [];
  return [
    {
      code: 'FILES_UNSCANNED',
      severity: 'high',
      title: 'Log files are not scanned',
      summary: `${overdue.length} log files wait unscanned for over an hour, the first is ${showLocation(first)}.`,
      about: [first.bucket, account, new Date(now).toISOString().slice(0, 13)],
      account,
      resources: overdue.slice(0, MOST_NAMED).map(showLocation),
      details: { files: overdue.length },
      nextSteps: [
        'They were put on the deliveries queue again; look at its dead-letter queue and at the errors of on-delivery',
        'Look whether the bucket still notifies the queue: trailwarden doctor',
      ],
    },
  ];
};

/** The test finding of a day: the same id all day, so that the ledger lets one through. */
export const canaryFinding = (topicArn: string, now: number): Finding =>
  healthFinding(
    {
      code: 'CANARY',
      severity: 'informational',
      title: 'Daily test finding',
      summary: 'Trailwarden can reach its ledger, its key and this topic.',
      about: [topicArn, dayOf(now)],
      ...placeOf(topicArn),
      nextSteps: [
        'Nothing to do. Parameter canary=false turns it off; a filter on findingType keeps it from a subscriber',
      ],
      isTest: true,
    },
    { via: 'live' },
    new Date(now).toISOString(),
  );

/** A finding made by hand, to see who receives it. Never the same twice. */
export const handMadeFinding = (topicArn: string, now: number, by: string): Finding =>
  healthFinding(
    {
      code: 'TEST',
      severity: 'informational',
      title: 'Test finding',
      summary: `${by} sent this to see who receives findings.`,
      about: [topicArn, String(now)],
      ...placeOf(topicArn),
      nextSteps: ['Nothing to do'],
      isTest: true,
    },
    { via: 'live' },
    new Date(now).toISOString(),
  );
