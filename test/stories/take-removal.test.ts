import { describe, expect, it } from 'vitest';
import { takeMessage } from '../../aws/take-message.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { DeliveryWorld } from '../../engine/take-object.ts';
import { logKey, ruleSet } from './fake-rules.ts';

const NOW = Date.parse('2026-03-05T12:05:00Z');
const LOG = logKey('one');
const DIGEST =
  'AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/03/05/123456789012_CloudTrail-Digest_eu-west-1_main_us-east-1_20260305T011352Z.json.gz';
const logOf = (day: string): string =>
  `AWSLogs/123456789012/CloudTrail/eu-west-1/${day.replaceAll('-', '/')}/123456789012_CloudTrail_eu-west-1_${day.replaceAll('-', '')}T0030Z_AAAAAAAAAAAAAAAA.json.gz`;

const scene = (over: Partial<DeliveryWorld> = {}) => {
  const published: Finding[] = [];
  const ledger = memoryLedger();
  const world: DeliveryWorld = {
    ledger,
    publish: async (finding) => void published.push(finding),
    clock: () => NOW,
    newOwner: () => String(Math.random()),
    ruleSet: ruleSet(),
    readObject: () => Promise.reject(new Error('nothing is to be read')),
    limits: { maxStoredBytes: 1e6, maxInflatedBytes: 1e6 },
    forwardDigests: () => Promise.reject(new Error('nothing is to be forwarded')),
    buckets: ['trail'],
    prefix: '',
    ...over,
  };
  return { ledger, published, take: takeMessage(world) };
};

interface Told {
  readonly key?: string;
  readonly version?: string;
  readonly event?: string;
  readonly bucket?: string;
}

/** As S3 tells it itself. */
const classic = ({ key = LOG, version, event = 'ObjectRemoved:Delete', bucket = 'trail' }: Told): string =>
  JSON.stringify({
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: event,
        eventTime: '2026-03-05T12:04:00.000Z',
        userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
        requestParameters: { sourceIPAddress: '203.0.113.7' },
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), versionId: version ?? null } },
      },
    ],
  });

/** As EventBridge tells it. */
const event = ({ key = LOG, version }: Told, more: object = {}): string =>
  JSON.stringify({
    source: 'aws.s3',
    'detail-type': 'Object Deleted',
    time: '2026-03-05T12:04:00Z',
    detail: {
      bucket: { name: 'trail' },
      object: { key, ...(version === undefined ? {} : { 'version-id': version }) },
      requester: '444455556666',
      reason: 'DeleteObject',
      'deletion-type': 'Permanently Deleted',
      ...more,
    },
  });

const known = (key: string, versionId: string) => ({
  location: { bucket: 'trail', key, versionId },
  sha256: 'a'.repeat(64),
  records: 1,
  malformed: 0,
  matches: 0,
  ruleSetVersion: '1',
  scannedAt: '',
});

describe('an object of CloudTrail’s that was removed', () => {
  it.each([
    [
      'a log file, for good',
      classic({ version: 'v1' }),
      'LOG_DELETED',
      'critical',
      'v1 was deleted for good by AWS:AIDA',
    ],
    ['a log file without versions', classic({}), 'LOG_DELETED', 'critical', 'it was deleted for good'],
    [
      'a log file, hidden by a delete marker',
      classic({ version: 'm1', event: 'ObjectRemoved:DeleteMarkerCreated' }),
      'LOG_DELETED',
      'critical',
      'the delete marker m1 hides it; its versions may still be there',
    ],
    [
      'a digest',
      event({ key: DIGEST, version: 'v1' }),
      'DIGEST_DELETED',
      'critical',
      'by 444455556666, at 2026-03-05T12:04',
    ],
    [
      'a digest, hidden by a delete marker',
      event({ key: DIGEST, version: 'm1' }, { 'deletion-type': 'Delete Marker Created' }),
      'DIGEST_DELETED',
      'critical',
      'the delete marker m1 hides it',
    ],
  ])('%s: told with who, what and when', async (_, body, code, severity, reason) => {
    const { take, published } = scene();
    expect(await take(body)).toMatchObject([{ kind: 'removed', problem: { code } }]);
    expect(published).toMatchObject([
      { kind: 'integrity', code, severity, account: '123456789012', region: 'eu-west-1' },
    ]);
    expect(published[0]?.summary).toContain(reason);
  });

  it('is told once, on whatever ways and however often the news comes', async () => {
    const { take, published } = scene();
    for (const body of [classic({ version: 'v1' }), event({ version: 'v1' }), classic({ version: 'v1' })])
      await take(body);
    expect(published).toHaveLength(1);
    await take(classic({ version: 'v2' }));
    expect(published).toHaveLength(2);
  });

  it('weighs less where it is not the version that was read: a marker taken away, a copy cleared up', async () => {
    const { take, published, ledger } = scene();
    await ledger.putFile(known(LOG, 'v1'), NOW);
    await take(classic({ version: 'marker' }));
    await take(classic({ version: 'v1' }));
    expect(published.map(({ severity }) => severity)).toEqual(['medium', 'critical']);
  });

  it('stays on its queue while the finding cannot be published', async () => {
    const { take } = scene({ publish: () => Promise.reject(new Error('the topic is closed')) });
    await expect(take(classic({}))).rejects.toThrow('1 findings are not settled');
  });
});

describe('objects that a lifecycle rule expires', () => {
  const expire = (key: string) => classic({ key, event: 'LifecycleExpiration:Delete' });

  it('when old: one finding a day, to be known and no more', async () => {
    const { take, published } = scene();
    for (const day of ['2025-03-04', '2025-03-05', '2025-12-04']) await take(expire(logOf(day)));
    expect(published.map(({ severity }) => severity)).toEqual(['informational']);
    expect(published[0]?.summary).toContain('expires objects 366 days old');
  });

  it('when younger than 90 days: a grave one, beside it', async () => {
    const { take, published } = scene();
    for (const day of ['2025-03-04', '2025-12-06', '2026-03-03']) await take(expire(logOf(day)));
    expect(published.map(({ code, severity }) => [code, severity])).toEqual([
      ['LOG_DELETED', 'informational'],
      ['LOG_DELETED', 'high'],
    ]);
  });

  it('digests apart from logs', async () => {
    const { take, published } = scene();
    for (const key of [LOG, DIGEST]) await take(expire(key));
    expect(published.map(({ code }) => code)).toEqual(['LOG_DELETED', 'DIGEST_DELETED']);
  });
});

describe('removals that are no matter', () => {
  it.each([
    ['a foreign object', classic({ key: 'notes.txt' })],
    ['a folder', classic({ key: 'AWSLogs/' })],
    ['another service’s log', classic({ key: LOG.replace('/CloudTrail/', '/Config/') })],
  ])('%s is ignored', async (_, body) => {
    const { take, published } = scene();
    expect(await take(body)).toMatchObject([{ kind: 'ignored' }]);
    expect(published).toEqual([]);
  });

  it('outside the prefix: ignored', async () => {
    const { take } = scene({ prefix: 'o-1/' });
    expect(await take(classic({}))).toMatchObject([{ kind: 'ignored' }]);
  });

  it('of another bucket: kept, for it may be a setting that is missing', async () => {
    await expect(scene().take(classic({ bucket: 'other' }))).rejects.toMatchObject({ reports: [{ kind: 'refused' }] });
  });
});
