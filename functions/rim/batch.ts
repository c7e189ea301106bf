import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { reportFault } from './report.ts';
import { count, logger, withTelemetry } from './telemetry.ts';

/**
 * A handler of queue messages. A message whose `take` throws is reported alone and stays on the queue; the others are
 * done. A batch that fails as a whole is reported message by message too: throwing would say less and cost the same.
 */
export const queueHandler = (take: (message: SQSRecord) => Promise<void>) =>
  withTelemetry<SQSEvent, SQSBatchResponse>((event) => {
    const takeOne = async (message: SQSRecord): Promise<void> => {
      try {
        await take(message);
      } catch (error) {
        count('MessagesFailed', 1);
        reportFault(error);
        const receives = message.attributes?.ApproximateReceiveCount;
        logger.error('A message stays on its queue', { messageId: message.messageId, receives, ...faultOf(error) });
        throw error;
      }
    };
    // One processor per call: it keeps the batch it works on.
    const processor = new BatchProcessor(EventType.SQS, { logger: quiet });
    return processPartialResponse(event, takeOne, processor, { throwOnFullBatchFailure: false });
  });

/** Failures were said above, with their message id. */
const quiet = { debug: () => undefined, warn: () => undefined, error: () => undefined };

/** Not the error itself: it carries reports, and a log line should stay one. */
const faultOf = (error: unknown): { readonly reason: string; readonly stack?: string } => {
  if (!(error instanceof Error)) return { reason: String(error) };
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return { reason: `${error.name}: ${error.message}`.slice(0, 4000), stack: (root.stack ?? '').slice(0, 4000) };
};
