import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { ExaminationTarget, ExaminationWorld } from '../engine/examine-trail.ts';
import { clientOptions } from './client-options.ts';
import type { ScheduleSettings } from './schedule-settings.ts';
import { selectorsSeen } from './selectors-seen.ts';
import type { Settings } from './settings.ts';
import { listSubscribers, readQueue } from './subscribers.ts';
import { trailReader } from './trail-reader.ts';
import { objectsWorld, publishWorld, requeueTo } from './world.ts';

/** Wires the examination of a deployment. */
export const examinationWorld = (settings: Settings, schedule: ScheduleSettings): ExaminationWorld => {
  const { trailArn, findingsTopicArn } = settings;
  const sqs = new SQSClient({ ...clientOptions, useQueueUrlAsEndpoint: false });
  const sns = new SNSClient(clientOptions);
  const canaryQueue = () => readQueue(sqs, schedule.canaryQueueUrl);
  return {
    ...publishWorld(settings),
    listObjects: objectsWorld(settings).listObjects,
    requeue: requeueTo(settings.deliveriesQueueUrl),
    selectorsSeen: selectorsSeen(new DynamoDBClient(clientOptions), settings.table),
    countSubscribers: async () => {
      const { arn } = await canaryQueue();
      const subscribers = await listSubscribers(sns, findingsTopicArn, arn);
      return subscribers.filter(({ confirmed }) => confirmed).length;
    },
    ...(schedule.canary ? { countCanaries: async () => (await canaryQueue()).waiting } : {}),
    ...(trailArn === undefined
      ? {}
      : { trail: trailReader((region) => new CloudTrailClient({ ...clientOptions, region }), trailArn) }),
  };
};

/** What is examined, as the settings say. */
export const examinationTarget = (settings: Settings, { regions }: ScheduleSettings): ExaminationTarget => ({
  regions,
  buckets: settings.buckets,
  prefix: settings.prefix,
  topicArn: settings.findingsTopicArn,
  ...(settings.trailArn === undefined ? {} : { trailArn: settings.trailArn }),
  ...(settings.organizationId === undefined ? {} : { organization: settings.organizationId }),
});
