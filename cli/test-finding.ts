import { findDeployment } from '../aws/deployment.ts';
import { operatorOf } from '../aws/operator.ts';
import { handMadeFinding } from '../engine/trail/deployment-problems.ts';
import { terminalText } from './terminal/text.ts';

export interface TestFindingOptions {
  readonly stack: string;
}

/**
 * Publishes a test finding to a deployment's topic and says who should receive it.
 *
 * @returns exit code: 0 published, 1 published but nobody is subscribed
 */
export const run = async ({ stack }: TestFindingOptions): Promise<number> => {
  const deployment = await findDeployment(stack);
  const operator = operatorOf(deployment);
  const finding = handMadeFinding(deployment.findingsTopicArn, Date.now(), 'trailwarden test-finding');
  await operator.publish(finding);
  const subscribers = (await operator.subscribers()).filter(({ confirmed }) => confirmed);
  const lines = subscribers.map(({ protocol, endpoint }) => `  ${protocol} ${terminalText(endpoint)}`);
  process.stdout.write(`Published test finding ${finding.id} to ${deployment.findingsTopicArn}\n`);
  process.stdout.write(
    subscribers.length === 0
      ? 'Nobody receives it: the topic has no confirmed subscription.\n'
      : `${['It goes to:', ...lines].join('\n')}\n`,
  );
  return subscribers.length === 0 ? 1 : 0;
};
