import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { s3Message } from '../../aws/queue.ts';
import { takeDigests } from '../../aws/take-digest.ts';
import { takeMessage } from '../../aws/take-message.ts';
import { makeTrail } from '../../cli/local/trail/trail.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ReadObject } from '../../engine/ports.ts';
import type { PublishWorld } from '../../engine/publish-findings.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';
import { textAt } from '../../engine/record/record.ts';
import { ruleSet } from './fake-rules.ts';

const trail = makeTrail({
  seed: 'lost-notifications',
  start: Date.UTC(2026, 2, 5, 21, 30),
  hours: 6,
  accounts: 2,
  regions: ['us-east-1', 'eu-central-1'],
  recordsPerHour: 150,
});
const { bucket } = trail.organization;
const objects = new Map(trail.objects.map((object) => [object.key, object]));
const logs = trail.objects.filter(({ kind }) => kind === 'log');

/** What CloudTrail delivered, by id. */
const delivered = new Set(
  logs.flatMap(({ bytes }) => {
    const file: { readonly Records: readonly { readonly eventID: string }[] } = JSON.parse(
      gunzipSync(bytes).toString(),
    );
    return file.Records.map(({ eventID }) => eventID);
  }),
);

/**
 * The first and the newest digest of each chain. Nothing comes after the newest that would show it was lost; and where no
 * head is stored, what lies before a digest is the time before Trailwarden was installed: it is not taken up.
 */
const ends = new Set(
  [
    ...Map.groupBy(
      trail.objects.filter(({ kind }) => kind === 'digest'),
      ({ account, region }) => `${account} ${region}`,
    ),
  ]
    .flatMap(([, chain]) => [chain.at(0)?.key, chain.at(-1)?.key])
    .filter((key) => key !== undefined),
);

/** One notification in ten is lost, by chance. */
const isLost = (seed: number, key: string): boolean =>
  !ends.has(key) && (createHash('sha256').update(`${seed} ${key}`).digest()[0] ?? 0) < 26;

/** The deployed way of a notification, without AWS: two queues, and what takes their messages. */
const pipeline = () => {
  const scanned = new Set<string>();
  const published: Finding[] = [];
  const queues = { deliveries: [] as string[], digests: [] as string[] };
  const onto = (queue: string[]) => async (locations: readonly ObjectLocation[]) =>
    void queue.push(...locations.map((location) => s3Message(location, 'Requeue')));
  let now = 0;
  const readObject: ReadObject = async ({ key }) => {
    const object = objects.get(key);
    if (object === undefined) return { kind: 'missing' };
    const { bytes, metadata, deliveredAt } = object;
    return { kind: 'found', bytes, metadata: { ...metadata }, lastModified: new Date(deliveredAt).toISOString() };
  };
  const world: PublishWorld = {
    ledger: memoryLedger(),
    publish: async (finding) => void published.push(finding),
    clock: () => now,
    newOwner: () => String(Math.random()),
  };
  const rules = {
    ...ruleSet(),
    match: (record: Parameters<ReturnType<typeof ruleSet>['match']>[0]) => {
      scanned.add(textAt(record, 'eventID') ?? '');
      return [];
    },
  };
  const limits = { maxStoredBytes: 1e8, maxInflatedBytes: 1e8 };
  const scan = { ...world, readObject, ruleSet: rules, limits, buckets: [bucket], prefix: '' };
  const takeDelivery = takeMessage({ ...scan, forwardDigests: onto(queues.digests) });
  const requeue = onto(queues.deliveries);
  const takeDigest = takeDigests({
    ...world,
    readObject,
    requeue,
    listPublicKeys: trail.listPublicKeys,
    settings: { buckets: [bucket] },
  });
  /** Until both queues are empty. */
  const drain = async (): Promise<void> => {
    for (;;) {
      const delivery = queues.deliveries.shift();
      const digest = delivery === undefined ? queues.digests.shift() : undefined;
      if (delivery !== undefined) await takeDelivery(delivery);
      else if (digest !== undefined) await takeDigest(digest);
      else return;
    }
  };
  return {
    scanned,
    published,
    ledger: world.ledger,
    notify: async (key: string, at: number) => {
      now = at;
      queues.deliveries.push(s3Message({ bucket, key }, 'Requeue'));
      await drain();
    },
  };
};

describe('one notification in ten is lost', () => {
  it('and after the next digest of its chain every record has been scanned all the same', async () => {
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e9 }), async (seed) => {
        const { notify, scanned, published, ledger } = pipeline();
        for (const { key, deliveredAt } of trail.objects) {
          if (isLost(seed, key)) lost += 1;
          else await notify(key, deliveredAt);
        }
        expect(scanned).toEqual(delivered);
        for (const { key } of logs) expect(await ledger.getFile({ bucket, key })).toBeDefined();
        expect(published.filter(({ kind }) => kind === 'integrity')).toEqual([]);
      }),
      { numRuns: 30, examples: [[999999980]] },
    );
    expect(lost).toBeGreaterThan(30 * trail.objects.length * 0.05);
  });

  it('without the digests they stay lost: what heals is the digest', async () => {
    const { notify, scanned } = pipeline();
    for (const { key, kind, deliveredAt } of trail.objects)
      if (kind === 'log' && !isLost(1, key)) await notify(key, deliveredAt);
    expect(scanned.size).toBeLessThan(delivered.size);
  });
});
