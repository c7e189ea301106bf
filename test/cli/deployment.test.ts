import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudTrailClient, CloudTrailServiceException, GetTrailCommand } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketVersioningCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as backfill } from '../../cli/backfill.ts';
import { run as doctor } from '../../cli/doctor.ts';
import { run as testFinding } from '../../cli/test-finding.ts';
import { isJsonObject } from '../../engine/record/json.ts';

const cloudFormation = mockClient(CloudFormationClient);
const cloudTrail = mockClient(CloudTrailClient);
const dynamo = mockClient(DynamoDBClient);
const s3 = mockClient(S3Client);
const sns = mockClient(SNSClient);
const sqs = mockClient(SQSClient);

const stack = 'trailwarden-prod';
const OUTPUTS = {
  FindingsTopicArn: 'arn:aws:sns:eu-west-1:123456789012:findings',
  AlarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms',
  LedgerTableName: 'ledger',
  KeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
  DeliveriesQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/deliveries',
  DigestsQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/digests',
  CanaryQueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/canary',
  InvocationsDeadLettersUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/dead',
  DeliveriesDeadLettersArn: 'arn:aws:sqs:eu-west-1:123456789012:dead-deliveries',
  DigestsDeadLettersArn: 'arn:aws:sqs:eu-west-1:123456789012:dead-digests',
  LogBucketName: 'trail-logs',
  LogBucketOwnerId: '123456789012',
  LogPrefixOrNone: '-',
  TrailArnOrNone: 'arn:aws:cloudtrail:eu-west-1:123456789012:trail/main',
  ReaderRoleArnOrNone: '-',
};
const FOLDER = 'AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/20';
const keyAt = (minute: string): string =>
  `${FOLDER}/123456789012_CloudTrail_eu-west-1_20261120T${minute}Z_AAAAAAAAAAAAAAAA.json.gz`;

let said = '';
beforeEach(() => {
  said = '';
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const Outputs = Object.entries(OUTPUTS).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  cloudFormation.on(DescribeStacksCommand).resolves({
    Stacks: [{ StackName: stack, CreationTime: new Date(0), StackStatus: 'UPDATE_COMPLETE', Outputs }],
  });
  sqs.on(GetQueueAttributesCommand).resolves({
    Attributes: { QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:canary', ApproximateNumberOfMessages: '0' },
  });
  sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: OUTPUTS.InvocationsDeadLettersUrl });
  sqs.on(SendMessageBatchCommand).resolves({});
  sns.on(ListSubscriptionsByTopicCommand).resolves({
    Subscriptions: [
      { Protocol: 'email', Endpoint: 'team@example.com', SubscriptionArn: `${OUTPUTS.FindingsTopicArn}:1` },
      {
        Protocol: 'sqs',
        Endpoint: 'arn:aws:sqs:eu-west-1:123456789012:canary',
        SubscriptionArn: `${OUTPUTS.FindingsTopicArn}:2`,
      },
    ],
  });
  s3.on(ListObjectsV2Command).resolves({
    Contents: ['0830', '0900', '0930', '1000'].map((minute) => ({ Key: keyAt(minute), Size: 1000 })),
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const mock of [cloudFormation, cloudTrail, dynamo, s3, sns, sqs]) mock.reset();
});

const range = { stack, since: '2026-11-20T09:00:00Z', until: '2026-11-20T10:00:00Z' };
const enqueuedKeys = (): readonly string[] =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args: [{ input }] }) => input.Entries ?? [])
    .flatMap(({ MessageBody = '' }) => JSON.parse(MessageBody).Records)
    .map((record) => (isJsonObject(record) ? JSON.stringify(record) : ''));

describe('backfill', () => {
  it('enqueues the files delivered in the range, as a replay', async () => {
    dynamo.on(GetItemCommand).resolves({});
    expect(await backfill('s3://trail-logs/AWSLogs/', range)).toBe(0);
    expect(
      enqueuedKeys().map((text) => [text.includes('ObjectCreated:Backfill'), /T(\d{4})Z/.exec(text)?.[1]]),
    ).toEqual([
      [true, '0900'],
      [true, '0930'],
    ]);
  });

  it('counts and enqueues nothing with --dry-run', async () => {
    dynamo.on(GetItemCommand).resolves({});
    expect(await backfill('s3://trail-logs', { ...range, dryRun: true })).toBe(0);
    expect(said).toMatch(/^2 log files \(2\.0 KB\) to scan, 0 scanned before\nAbout \$0\.0000/);
    expect(enqueuedKeys()).toEqual([]);
  });

  it.each([
    { target: 'trail-logs', options: range, why: 'expected s3://bucket/prefix' },
    { target: 's3://other/AWSLogs/', options: range, why: 'reads s3://trail-logs and nothing else' },
    {
      target: 's3://trail-logs/',
      options: { ...range, until: '2026-11-20T08:00:00Z' },
      why: '--since must be before --until',
    },
  ])('refuses $target: $why', async ({ target, options, why }) => {
    await expect(backfill(target, options)).rejects.toThrow(why);
  });
});

describe('test-finding', () => {
  it('publishes a finding marked as a test, and names the receivers without the canary', async () => {
    sns.on(PublishCommand).resolves({ MessageId: '1' });
    expect(await testFinding({ stack })).toBe(0);
    const [call] = sns.commandCalls(PublishCommand);
    expect(call?.args[0].input.MessageAttributes?.['findingType']?.StringValue).toBe('test');
    expect(said).toContain('email team@example.com');
    expect(said).not.toContain(':canary');
  });

  it('exits with 1 when nobody receives it', async () => {
    sns.on(PublishCommand).resolves({ MessageId: '1' });
    sns.on(ListSubscriptionsByTopicCommand).resolves({
      Subscriptions: [{ Protocol: 'email', Endpoint: 'team@example.com', SubscriptionArn: 'PendingConfirmation' }],
    });
    expect(await testFinding({ stack })).toBe(1);
  });
});

describe('doctor', () => {
  it('says what is wrong and what to do; a refused question stops no other', async () => {
    cloudTrail.on(GetTrailCommand).rejects(
      new CloudTrailServiceException({
        name: 'TrailNotFoundException',
        $fault: 'client',
        message: 'no',
        $metadata: { httpStatusCode: 400 },
      }),
    );
    s3.on(GetBucketVersioningCommand).rejects(new Error('no network'));
    expect(await doctor({ stack, format: 'json' })).toBe(1);
    const answers: readonly { readonly question: string; readonly verdict: string }[] = JSON.parse(said);
    const verdicts = new Map(answers.map(({ question, verdict }) => [question, verdict]));
    expect(verdicts.get('Does the trail record and deliver?')).toBe('problem');
    expect(verdicts.get('Is the log bucket protected?')).toBe('unknown');
    expect(verdicts.get('Does anyone receive findings?')).toBe('ok');
  });
});

describe('a stack that is not there', () => {
  it('is named, with what to do', async () => {
    cloudFormation.on(DescribeStacksCommand).rejects(
      new CloudFormationServiceException({
        name: 'ValidationError',
        $fault: 'client',
        message: 'does not exist',
        $metadata: {},
      }),
    );
    await expect(doctor({ stack: 'nothing', format: 'table' })).rejects.toThrow(/no stack nothing .*--stack/);
  });

  it('or is another one, is told by its outputs', async () => {
    cloudFormation.on(DescribeStacksCommand).resolves({
      Stacks: [{ StackName: stack, CreationTime: new Date(0), StackStatus: 'CREATE_COMPLETE', Outputs: [] }],
    });
    await expect(testFinding({ stack })).rejects.toThrow('no output FindingsTopicArn');
  });
});
