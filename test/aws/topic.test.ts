import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { PublishError, topicPublisher } from '../../aws/topic.ts';
import { healthFinding } from '../../engine/finding/health.ts';
import { findingMessage } from '../../engine/finding/message.ts';

const sns = mockClient(SNSClient);
const arn = 'arn:aws:sns:us-east-1:123456789012:findings';
const publish = topicPublisher(new SNSClient({ region: 'us-east-1' }), arn, { ocsf: true });
const finding = healthFinding(
  { code: 'FILE_MISSING', severity: 'high', title: 'Gone', summary: 'It is gone.', about: ['x'], nextSteps: [] },
  { via: 'delivered' },
  '2026-03-05T00:00:00.000Z',
);

beforeEach(() => sns.reset());

describe('publishing a finding', () => {
  it('is one String message with its attributes, never a JSON-structured one', async () => {
    sns.on(PublishCommand).resolves({});
    await publish(finding);
    const { subject, body, attributes } = findingMessage(finding, { ocsf: true });
    const { input } = sns.commandCalls(PublishCommand)[0]?.args[0] ?? { input: undefined };
    expect(input).toEqual({
      TopicArn: arn,
      Subject: subject,
      Message: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, StringValue: value }]),
      ),
    });
    expect(input?.MessageAttributes).toMatchObject({ severity: { DataType: 'String', StringValue: 'high' } });
  });

  it('that the topic did not take throws, naming topic and finding', async () => {
    sns.on(PublishCommand).rejects(Object.assign(new Error('no'), { name: 'KMSAccessDeniedException' }));
    const failed = publish(finding);
    await expect(failed).rejects.toBeInstanceOf(PublishError);
    await expect(failed).rejects.toThrow(new RegExp(`${arn}.*${finding.id}.*KMSAccessDeniedException: no`));
  });
});
