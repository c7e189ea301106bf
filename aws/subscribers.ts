import { ListSubscriptionsByTopicCommand, type SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A subscription of the findings topic. */
export interface Subscriber {
  readonly protocol: string;
  readonly endpoint: string;
  /** False until the receiver has answered SNS's first message. */
  readonly confirmed: boolean;
}

/** Subscriptions of a topic, without Trailwarden's own canary queue. */
export const listSubscribers = async (
  client: SNSClient,
  topicArn: string,
  canaryQueueArn: string | undefined,
): Promise<readonly Subscriber[]> => {
  const found: Subscriber[] = [];
  let token: string | undefined;
  do {
    const input = { TopicArn: topicArn, ...(token === undefined ? {} : { NextToken: token }) };
    const page = await client.send(new ListSubscriptionsByTopicCommand(input));
    // SNS writes `PendingConfirmation` (or `Deleted`) where a confirmed subscription has its ARN.
    for (const { Protocol = '', Endpoint = '', SubscriptionArn = '' } of page.Subscriptions ?? [])
      if (Endpoint !== canaryQueueArn)
        found.push({ protocol: Protocol, endpoint: Endpoint, confirmed: SubscriptionArn.startsWith('arn:') });
    token = page.NextToken;
  } while (token !== undefined && token !== '');
  return found;
};

/** ARN of a queue, and messages that wait on it (those being read not counted; SQS's number is approximate). */
export const readQueue = async (
  client: SQSClient,
  queueUrl: string,
): Promise<{ readonly arn: string; readonly waiting: number }> => {
  const input = { QueueUrl: queueUrl, AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages'] as const };
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ ...input, AttributeNames: [...input.AttributeNames] }),
  );
  return { arn: Attributes.QueueArn ?? '', waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0) };
};
