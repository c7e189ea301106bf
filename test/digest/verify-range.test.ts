import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../../engine/digest/time.ts';
import { findPlaces } from '../../engine/find-places.ts';
import { verifyRange } from '../../engine/verify-range.ts';
import { changed, HOURS, MIDDLE, nth, SCENARIOS, stored, tampered } from './scenarios.ts';
import { BUCKET, CHAIN, codesOf, KEY, makeKey, makeTrail, PLACE, portsOf, START } from './trail.ts';

describe('a range of a trail', () => {
  it.each(SCENARIOS)('%s', async (_, make, want) => {
    const { world, keys } = make();
    expect(await codesOf(world, HOURS, keys === undefined ? {} : { keys })).toEqual([...want].sort());
  });

  it('counts digests that are missing in a row', async () => {
    const { world, digests } = makeTrail(6);
    for (const digest of digests.slice(2, 5)) world.delete(digest.id);
    const { chains } = await verifyRange(portsOf(world))(PLACE, { start: START, end: START + 6 * HOUR });
    expect(chains[0]?.problems.map(({ code, missingHours }) => [code, missingHours])).toEqual([['DIGEST_MISSING', 3]]);
  });

  it('looks for logs of an unsigned digest, and does not hold them against its hashes', async () => {
    const trail = tampered((_, __, object) => {
      object.metadata = {};
    });
    trail.world.delete(nth(trail, MIDDLE).logs[0] ?? '');
    stored(trail, nth(trail, MIDDLE).logs[1]).bytes = gzipSync('{}');
    expect(await codesOf(trail.world, HOURS)).toEqual(['DIGEST_SIGNATURE', 'LOG_MISSING']);
  });

  it('follows the chain into another bucket, and back to digests below one that is missing there', async () => {
    const trail = changed({ bucket: 'old-bucket' });
    expect(await codesOf(trail.world, HOURS)).toEqual([]);
    stored(trail, nth(trail, 0).logs[0]).bytes = gzipSync('{}');
    trail.world.delete(nth(trail, 1).id);
    expect(await codesOf(trail.world, HOURS)).toEqual(['DIGEST_MISSING', 'LOG_HASH_MISMATCH']);
  });

  it('judges the rotation of keys, and keys that are expired, too new or unknown', async () => {
    const rotated = START + 2 * HOUR;
    const old = makeKey('pkcs1', { end: rotated });
    const fresh = makeKey('spki', { start: rotated });
    const of = (keys: readonly (typeof old)[], when: (hour: number) => typeof old) =>
      codesOf(makeTrail(HOURS, (plan, hour) => ({ ...plan, key: when(hour) })).world, HOURS, {
        keys: keys.map(({ listed }) => listed),
        unlisted: false,
      });
    expect(await of([old, fresh], (hour) => (hour < 3 ? old : fresh))).toEqual([]);
    expect(await of([old, KEY], (hour) => (hour < 4 ? KEY : old))).toEqual(['KEY_EXPIRED']);
    const later = makeKey('pkcs1', { start: START + 9 * HOUR });
    expect(await of([later, KEY], (hour) => (hour === 0 ? later : KEY))).toEqual(['KEY_TOO_NEW']);
    expect(await of([KEY], (hour) => (hour === 1 ? old : KEY))).toEqual(['DIGEST_KEY_UNKNOWN']);
    expect(await of([], () => KEY)).toEqual(['KEYS_UNAVAILABLE']);
  });

  it('goes on when keys, an object or a listing fail, and says so', async () => {
    const { world, digests } = makeTrail(HOURS);
    const ports = portsOf(world);
    const range = { start: START, end: START + HOURS * HOUR };
    const codes = async (more: Partial<typeof ports>) => {
      const report = await verifyRange({ ...ports, ...more }, { expected: [CHAIN] })(PLACE, range);
      return [...report.problems, ...report.chains.flatMap(({ problems }) => problems)].map(({ code }) => code);
    };
    const refuse = async () => Promise.reject(new Error('refused'));
    expect(await codes({ listPublicKeys: refuse })).toEqual(['KEYS_UNAVAILABLE']);
    const flaky: typeof ports.readObject = (at, options) =>
      at.key === digests[1]?.logs[0]?.slice(BUCKET.length + 1) ? refuse() : ports.readObject(at, options);
    expect(await codes({ readObject: flaky })).toEqual(['LOG_UNREADABLE']);
    const shut: typeof ports.listObjects = async function* shut() {
      yield* [];
      throw new Error('AccessDenied');
    };
    expect((await codes({ listObjects: shut })).sort()).toEqual(['DIGEST_SILENCE', 'DIGEST_UNREADABLE']);
  });

  it('does not ask for digests older than the range', async () => {
    const { world, digests } = makeTrail(HOURS);
    const start = START + 2.5 * HOUR;
    expect(await codesOf(world, HOURS, { start })).toEqual([]);
    world.delete(digests[1]?.id ?? '');
    expect(await codesOf(world, HOURS, { start })).toEqual([]);
    world.delete(digests[2]?.id ?? '');
    expect(await codesOf(world, HOURS, { start })).toEqual(['DIGEST_MISSING']);
  });

  it('reads each object once, and never more at a time than allowed', async () => {
    const { world } = makeTrail(HOURS);
    const ports = portsOf(world);
    const reads: string[] = [];
    let open = 0;
    let most = 0;
    const readObject: typeof ports.readObject = async (at, options) => {
      reads.push(at.key);
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return ports.readObject(at, options);
    };
    await verifyRange({ ...ports, readObject }, { concurrency: 3 })(PLACE, { start: START, end: START + HOURS * HOUR });
    expect(most).toBe(3);
    expect(new Set(reads).size).toBe(reads.length);
    expect(reads).toHaveLength(HOURS * 3);
  });

  it('reads one digest before the range and no further back, however old the trail is', async () => {
    const { world, digests } = makeTrail(12);
    const ports = portsOf(world);
    const reads: string[] = [];
    const readObject: typeof ports.readObject = (at, options) => {
      reads.push(at.key);
      return ports.readObject(at, options);
    };
    const range = { start: START + 9 * HOUR + 60_000, end: START + 12 * HOUR };
    await verifyRange({ ...ports, readObject })(PLACE, range);
    const read = reads.filter((key) => key.includes('/CloudTrail-Digest/')).sort();
    expect(read).toEqual(digests.slice(8).map(({ key }) => key));
  });

  it('finds every account and Region of a bucket', async () => {
    const ports = portsOf(makeTrail(1).world);
    const question = { bucket: BUCKET, prefix: '', accounts: [], regions: [] };
    expect(await findPlaces(ports.listObjects, question)).toEqual([PLACE]);
    expect(await findPlaces(ports.listObjects, { ...question, accounts: ['222222222222'] })).toEqual([]);
    expect(await findPlaces(ports.listObjects, { ...question, regions: ['us-east-1'] })).toEqual([]);
  });
});
