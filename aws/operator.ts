import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Ledger } from '../engine/ledger/ledger.ts';
import type { ListObjects, Publish, Requeue } from '../engine/ports.ts';
import type { TrailReader } from '../engine/trail/trail.ts';
import { type BucketPosture, readBucketPosture } from './bucket-posture.ts';
import { clientOptions, needsPathStyle } from './client-options.ts';
import type { Deployment } from './deployment.ts';
import { dynamoLedger } from './ledger.ts';
import { enqueueObjects } from './queue.ts';
import { listSubscribers, readQueue, type Subscriber } from './subscribers.ts';
import { topicPublisher } from './topic.ts';
import { trailReader } from './trail-reader.ts';
import { objectsWorld } from './world.ts';

/** What an operator's commands do to a deployment, with the operator's own credentials. */
export interface Operator {
  readonly publish: Publish;
  readonly ledger: Ledger;
  readonly listObjects: ListObjects;
  /** Puts log files on the deliveries queue as a replay. */
  readonly backfill: Requeue;
  readonly subscribers: () => Promise<readonly Subscriber[]>;
  /** Messages that wait on a queue, by URL. */
  readonly waiting: (queueUrl: string) => Promise<number>;
  /** The same, by ARN: dead-letter queues. */
  readonly waitingOn: (queueArn: string) => Promise<number>;
  readonly bucket: () => Promise<BucketPosture>;
  readonly trail?: TrailReader;
}

/** Wires an operator's commands to a deployment. */
export const operatorOf = (deployment: Deployment): Operator => {
  const { bucket, bucketOwner, trailArn, readerRoleArn } = deployment;
  const sqs = new SQSClient({ ...clientOptions, useQueueUrlAsEndpoint: false });
  const sns = new SNSClient(clientOptions);
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  const s3 = new S3Client({ ...clientOptions, forcePathStyle: needsPathStyle(endpoint), followRegionRedirects: true });
  const waiting = async (queueUrl: string): Promise<number> => (await readQueue(sqs, queueUrl)).waiting;
  return {
    publish: topicPublisher(sns, deployment.findingsTopicArn, { ocsf: true }),
    ledger: dynamoLedger(new DynamoDBClient(clientOptions), deployment.table),
    listObjects: objectsWorld({ bucketOwner, ...(readerRoleArn === undefined ? {} : { readerRoleArn }) }).listObjects,
    backfill: enqueueObjects(sqs, deployment.deliveriesQueueUrl, 'Backfill'),
    subscribers: async () => {
      const { arn } = await readQueue(sqs, deployment.canaryQueueUrl);
      return listSubscribers(sns, deployment.findingsTopicArn, arn);
    },
    waiting,
    waitingOn: async (queueArn) => {
      const QueueName = queueArn.split(':').at(-1);
      const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      return waiting(QueueUrl);
    },
    bucket: () => readBucketPosture(s3, bucket, bucketOwner),
    ...(trailArn === undefined
      ? {}
      : { trail: trailReader((region) => new CloudTrailClient({ ...clientOptions, region }), trailArn) }),
  };
};
