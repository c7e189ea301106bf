import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type ObjectLocation, showLocation } from '../engine/record/location.ts';

/** Why an object is put on a queue again; stands in the message's `eventName`, where S3 says how an object came. */
export type Requeued = 'Requeue' | 'Backfill';

/** The most messages of one SendMessageBatch (SQS API reference). */
const BATCH = 10;

/** Messages SQS did not take. Those before were sent: sending all of them again repeats no finding. */
export class NotQueuedError extends Error {
  override readonly name = 'NotQueuedError';
}

/**
 * An S3 notification as S3 would send it for the object, so that whatever reads the queue knows it already. Keys are
 * form-encoded as S3 does: `+` for a space.
 */
export const s3Message = ({ bucket, key, versionId }: ObjectLocation, why: Requeued): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: `ObjectCreated:${why}`,
        s3: {
          bucket: { name: bucket },
          object: {
            key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
            ...(versionId === undefined ? {} : { versionId }),
          },
        },
      },
    ],
  });

/**
 * Puts objects on a queue, ten messages a call.
 *
 * @throws NotQueuedError naming the first object SQS refused (SendMessageBatch fails per entry, with HTTP 200)
 */
export const enqueueObjects =
  (client: SQSClient, queueUrl: string, why: Requeued = 'Requeue') =>
  async (locations: readonly ObjectLocation[]): Promise<void> => {
    for (let at = 0; at < locations.length; at += BATCH) {
      const some = locations.slice(at, at + BATCH);
      const Entries = some.map((location, index) => ({ Id: String(index), MessageBody: s3Message(location, why) }));
      const { Failed: failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      const [first] = failed;
      const location = some[Number(first?.Id)];
      if (first !== undefined && location !== undefined)
        throw new NotQueuedError(
          `${showLocation(location)} and ${locations.length - at - 1} more may not be on ${queueUrl}: ${first.Code} ${first.Message ?? ''}`,
        );
    }
  };
