import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { own, textAt } from '../../engine/record/record.ts';
import type { RunningFunction } from './functions.ts';

const receive = async (client: SQSClient, queueUrl: string, most = 10): Promise<readonly Message[]> => {
  const { Messages } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: most, MessageSystemAttributeNames: ['All'] }),
  );
  return Messages ?? [];
};

const remove = (client: SQSClient, queueUrl: string, { ReceiptHandle }: Message) =>
  client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));

/** Messages that wait and that are being read. */
export const depth = async (client: SQSClient, queueUrl: string): Promise<{ waiting: number; inFlight: number }> => {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return {
    waiting: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
};

const sqsEvent = (messages: readonly Message[]): object => ({
  Records: messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ...Attributes },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:e2e',
    awsRegion: 'us-east-1',
  })),
});

export interface Drained {
  readonly taken: number;
  readonly failed: number;
}

/**
 * Does what Lambda's event source mapping does: batches to the function, what did not fail is deleted.
 *
 * @param batchSize as in the template, at most 10
 */
export const drain = async (
  client: SQSClient,
  queueUrl: string,
  reader: RunningFunction,
  batchSize: number,
): Promise<Drained> => {
  let [taken, failed] = [0, 0];
  for (;;) {
    const messages = await receive(client, queueUrl, batchSize);
    if (messages.length === 0) return { taken, failed };
    const result = await reader.invoke(sqsEvent(messages));
    const failures = isJsonObject(result) ? result['batchItemFailures'] : undefined;
    const ids = new Set(Array.isArray(failures) ? failures.map((item: Json) => own(item, 'itemIdentifier')) : []);
    taken += messages.length;
    failed += ids.size;
    await Promise.all(
      messages.filter(({ MessageId = '' }) => !ids.has(MessageId)).map((one) => remove(client, queueUrl, one)),
    );
  }
};

/** A finding as a subscriber reads it, with the attributes its filter would see. */
export interface Received {
  readonly finding: JsonObject;
  readonly attributes: Json | undefined;
}

/** Reads and deletes everything on a queue that is subscribed to the findings topic. */
export const readFindings = async (client: SQSClient, queueUrl: string): Promise<readonly Received[]> => {
  const found: Received[] = [];
  for (;;) {
    const messages = await receive(client, queueUrl);
    if (messages.length === 0) return found;
    for (const message of messages) {
      const envelope: Json = JSON.parse(message.Body ?? 'null');
      const body: Json = JSON.parse(textAt(envelope, 'Message') ?? 'null');
      const finding = own(body, 'finding');
      if (isJsonObject(finding)) found.push({ finding, attributes: own(envelope, 'MessageAttributes') });
      await remove(client, queueUrl, message);
    }
  }
};
