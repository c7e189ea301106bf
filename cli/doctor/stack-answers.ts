import type { Deployment } from '../../aws/deployment.ts';
import type { Operator } from '../../aws/operator.ts';
import { parseTrailArn } from '../../engine/trail/trail.ts';
import {
  managementEvents,
  settingsProblems,
  statusProblems,
  unansweredProblem,
} from '../../engine/trail/trail-problems.ts';
import type { Answer } from './answer.ts';

/** Is the stack itself in a settled state? */
export const stackAnswers = ({ stack, status }: Deployment): readonly Answer[] => {
  const settled = /^(CREATE|UPDATE)_COMPLETE$/.test(status);
  const question = 'Is the stack deployed?';
  if (settled) return [{ question, verdict: 'ok', answer: status }];
  return [
    {
      question,
      verdict: 'problem',
      answer: status,
      todo: `aws cloudformation describe-stack-events --stack-name ${stack}`,
    },
  ];
};

/** Does the trail log, deliver and record everything? */
export const trailAnswers = async (
  { trailArn: arn, bucket }: Deployment,
  { trail }: Operator,
  now: number,
): Promise<readonly Answer[]> => {
  const question = 'Does the trail record and deliver?';
  const place = arn === undefined ? undefined : parseTrailArn(arn);
  if (trail === undefined || arn === undefined || place === undefined)
    return [{ question, verdict: 'advice', answer: 'no trail is configured', todo: 'Deploy with --param trailArn=…' }];
  const scene = { arn, region: place.homeRegion, now };
  const settings = await trail.settings();
  // A trail that is gone has no status to ask for.
  const gone = settings.kind === 'missing';
  const status = gone ? settings : await trail.status(place.homeRegion);
  const selectors = gone ? settings : await trail.selectors();
  const problems = [
    ...unansweredProblem(scene, 'settings', settings),
    ...(settings.kind === 'found' ? settingsProblems(scene, settings.value, { buckets: [bucket] }) : []),
    ...(status.kind === 'found' ? statusProblems(scene, status.value) : []),
  ];
  const said = problems.map(({ code, summary, nextSteps }): Answer => {
    const verdict = code === 'TRAIL_UNREADABLE' ? 'unknown' : 'problem';
    return { question, verdict, answer: summary, todo: nextSteps.join('; ') };
  });
  const events = selectors.kind === 'found' ? managementEvents(selectors.value) : 'all';
  const recorded = 'Are all management events recorded?';
  const todo = `aws cloudtrail get-event-selectors --trail-name ${arn}`;
  if (events !== 'all') said.push({ question: recorded, verdict: 'problem', answer: `${events} of them`, todo });
  const latest = status.kind === 'found' ? (status.value.latestDelivery ?? 'never') : 'unknown';
  return said.length > 0 ? said : [{ question, verdict: 'ok', answer: `last delivery ${latest}` }];
};

/** Who receives findings? */
export const subscriberAnswers = async (
  { findingsTopicArn }: Deployment,
  { subscribers }: Operator,
): Promise<readonly Answer[]> => {
  const question = 'Does anyone receive findings?';
  const all = await subscribers();
  const confirmed = all.filter((subscriber) => subscriber.confirmed);
  const pending = all.length - confirmed.length;
  const answer = `${confirmed.length} confirmed, ${pending} pending`;
  if (confirmed.length === 0)
    return [{ question, verdict: 'problem', answer, todo: `Subscribe to ${findingsTopicArn}, and confirm` }];
  if (pending > 0)
    return [{ question, verdict: 'advice', answer, todo: 'Have the pending subscriptions confirmed, or remove them' }];
  return [{ question, verdict: 'ok', answer }];
};

const BACKLOG = 1000;

/** What waits on the queues, and what was given up? */
export const queueAnswers = async (deployment: Deployment, operator: Operator): Promise<readonly Answer[]> => {
  const deliveries = await operator.waiting(deployment.deliveriesQueueUrl);
  const digests = await operator.waiting(deployment.digestsQueueUrl);
  const dead = [
    { name: 'deliveries', arn: deployment.deliveriesDeadLettersArn },
    { name: 'digests', arn: deployment.digestsDeadLettersArn },
  ];
  const given = await Promise.all(
    dead.map(async ({ name, arn }) => ({ name, arn, count: await operator.waitingOn(arn) })),
  );
  const backlog = `${deliveries} notifications and ${digests} digests wait`;
  const waiting: Answer =
    deliveries + digests > BACKLOG
      ? {
          question: 'Is there a backlog?',
          verdict: 'advice',
          answer: backlog,
          todo: 'Look at the dashboard: errors, throttles',
        }
      : { question: 'Is there a backlog?', verdict: 'ok', answer: backlog };
  return [
    waiting,
    ...given.map(({ name, arn, count }): Answer => {
      const question = `Was anything given up (${name})?`;
      if (count === 0) return { question, verdict: 'ok', answer: 'no' };
      const todo = `Mend the cause, then: aws sqs start-message-move-task --source-arn ${arn}`;
      return { question, verdict: 'problem', answer: `${count} messages`, todo };
    }),
  ];
};
