import { describe, expect, it } from 'vitest';
import { makeTrail, type Trail, type TrailObject } from '../../../cli/local/trail/trail.ts';
import { memoryLedger } from '../../../engine/ledger/memory.ts';
import type { ReadObject } from '../../../engine/ports.ts';
import type { ObjectLocation } from '../../../engine/record/location.ts';
import { verifyDigest } from '../../../engine/verify-digest.ts';

/** Before midnight: folders of two days. */
const START = Date.UTC(2026, 10, 20, 22, 30);
const trail: Trail = makeTrail({
  seed: 11,
  start: START,
  hours: 3,
  accounts: 2,
  regions: ['us-east-1', 'eu-central-1'],
  recordsPerHour: 120,
});
const { bucket } = trail.organization;
const digests = trail.objects.filter((object) => object.kind === 'digest');
const logs = trail.objects.filter((object) => object.kind === 'log');

/** Verifies every digest in order of delivery, on a bucket in which some objects were changed or are gone. */
const verifyAll = async (changed: ReadonlyMap<string, Uint8Array | 'gone'> = new Map()) => {
  const objects = new Map<string, TrailObject>(trail.objects.map((object) => [object.key, object]));
  const readObject: ReadObject = async ({ key }) => {
    const [object, change] = [objects.get(key), changed.get(key)];
    if (object === undefined || change === 'gone') return { kind: 'missing' };
    const lastModified = new Date(object.deliveredAt).toISOString();
    return { kind: 'found', bytes: change ?? object.bytes, metadata: object.metadata, lastModified };
  };
  const requeued: ObjectLocation[] = [];
  const verify = verifyDigest({
    readObject,
    listPublicKeys: trail.listPublicKeys,
    ledger: memoryLedger(),
    requeue: async (locations) => {
      requeued.push(...locations);
    },
    clock: () => START,
  });
  const reports = [];
  for (const { key } of digests) if (changed.get(key) !== 'gone') reports.push(await verify({ bucket, key }));
  return { reports, requeued, problems: reports.flatMap(({ problems }) => problems) };
};

describe('the verifier on a generated trail', () => {
  it('finds nothing wrong with it, and asks for every log file that no scan has recorded', async () => {
    const { reports, requeued } = await verifyAll();
    expect(reports.map(({ outcome }) => outcome)).toEqual(digests.map(() => 'valid'));
    expect(requeued.map(({ key }) => key).sort()).toEqual(logs.map(({ key }) => key).sort());
  });

  it('finds an altered log file by its digest', async () => {
    const [altered, other] = logs;
    const { problems } = await verifyAll(new Map([[altered?.key ?? '', other?.bytes ?? new Uint8Array()]]));
    expect(problems).toMatchObject([{ code: 'LOG_HASH_MISMATCH', object: { key: altered?.key } }]);
  });

  it('finds a deleted digest by its successor', async () => {
    const gone = digests.find(({ startTime }) => startTime > START) ?? expect.fail('no digest of the second hour');
    const { problems } = await verifyAll(new Map([[gone.key, 'gone']]));
    expect(problems).toMatchObject([{ code: 'DIGEST_MISSING', object: { key: gone.key } }]);
  });
});
