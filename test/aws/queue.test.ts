import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { enqueueObjects, NotQueuedError, s3Message } from '../../aws/queue.ts';

const sqs = mockClient(SQSClient);
const url = 'https://sqs.us-east-1.amazonaws.com/123456789012/deliveries';
const enqueue = enqueueObjects(new SQSClient({ region: 'us-east-1' }), url);
const locations = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ bucket: 'trail', key: `k${index}` }));

beforeEach(() => sqs.reset());

describe('putting objects on a queue', () => {
  it('sends ten messages a call, none twice', async () => {
    sqs.on(SendMessageBatchCommand).resolves({});
    await enqueue(locations(23));
    const calls = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input);
    expect(calls.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 3]);
    expect(calls.flatMap(({ Entries = [] }) => Entries.map(({ MessageBody }) => MessageBody))).toEqual(
      locations(23).map((location) => s3Message(location, 'Requeue')),
    );
    expect(calls.every(({ QueueUrl }) => QueueUrl === url)).toBe(true);
  });

  it('sends nothing for nothing', async () => {
    await enqueue([]);
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(0);
  });

  it('throws when one entry is refused although the call succeeded', async () => {
    sqs.on(SendMessageBatchCommand).resolves({
      Successful: [],
      Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }],
    });
    const failed = enqueue(locations(3));
    await expect(failed).rejects.toBeInstanceOf(NotQueuedError);
    await expect(failed).rejects.toThrow(/s3:\/\/trail\/k1.*InternalError/);
  });
});
