import { describe, expect, it } from 'vitest';
import { takeMessage, UnfinishedMessageError } from '../../aws/take-message.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ObjectRead } from '../../engine/ports.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';
import type { DeliveryWorld } from '../../engine/take-object.ts';
import { logFile, logKey, record, rule, ruleSet } from '../stories/fake-rules.ts';

const digestKey = logKey('x')
  .replace('/CloudTrail/', '/CloudTrail-Digest/')
  .replace('_CloudTrail_', '_CloudTrail-Digest_');

const world = (objects: { readonly [key: string]: ObjectRead | Error }, over: Partial<DeliveryWorld> = {}) => {
  const published: Finding[] = [];
  const forwarded: ObjectLocation[] = [];
  const ports: DeliveryWorld = {
    ledger: memoryLedger(),
    publish: async (finding) => void published.push(finding),
    clock: () => Date.parse('2026-03-05T12:05:00Z'),
    newOwner: () => 'owner',
    ruleSet: ruleSet(rule('Bad')),
    readObject: async ({ key }) => {
      const object = objects[key] ?? { kind: 'missing' };
      if (object instanceof Error) throw object;
      return object;
    },
    limits: { maxStoredBytes: 1e6, maxInflatedBytes: 1e6 },
    forwardDigests: async (locations) => void forwarded.push(...locations),
    buckets: ['trail'],
    prefix: '',
    ...over,
  };
  return { take: takeMessage(ports), published, forwarded };
};

const found = (eventID: string): ObjectRead => ({
  kind: 'found',
  bytes: logFile([record('Bad', eventID)]),
  metadata: {},
});
const body = (...keys: readonly string[]) => JSON.stringify({ s3Bucket: 'trail', s3ObjectKey: keys });

describe('a message with several keys', () => {
  it('is done when every object is, whatever kind each is of', async () => {
    const { take, published, forwarded } = world({ [logKey('one')]: found('e1'), [logKey('two')]: found('e2') });
    const reports = await take(body(logKey('one'), digestKey, 'notes.txt', 'folder/', logKey('two')));
    expect(reports.map(({ kind }) => kind)).toEqual(['scanned', 'forwarded', 'ignored', 'ignored', 'scanned']);
    expect(published.map(({ event }) => event?.id)).toEqual(['e1', 'e2']);
    expect(forwarded).toEqual([{ bucket: 'trail', key: digestKey }]);
  });

  it('has each of them tried when one fails, and says what was not done', async () => {
    const { take, published } = world({ [logKey('one')]: new Error('throttled'), [logKey('three')]: found('e3') });
    const failed = await take(body(logKey('one'), logKey('two'), logKey('three'))).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UnfinishedMessageError);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/_two\.json\.gz was not scanned: missing; throttled/),
      cause: { message: 'throttled' },
      reports: [{ kind: 'faulty' }, { kind: 'scanned' }],
    });
    expect(published.map(({ event, code }) => event?.id ?? code)).toEqual(
      expect.arrayContaining(['FILE_MISSING', 'e3']),
    );
  });
});

describe('what is not read', () => {
  it('a message of unknown shape is kept', async () => {
    await expect(world({}).take('hello')).rejects.toThrow(/unknown message/);
  });

  it('another bucket: kept, for it may be a setting that is missing', async () => {
    const { take } = world({});
    await expect(take(JSON.stringify({ s3Bucket: 'other', s3ObjectKey: [logKey('one')] }))).rejects.toMatchObject({
      reports: [{ kind: 'refused' }],
    });
  });

  it('keys outside the prefix: done', async () => {
    const { take } = world({}, { prefix: 'mine/' });
    expect(await take(body(logKey('one')))).toMatchObject([
      { kind: 'ignored', reason: expect.stringContaining('mine/') },
    ]);
  });
});

describe('how a file came', () => {
  it('is told apart in the finding: delivered, or put on the queue again for a backfill', async () => {
    const backfill = JSON.stringify({
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Backfill',
          s3: { bucket: { name: 'trail' }, object: { key: logKey('one') } },
        },
      ],
    });
    const { take, published } = world({ [logKey('one')]: found('e1'), [logKey('two')]: found('e2') });
    await take(backfill);
    await take(body(logKey('two')));
    expect(published.map(({ seen }) => seen.via)).toEqual(['backfill', 'delivered']);
  });
});
