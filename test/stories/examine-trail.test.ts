import { describe, expect, it } from 'vitest';
import { type ExaminationTarget, type ExaminationWorld, examineTrailAndStack } from '../../engine/examine-trail.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ListedObject } from '../../engine/ports.ts';
import type { Json } from '../../engine/record/json.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';
import type { TrailReader, TrailSettings, TrailStatus } from '../../engine/trail/trail.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const MINUTE = 60_000;
const ARN = 'arn:aws:cloudtrail:eu-west-1:123456789012:trail/main';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:findings';
const FOLDER = 'AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/21';
const ago = (minutes: number): string => new Date(NOW - minutes * MINUTE).toISOString();

const SETTINGS: TrailSettings = {
  bucket: 'trail-logs',
  prefix: '',
  isMultiRegion: true,
  includesGlobalServices: true,
  validatesLogFiles: true,
  isOrganization: false,
};
const STATUS: TrailStatus = {
  region: 'eu-west-1',
  isLogging: true,
  latestDelivery: ago(5),
  latestDigestDelivery: ago(40),
};
const SELECTORS: Json = { EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }] };

interface Given {
  readonly settings?: Partial<TrailSettings>;
  readonly status?: Partial<TrailStatus>;
  readonly selectors?: Json;
  readonly trail?: Partial<TrailReader>;
  readonly subscribers?: number;
  readonly canaries?: number;
  readonly files?: readonly { readonly minute: string; readonly minutesAgo: number }[];
  readonly failing?: boolean;
  readonly noTrail?: boolean;
}

const objectsOf = (files: Given['files'] = []): readonly ListedObject[] =>
  files.map(({ minute, minutesAgo }) => ({
    key: `${FOLDER}/123456789012_CloudTrail_eu-west-1_20261121T${minute}Z_AAAAAAAAAAAAAAAA.json.gz`,
    size: 1000,
    lastModified: ago(minutesAgo),
  }));

const scene = (given: Given = {}) => {
  const published: Finding[] = [];
  const requeued: ObjectLocation[] = [];
  const seen = new Map<string, Json>();
  let selectors: Json = given.selectors ?? SELECTORS;
  let now = NOW;
  const objects = objectsOf(given.files);
  const world: ExaminationWorld = {
    ledger: memoryLedger(),
    publish: async (finding) => {
      if (given.failing) throw new Error('the topic is closed');
      published.push(finding);
    },
    clock: () => now,
    newOwner: () => String(Math.random()),
    listObjects: async function* (_bucket, prefix, { startAfter = '' } = {}) {
      yield* objects.filter(({ key }) => key.startsWith(prefix) && key > startAfter);
    },
    requeue: async (locations) => void requeued.push(...locations),
    countSubscribers: async () => given.subscribers ?? 1,
    ...(given.canaries === undefined ? {} : { countCanaries: async () => given.canaries ?? 0 }),
    selectorsSeen: {
      read: async (arn) => seen.get(arn),
      write: async (arn, value) => void seen.set(arn, value),
    },
    ...(given.noTrail
      ? {}
      : {
          trail: {
            settings: async () => ({ kind: 'found', value: { ...SETTINGS, ...given.settings } }),
            status: async () => ({ kind: 'found', value: { ...STATUS, ...given.status } }),
            selectors: async () => ({ kind: 'found', value: selectors }),
            ...given.trail,
          },
        }),
  };
  const target: ExaminationTarget = {
    ...(given.noTrail ? {} : { trailArn: ARN }),
    regions: ['eu-west-1'],
    buckets: ['trail-logs'],
    prefix: '',
    topicArn: TOPIC,
  };
  return {
    world,
    published,
    requeued,
    codes: () => published.map(({ code }) => code),
    examine: () => examineTrailAndStack(world)(target),
    later: (minutes: number) => {
      now += minutes * MINUTE;
    },
    change: (value: Json) => {
      selectors = value;
    },
  };
};

describe('a trail in order', () => {
  it('raises nothing', async () => {
    const { examine, published } = scene();
    expect((await examine()).problems).toEqual([]);
    expect(published).toEqual([]);
  });

  it('is not asked for where none is configured', async () => {
    const { examine } = scene({ noTrail: true });
    expect((await examine()).problems).toEqual([]);
  });
});

describe('what a trail says against itself', () => {
  const cases: readonly (Given & { readonly what: string; readonly codes: readonly string[] })[] = [
    { what: 'is stopped', status: { isLogging: false }, codes: ['TRAIL_STOPPED'] },
    { what: 'cannot deliver', status: { latestDeliveryError: 'AccessDenied' }, codes: ['TRAIL_DELIVERY_FAILING'] },
    {
      what: 'cannot write digests',
      status: { latestDigestDeliveryError: 'NoSuchBucket' },
      codes: ['TRAIL_DIGEST_FAILING'],
    },
    { what: 'cannot notify', status: { latestNotificationError: 'NotFound' }, codes: ['TRAIL_NOTIFICATION_FAILING'] },
    { what: 'delivered last 61 minutes ago', status: { latestDelivery: ago(61) }, codes: ['TRAIL_SILENT'] },
    { what: 'delivered last 59 minutes ago', status: { latestDelivery: ago(59) }, codes: [] },
    {
      what: 'wrote its last digest 181 minutes ago',
      status: { latestDigestDelivery: ago(181) },
      codes: ['TRAIL_DIGEST_LATE'],
    },
    { what: 'delivers elsewhere', settings: { bucket: 'other' }, codes: ['TRAIL_WEAK'] },
    { what: 'validates nothing', settings: { validatesLogFiles: false }, codes: ['TRAIL_WEAK'] },
    { what: 'records one Region', settings: { isMultiRegion: false }, codes: ['TRAIL_WEAK'] },
    { what: 'leaves out IAM', settings: { includesGlobalServices: false }, codes: ['TRAIL_WEAK'] },
    {
      what: 'records data events only',
      selectors: { AdvancedEventSelectors: [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }] }] },
      codes: ['TRAIL_BLIND'],
    },
    {
      what: 'records no management events by a basic selector',
      selectors: { EventSelectors: [{ IncludeManagementEvents: false, ReadWriteType: 'All' }] },
      codes: ['TRAIL_BLIND'],
    },
    {
      what: 'records management events and data events',
      selectors: {
        AdvancedEventSelectors: [
          { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }] },
          { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
        ],
      },
      codes: [],
    },
    { what: 'is gone', trail: { settings: async () => ({ kind: 'missing' }) }, codes: ['TRAIL_MISSING'] },
    {
      what: 'may not be asked',
      trail: { status: async () => ({ kind: 'denied', reason: 'AccessDenied' }) },
      codes: ['TRAIL_UNREADABLE'],
    },
  ];

  it.each(cases)('a trail that $what', async ({ codes, ...given }) => {
    const { examine, ...then } = scene(given);
    await examine();
    expect(then.codes()).toEqual(codes);
  });

  it('is a finding once a day while it lasts', async () => {
    const { examine, later, codes } = scene({ status: { isLogging: false } });
    await examine();
    later(15);
    expect((await examine()).problems).toHaveLength(1);
    expect(codes()).toEqual(['TRAIL_STOPPED']);
    later(24 * 60);
    await examine();
    expect(codes().filter((code) => code === 'TRAIL_STOPPED')).toHaveLength(2);
  });
});

describe('event selectors', () => {
  const narrowed: Json = { EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'WriteOnly' }] };

  it('that change are one finding with before and after; the new ones are then remembered', async () => {
    const { examine, change, later, published } = scene();
    await examine();
    change(narrowed);
    later(15);
    await examine();
    later(15);
    await examine();
    expect(published.map(({ code, details }) => ({ code, details }))).toEqual([
      { code: 'TRAIL_SELECTORS_CHANGED', details: { before: SELECTORS, after: narrowed } },
    ]);
  });

  it('that change back and forth are a finding each time', async () => {
    const { examine, change, later, codes } = scene();
    await examine();
    for (const selectors of [narrowed, SELECTORS, narrowed]) {
      change(selectors);
      later(15);
      await examine();
    }
    expect(codes()).toHaveLength(3);
  });

  it('are not remembered while their finding could not be published', async () => {
    const { world, examine, change } = scene();
    await examine();
    change(narrowed);
    const broken = { ...world, publish: () => Promise.reject(new Error('closed')) };
    const target = { trailArn: ARN, regions: ['eu-west-1'], buckets: ['trail-logs'], prefix: '', topicArn: TOPIC };
    expect((await examineTrailAndStack(broken)(target)).tally.unsettled).toHaveLength(1);
    expect(await world.selectorsSeen.read(ARN)).toEqual(SELECTORS);
  });
});

describe('files in the bucket that the ledger does not know', () => {
  it('younger than 20 minutes are left alone', async () => {
    const { examine, requeued } = scene({ files: [{ minute: '0950', minutesAgo: 10 }] });
    expect((await examine()).problems).toEqual([]);
    expect(requeued).toEqual([]);
  });

  it('older ones are put on the queue again, and a finding after an hour', async () => {
    const { examine, requeued, published } = scene({
      files: [
        { minute: '0830', minutesAgo: 90 },
        { minute: '0930', minutesAgo: 30 },
      ],
    });
    expect((await examine()).requeued).toBe(2);
    expect(requeued.map(({ key }) => key.includes('T0830Z') || key.includes('T0930Z'))).toEqual([true, true]);
    expect(published.map(({ code, resources }) => [code, resources.length])).toEqual([['FILES_UNSCANNED', 1]]);
  });

  it('scanned ones are no matter', async () => {
    const { world, examine, requeued } = scene({ files: [{ minute: '0900', minutesAgo: 60 }] });
    const [object] = objectsOf([{ minute: '0900', minutesAgo: 60 }]);
    const file = { sha256: '', records: 1, malformed: 0, matches: 0, ruleSetVersion: '1', scannedAt: ago(50) };
    await world.ledger.putFile({ ...file, location: { bucket: 'trail-logs', key: object?.key ?? '' } }, NOW);
    await examine();
    expect(requeued).toEqual([]);
  });

  it('two hours back and no further: the digests see to the rest', async () => {
    const { examine, requeued } = scene({ files: [{ minute: '0700', minutesAgo: 180 }] });
    await examine();
    expect(requeued).toEqual([]);
  });
});

describe('whether findings arrive', () => {
  it('no confirmed subscriber is a finding all the same: the alarm is elsewhere', async () => {
    const { examine, codes } = scene({ subscribers: 0 });
    await examine();
    expect(codes()).toEqual(['NO_SUBSCRIBER']);
  });

  it('the canary is sent once a day, marked as a test', async () => {
    const { examine, later, published } = scene({ canaries: 1 });
    await examine();
    later(15);
    await examine();
    expect(published.map(({ code, isTest }) => [code, isTest])).toEqual([['CANARY', true]]);
  });

  it('a canary that did not come back is missed at the next examination, not at the one that sent it', async () => {
    const { examine, later, codes } = scene({ canaries: 0 });
    await examine();
    expect(codes()).toEqual(['CANARY']);
    later(15);
    await examine();
    expect(codes()).toEqual(['CANARY', 'CANARY_LOST']);
  });
});

it('one question that fails stops no other, and the failure is not swallowed', async () => {
  const { examine, codes } = scene({
    subscribers: 0,
    trail: { settings: () => Promise.reject(new Error('ThrottlingException')) },
  });
  await expect(examine()).rejects.toThrow('ThrottlingException');
  expect(codes()).toEqual(['NO_SUBSCRIBER']);
});

it('a topic that is closed leaves every problem unsettled', async () => {
  const { examine } = scene({ failing: true, subscribers: 0 });
  expect((await examine()).tally.unsettled).toHaveLength(1);
});
