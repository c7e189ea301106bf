import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '../../engine/record/object-key.ts';

const LOG =
  '111122223333/CloudTrail/eu-west-1/2026/11/20/111122223333_CloudTrail_eu-west-1_20261120T0105Z_AbCdEf0123456789.json.gz';
const place = { prefix: '', account: '111122223333', region: 'eu-west-1', stamp: '20261120T0105Z' };
const digest = (name: string) =>
  `AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/20/111122223333_CloudTrail-Digest_eu-west-1_${name}.json.gz`;

describe('parseObjectKey', () => {
  it.each([
    ['a log file', `AWSLogs/${LOG}`, { kind: 'log', ...place }],
    ['a trail with a prefix', `team/a/AWSLogs/${LOG}`, { kind: 'log', ...place, prefix: 'team/a' }],
    [
      'a member account of an organization',
      `AWSLogs/o-abc123defg/${LOG}`,
      { kind: 'log', ...place, organization: 'o-abc123defg' },
    ],
    [
      'Control Tower, whose prefix is the organization id',
      `o-abc123defg/AWSLogs/o-abc123defg/${LOG}`,
      { kind: 'log', ...place, prefix: 'o-abc123defg', organization: 'o-abc123defg' },
    ],
    [
      'an old Control Tower landing zone',
      `o-abc123defg/AWSLogs/${LOG}`,
      { kind: 'log', ...place, prefix: 'o-abc123defg' },
    ],
    ['a prefix named AWSLogs', `AWSLogs/AWSLogs/${LOG}`, { kind: 'log', ...place, prefix: 'AWSLogs' }],
    [
      'network activity',
      `AWSLogs/${LOG.replaceAll('CloudTrail', 'CloudTrail-NetworkActivity')}`,
      { kind: 'network-activity', ...place },
    ],
    ['insights', `AWSLogs/${LOG.replaceAll('CloudTrail', 'CloudTrail-Insight')}`, { kind: 'insight', ...place }],
    [
      'aggregated data events',
      `AWSLogs/${LOG.replaceAll('CloudTrail', 'CloudTrail-Aggregated')}`,
      { kind: 'aggregated', ...place },
    ],
    [
      'a digest',
      digest('main_us-east-1_20261120T010203Z'),
      { kind: 'digest', ...place, stamp: '20261120T010203Z', trail: 'main', homeRegion: 'us-east-1', backfill: false },
    ],
    [
      'a digest of a trail with underscores in its name',
      digest('my_eu-west-1_trail_us-east-1_20261120T010203Z'),
      {
        kind: 'digest',
        ...place,
        stamp: '20261120T010203Z',
        trail: 'my_eu-west-1_trail',
        homeRegion: 'us-east-1',
        backfill: false,
      },
    ],
    [
      'a backfill digest',
      digest('main_us-east-1_20261120T010203Z_backfill'),
      { kind: 'digest', ...place, stamp: '20261120T010203Z', trail: 'main', homeRegion: 'us-east-1', backfill: true },
    ],
    ['the folder CloudTrail makes', 'AWSLogs/111122223333/CloudTrail/', { kind: 'folder' }],
    [
      'Config beside it',
      'AWSLogs/111122223333/Config/eu-west-1/2026/11/20/ConfigHistory/x.json.gz',
      { kind: 'foreign' },
    ],
    ['flow logs', LOG.replace('/CloudTrail/', '/vpcflowlogs/'), { kind: 'foreign' }],
    ['no AWSLogs in front', LOG, { kind: 'foreign' }],
    ['another suffix', `AWSLogs/${LOG.replace('.json.gz', '.json')}`, { kind: 'foreign' }],
    ['no account', `AWSLogs/${LOG.replace('111122223333/', 'x/')}`, { kind: 'foreign' }],
    ['an empty key', '', { kind: 'foreign' }],
  ])('reads %s', (_name, key, expected) => {
    expect(parseObjectKey(key)).toEqual(expected);
  });

  it('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseObjectKey(`AWSLogs/${text}`).kind === 'string'));
  });
});
