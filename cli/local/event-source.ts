import type { EmbeddedClients, EmbeddedQueue, QueueMessage } from '../../aws/embedded.ts';
import { isJsonObject } from '../../engine/record/json.ts';

/** A Lambda handler, as far as an SQS event source calls it: an event in, failed message ids out. */
export type QueueHandler = (
  event: ReturnType<typeof sqsEvent>,
  context: ReturnType<typeof lambdaContext>,
) => Promise<unknown>;

export interface EventSourceOptions {
  /** Seconds until a failed message is tried again. Lambda waits the visibility timeout; someone is watching here. */
  readonly retrySeconds: number;
  /** Called when the handler throws: the whole batch failed. */
  readonly onFault: (queue: EmbeddedQueue, error: unknown) => void;
}

/** A queue being read by a function. */
export interface EventSource {
  readonly queue: EmbeddedQueue;
  /** Stops after the batch under way. */
  readonly stop: () => Promise<void>;
}

/** The SQS event Lambda's event source mapping makes of messages. */
export const sqsEvent = ({ arn }: EmbeddedQueue, messages: readonly QueueMessage[]) => ({
  Records: messages.map(({ messageId, receiptHandle, body, attributes }) => ({
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: attributes['ApproximateReceiveCount'] ?? '1',
      SentTimestamp: attributes['SentTimestamp'] ?? '0',
      SenderId: attributes['SenderId'] ?? 'local',
      ApproximateFirstReceiveTimestamp: attributes['ApproximateFirstReceiveTimestamp'] ?? '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: arn.split(':')[3] ?? '',
  })),
});

/** As much of a Lambda context as middleware reads. */
const lambdaContext = (functionName: string) => ({
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
  memoryLimitInMB: '1769',
  awsRequestId: 'local',
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: 'local',
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => 60_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});

/** Ids of failed messages out of a partial batch response; anything else a handler may return means none failed. */
const failedIds = (result: unknown): ReadonlySet<string> => {
  const failures = isJsonObject(result) ? result['batchItemFailures'] : undefined;
  const ids = Array.isArray(failures)
    ? failures.map((failure: unknown) => isJsonObject(failure) && failure['itemIdentifier'])
    : [];
  return new Set(ids.filter((id) => typeof id === 'string'));
};

const runBatch = async (
  clients: EmbeddedClients,
  queue: EmbeddedQueue,
  messages: readonly QueueMessage[],
  handler: QueueHandler,
  { retrySeconds, onFault }: EventSourceOptions,
): Promise<void> => {
  let failed: ReadonlySet<string>;
  try {
    failed = failedIds(await handler(sqsEvent(queue, messages), lambdaContext(queue.name)));
  } catch (error) {
    failed = new Set(messages.map(({ messageId }) => messageId));
    onFault(queue, error);
  }
  await Promise.all(
    messages.map(({ messageId, receiptHandle }) =>
      failed.has(messageId)
        ? clients.retryIn(queue.url, receiptHandle, retrySeconds)
        : clients.remove(queue.url, receiptHandle),
    ),
  );
};

/**
 * Reads a queue as Lambda's SQS event source mapping with ReportBatchItemFailures does: batches of at most ten go to the
 * handler; what did not fail is deleted, what failed stays and moves to the dead-letter queue after its last receive.
 */
export const startEventSource = (
  clients: EmbeddedClients,
  queue: EmbeddedQueue,
  handler: QueueHandler,
  options: EventSourceOptions,
): EventSource => {
  const stopping = new AbortController();
  const read = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const messages = await clients.receive(queue.url, 1, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
        return [];
      });
      if (messages.length > 0) await runBatch(clients, queue, messages, handler, options);
    }
  };
  const done = read();
  // Not an unhandled rejection meanwhile: whoever stops the source hears of it.
  done.catch(() => stopping.abort());
  return {
    queue,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
};

/** Resolves when no message of the queues waits or is under way. Failing ones are waited for until they are given up. */
export const untilEmpty = async (clients: EmbeddedClients, queues: readonly EmbeddedQueue[]): Promise<void> => {
  for (let quiet = 0; quiet < 2; ) {
    const depths = await Promise.all(queues.map(({ url }) => clients.depth(url)));
    // Twice: a handler may put on a queue counted before what it took off one counted after.
    quiet = depths.every(({ waiting, inFlight }) => waiting + inFlight === 0) ? quiet + 1 : 0;
    if (quiet < 2) await new Promise((resolve) => setTimeout(resolve, 40));
  }
};
