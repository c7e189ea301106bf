import { describe, expect, it } from 'vitest';
import { needsPathStyle } from '../../aws/client-options.ts';
import { readSettings } from '../../aws/settings.ts';
import { SettingsError } from '../../aws/settings-reader.ts';

const least = {
  TRAILWARDEN_FINDINGS_TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:findings',
  TRAILWARDEN_TABLE: 'ledger',
  TRAILWARDEN_BUCKETS: 'trail-one, trail-two',
  TRAILWARDEN_DELIVERIES_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/deliveries',
  TRAILWARDEN_DIGESTS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/digests',
};

const problemsOf = (env: { readonly [name: string]: string }): readonly string[] => {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    return error instanceof SettingsError ? error.problems : [String(error)];
  }
};

describe('settings', () => {
  it('have defaults for all that is not named', () => {
    expect(readSettings(least)).toEqual({
      findingsTopicArn: least.TRAILWARDEN_FINDINGS_TOPIC_ARN,
      table: 'ledger',
      buckets: ['trail-one', 'trail-two'],
      prefix: '',
      deliveriesQueueUrl: least.TRAILWARDEN_DELIVERIES_QUEUE_URL,
      digestsQueueUrl: least.TRAILWARDEN_DIGESTS_QUEUE_URL,
      ocsf: true,
      maxStoredBytes: 64 * 1024 * 1024,
      maxInflatedBytes: 128 * 1024 * 1024,
    });
  });

  it('take an empty variable for an absent one: CloudFormation cannot leave one out', () => {
    const empty = {
      TRAILWARDEN_PREFIX: '',
      TRAILWARDEN_BUCKET_OWNER: '',
      TRAILWARDEN_OCSF: '',
      TRAILWARDEN_TRAIL_ARN: '',
    };
    expect(readSettings({ ...least, ...empty })).toEqual(readSettings(least));
  });

  it('read what is named', () => {
    expect(
      readSettings({
        ...least,
        TRAILWARDEN_PREFIX: 'logs/',
        TRAILWARDEN_BUCKET_OWNER: '111122223333',
        TRAILWARDEN_TRAIL_ARN: 'arn:aws:cloudtrail:us-east-1:123456789012:trail/main',
        TRAILWARDEN_ORGANIZATION_ID: 'o-exampleorg1',
        TRAILWARDEN_OCSF: 'false',
        TRAILWARDEN_MAX_STORED_MIB: '16',
        TRAILWARDEN_MAX_INFLATED_MIB: '256',
        TRAILWARDEN_RULES_FILE: '/opt/rules.json',
      }),
    ).toMatchObject({
      prefix: 'logs/',
      bucketOwner: '111122223333',
      trailArn: 'arn:aws:cloudtrail:us-east-1:123456789012:trail/main',
      organizationId: 'o-exampleorg1',
      ocsf: false,
      maxStoredBytes: 16 * 1024 * 1024,
      maxInflatedBytes: 256 * 1024 * 1024,
      rulesFile: '/opt/rules.json',
    });
  });

  it('say all that is missing at once', () => {
    expect(problemsOf({}).map((problem) => problem.split(':')[0])).toEqual(Object.keys(least));
  });

  it.each([
    ['TRAILWARDEN_FINDINGS_TOPIC_ARN', 'findings'],
    ['TRAILWARDEN_TABLE', 'a b'],
    ['TRAILWARDEN_BUCKETS', 'good,Bad_Bucket'],
    ['TRAILWARDEN_BUCKETS', ' , '],
    ['TRAILWARDEN_BUCKET_OWNER', '11112222333'],
    ['TRAILWARDEN_DELIVERIES_QUEUE_URL', 'deliveries'],
    ['TRAILWARDEN_TRAIL_ARN', 'main'],
    ['TRAILWARDEN_ORGANIZATION_ID', 'org'],
    ['TRAILWARDEN_READER_ROLE_ARN', 'log-reader'],
    ['TRAILWARDEN_OCSF', 'yes'],
    ['TRAILWARDEN_MAX_STORED_MIB', '0'],
    ['TRAILWARDEN_MAX_INFLATED_MIB', '1.5'],
    ['TRAILWARDEN_MAX_INFLATED_MIB', 'large'],
  ])('name %s when it is %j', (name, value) => {
    expect(problemsOf({ ...least, [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});

describe('path-style addresses', () => {
  it.each([
    ['http://localhost:4566', true],
    ['http://127.0.0.1:4566', true],
    ['http://[::1]:4566', true],
    ['https://s3.us-east-1.amazonaws.com', false],
    ['not a URL', false],
    [undefined, false],
  ])('%s: %s', (endpoint, needed) => {
    expect(needsPathStyle(endpoint)).toBe(needed);
  });
});
