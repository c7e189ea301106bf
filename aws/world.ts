import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { HeadObject, ListObjects, ListPublicKeys, ReadObject, Requeue } from '../engine/ports.ts';
import type { PublishWorld } from '../engine/publish-findings.ts';
import type { RuleSet } from '../engine/rule/rule.ts';
import type { ScanWorld } from '../engine/scan-log-file.ts';
import type { RecordsWorld } from '../engine/scan-records.ts';
import { clientOptions, needsPathStyle, objectClientOptions, perRegion } from './client-options.ts';
import { publicKeyLister } from './keys.ts';
import { dynamoLedger } from './ledger.ts';
import { type ClientFor, objectHeader, objectLister, objectReader } from './object-store.ts';
import { enqueueObjects } from './queue.ts';
import { assumedRole } from './reader-role.ts';
import { readRuleFile } from './rule-file.ts';
import type { Settings } from './settings.ts';
import { topicPublisher } from './topic.ts';

// Each function wires only what it uses: what it does not is left out of its bundle.

const s3Clients = ({ readerRoleArn }: Pick<Settings, 'readerRoleArn'>): ClientFor => {
  const role =
    readerRoleArn === undefined ? {} : { credentials: assumedRole(new STSClient(clientOptions), readerRoleArn) };
  return perRegion((region) => {
    const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
    const forcePathStyle = needsPathStyle(endpoint);
    const place = { forcePathStyle, ...(region === undefined ? {} : { region }) };
    return new S3Client({ ...objectClientOptions, ...place, ...role });
  });
};

/** Ledger, topic and clock: what publishing needs. */
export const publishWorld = ({ table, findingsTopicArn, ocsf }: Settings): PublishWorld => ({
  ledger: dynamoLedger(new DynamoDBClient(clientOptions), table),
  publish: topicPublisher(new SNSClient(clientOptions), findingsTopicArn, { ocsf }),
  clock: () => Date.now(),
  newOwner: randomUUID,
  pause: setTimeout,
});

/** Publishing and rules: what a record needs that comes without a file. */
export const recordsWorld = (settings: Settings, ruleSet: RuleSet): RecordsWorld => ({
  ...publishWorld(settings),
  ruleSet,
});

/** What a log file needs. */
export const scanWorld = (settings: Settings, ruleSet: RuleSet): ScanWorld => ({
  ...recordsWorld(settings, ruleSet),
  ...objectsWorld(settings),
  limits: settings,
});

/** Reading and listing objects. */
export const objectsWorld = (
  settings: Pick<Settings, 'bucketOwner' | 'readerRoleArn'>,
): { readonly readObject: ReadObject; readonly headObject: HeadObject; readonly listObjects: ListObjects } => {
  const clientFor = s3Clients(settings);
  return {
    readObject: objectReader(clientFor, settings),
    headObject: objectHeader(clientFor, settings),
    listObjects: objectLister(clientFor, settings),
  };
};

/** Putting objects on a queue, to be read (again). The endpoint is the SDK's, so that AWS_ENDPOINT_URL holds here too. */
export const requeueTo = (queueUrl: string): Requeue =>
  enqueueObjects(new SQSClient({ ...clientOptions, useQueueUrlAsEndpoint: false }), queueUrl);

/** One CloudTrail client per Region. */
export const cloudTrailClients = (): ((region: string | undefined) => CloudTrailClient) =>
  perRegion((region) => new CloudTrailClient({ ...clientOptions, ...(region === undefined ? {} : { region }) }));

/** CloudTrail's public keys, asked for in the Region that signed. */
export const publicKeys = (): ListPublicKeys => publicKeyLister(cloudTrailClients());

/** The rules beside the bundle, or where `TRAILWARDEN_RULES_FILE` says. */
export const loadRules = ({ rulesFile }: Pick<Settings, 'rulesFile'>): ReturnType<typeof readRuleFile> =>
  readRuleFile(rulesFile ?? fileURLToPath(new URL('rules.json', import.meta.url)));
