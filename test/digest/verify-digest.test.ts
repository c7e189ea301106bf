import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainId } from '../../engine/digest/chain.ts';
import type { Problem } from '../../engine/digest/problem.ts';
import { HOUR, writtenTime } from '../../engine/digest/time.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { HeadObject } from '../../engine/ports.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';
import {
  type DigestReport,
  type VerifyDigestOptions,
  type VerifyDigestPorts,
  verifyDigest,
} from '../../engine/verify-digest.ts';
import {
  addDigest,
  BUCKET,
  CHAIN,
  type MadeDigest,
  type MadeTrail,
  makeTrail,
  portsOf,
  START,
  sha256,
  type World,
} from './trail.ts';

const NOW = START + 24 * HOUR;

interface Bench {
  readonly arrive: (digest: MadeDigest | undefined) => Promise<DigestReport>;
  readonly ledger: ReturnType<typeof memoryLedger>;
  readonly announced: Problem[];
  readonly requeued: ObjectLocation[];
  readonly reads: string[];
  readonly scan: (ids: readonly string[]) => Promise<void>;
}

const bench = (world: World, options: VerifyDigestOptions = {}, more: Partial<VerifyDigestPorts> = {}): Bench => {
  const ledger = memoryLedger();
  const announced: Problem[] = [];
  const requeued: ObjectLocation[] = [];
  const reads: string[] = [];
  const { readObject, listPublicKeys } = portsOf(world);
  const ports: VerifyDigestPorts = {
    readObject: async (at, limits) => {
      reads.push(at.key);
      return readObject(at, limits);
    },
    listPublicKeys,
    ledger,
    requeue: async (locations) => {
      requeued.push(...locations);
    },
    clock: () => NOW,
    announce: async (problems) => {
      announced.push(...problems);
    },
    ...more,
  };
  const verify = verifyDigest(ports, options);
  return {
    ledger,
    announced,
    requeued,
    reads,
    arrive: async (digest) => {
      if (digest === undefined) throw new Error('no digest');
      const versionId = world.get(digest.id)?.versionId;
      return verify({ bucket: digest.bucket, key: digest.key, ...(versionId !== undefined && { versionId }) });
    },
    // What scanning leaves in the ledger.
    scan: async (ids) => {
      for (const id of ids) {
        const stored = world.get(id);
        const key = id.slice(BUCKET.length + 1);
        if (stored === undefined) continue;
        const location = {
          bucket: BUCKET,
          key,
          ...(stored.versionId !== undefined && { versionId: stored.versionId }),
        };
        const item = { records: 1, malformed: 0, matches: 0, ruleSetVersion: '1', scannedAt: '' };
        await ledger.putFile({ location, sha256: sha256(gunzipSync(stored.bytes)), ...item }, NOW);
      }
    },
  };
};

const codes = (problems: readonly Problem[]): readonly string[] => problems.map(({ code }) => code);

const scanned = async (
  { world, digests }: MadeTrail,
  options: VerifyDigestOptions = {},
  more: Partial<VerifyDigestPorts> = {},
): Promise<Bench> => {
  const made = bench(world, options, more);
  await made.scan(digests.flatMap(({ logs }) => logs));
  return made;
};

describe('digests that arrive', () => {
  it('in order, of an intact trail: valid, linked, and every listed log noted with its digest', async () => {
    const trail = makeTrail(4);
    const made = await scanned(trail);
    for (const digest of trail.digests) {
      const report = await made.arrive(digest);
      expect(report).toMatchObject({
        outcome: 'valid',
        problems: [],
        logs: { listed: 2, valid: 2, invalid: 0, unscanned: 0 },
      });
      expect(report.chain).toEqual(CHAIN);
    }
    expect(made.announced).toEqual([]);
    expect(made.requeued).toEqual([]);
    expect((await made.ledger.getChain(chainId(CHAIN)))?.head).toMatchObject({
      key: trail.digests[3]?.key,
      endTime: writtenTime(START + 4 * HOUR),
    });
    const [log = ''] = trail.digests[1]?.logs ?? [];
    expect((await made.ledger.getFile({ bucket: BUCKET, key: log.slice(BUCKET.length + 1) }))?.listedBy).toBe(
      trail.digests[1]?.key,
    );
  });

  it('again: nothing is said twice, and nothing is read but the digest', async () => {
    const trail = makeTrail(2);
    trail.world.delete(trail.digests[1]?.logs[0] ?? '');
    const made = await scanned(trail);
    for (const digest of trail.digests) await made.arrive(digest);
    expect(codes(made.announced)).toEqual(['LOG_MISSING']);
    made.reads.length = 0;
    expect(await made.arrive(trail.digests[1])).toMatchObject({ outcome: 'redelivered', problems: [] });
    expect(await made.arrive(trail.digests[0])).toMatchObject({ outcome: 'redelivered', problems: [] });
    expect(made.reads).toHaveLength(2);
    expect(made.announced).toHaveLength(1);
  });

  it('in any order and repetition, lost ones too: the same head, no finding, every log accounted for', async () => {
    const trail = makeTrail(6);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 12 }), async (order) => {
        const made = await scanned(trail);
        const listed = new Set<string>();
        const count = (report: DigestReport): void => {
          if (report.outcome === 'valid') listed.add(report.location.key);
          for (const before of report.before) count(before);
        };
        for (const at of [0, ...order]) count(await made.arrive(trail.digests[at]));
        expect(made.announced).toEqual([]);
        const last = Math.max(...order);
        expect((await made.ledger.getChain(chainId(CHAIN)))?.head.key).toBe(trail.digests[last]?.key);
        expect(listed.size).toBe(last + 1);
      }),
      { numRuns: 100 },
    );
  });

  it('to several workers at once: one head, the newest, and no finding', async () => {
    const trail = makeTrail(8);
    const made = await scanned(trail);
    await made.arrive(trail.digests[0]);
    await Promise.all([...trail.digests, ...trail.digests].map((digest) => made.arrive(digest)));
    expect(made.announced).toEqual([]);
    expect((await made.ledger.getChain(chainId(CHAIN)))?.head.key).toBe(trail.digests[7]?.key);
  });

  it('judges again when another worker moved the head in between, and gives up loudly when that never ends', async () => {
    const trail = makeTrail(3);
    const made = await scanned(trail);
    let lost = 3;
    const putChain: typeof made.ledger.putChain = async (chain, head, expected) =>
      lost-- > 0 ? false : made.ledger.putChain(chain, head, expected);
    const flaky = bench(trail.world, {}, { ledger: { ...made.ledger, putChain } });
    expect((await flaky.arrive(trail.digests[0])).outcome).toBe('valid');
    expect((await made.ledger.getChain(chainId(CHAIN)))?.head.key).toBe(trail.digests[0]?.key);
    const never = bench(trail.world, {}, { ledger: { ...made.ledger, putChain: async () => false } });
    await expect(never.arrive(trail.digests[1])).rejects.toThrow('deliver the digest again');
  });

  it('before the one they name, which is there: it is taken first, not called missing', async () => {
    const trail = makeTrail(4);
    const made = await scanned(trail);
    await made.arrive(trail.digests[0]);
    const report = await made.arrive(trail.digests[3]);
    expect(report.before[0]?.location.key).toBe(trail.digests[2]?.key);
    expect(report.before[0]?.before[0]?.location.key).toBe(trail.digests[1]?.key);
    expect(made.announced).toEqual([]);
  });

  it('behind a deleted one: one finding, with the missing hours counted from the stored head', async () => {
    const trail = makeTrail(6);
    const made = await scanned(trail);
    await made.arrive(trail.digests[1]);
    trail.world.delete(trail.digests[2]?.id ?? '');
    trail.world.delete(trail.digests[3]?.id ?? '');
    await made.arrive(trail.digests[4]);
    await made.arrive(trail.digests[5]);
    expect(made.announced.map(({ code, missingHours, object }) => [code, missingHours, object?.key])).toEqual([
      ['DIGEST_MISSING', 2, trail.digests[3]?.key],
    ]);
  });

  it('after the missing one was found missing: the late one belongs to the chain and is no replay', async () => {
    const trail = makeTrail(4);
    const made = await scanned(trail);
    const late = trail.digests[2];
    const kept = trail.world.get(late?.id ?? '');
    trail.world.delete(late?.id ?? '');
    for (const at of [0, 1, 3]) await made.arrive(trail.digests[at]);
    expect(codes(made.announced)).toEqual(['DIGEST_MISSING']);
    if (kept !== undefined) trail.world.set(late?.id ?? '', kept);
    expect(await made.arrive(late)).toMatchObject({ outcome: 'valid', problems: [] });
  });

  it.each([
    ['a stop of three hours', 3 * HOUR, 'CHAIN_GAP'],
    ['a restart without a hole', 0, 'CHAIN_RESTART'],
  ])('after %s: the stored head tells, though every older digest was deleted', async (_, pause, code) => {
    const trail = makeTrail(2);
    const made = await scanned(trail);
    for (const digest of trail.digests) await made.arrive(digest);
    trail.world.clear();
    const start = addDigest(trail.world, { end: START + 3 * HOUR + pause, logs: [] });
    await made.arrive(start);
    await made.arrive(start);
    expect(codes(made.announced)).toEqual([code]);
  });

  it('rewritten: another version, another content, another body under the head', async () => {
    const trail = makeTrail(3);
    const made = await scanned(trail);
    for (const digest of trail.digests) await made.arrive(digest);
    const [, second, third] = trail.digests;
    const stored = trail.world.get(second?.id ?? '');
    if (stored !== undefined) stored.versionId = 'v-again';
    expect(codes((await made.arrive(second)).problems)).toEqual(['DIGEST_REWRITTEN']);
    addDigest(trail.world, { end: START + 3 * HOUR, previous: second, fields: { newestEventTime: 'x' } });
    expect(codes((await made.arrive(third)).problems)).toContain('DIGEST_REWRITTEN');
  });

  it('signed, but beside the chain or before it: orphan and replay', async () => {
    const trail = makeTrail(60);
    const made = await scanned(trail);
    for (const digest of trail.digests.slice(10)) await made.arrive(digest);
    const orphan = addDigest(trail.world, { end: START + 50 * HOUR - 5000, start: START + 49 * HOUR, logs: [] });
    expect(codes((await made.arrive(orphan)).problems)).toEqual(['DIGEST_ORPHAN']);
    expect(codes((await made.arrive(trail.digests[3])).problems)).toEqual(['REPLAY']);
  });

  it('linked to another body than the one that arrived: hash and signature differ', async () => {
    const trail = makeTrail(2);
    const made = await scanned(trail);
    await made.arrive(trail.digests[0]);
    const [first, second] = trail.digests;
    const other = addDigest(new Map(), { end: START + HOUR, logs: [] });
    const wrong = addDigest(trail.world, {
      end: START + 2 * HOUR,
      previous: { ...other, id: first?.id ?? '' },
      logs: [],
    });
    expect(wrong.id).toBe(second?.id);
    expect(codes((await made.arrive(wrong)).problems)).toEqual(['CHAIN_HASH_MISMATCH', 'CHAIN_SIGNATURE_MISMATCH']);
  });

  it('with a bad signature: a finding, and the head stays, so that the next links to the last good one', async () => {
    const trail = makeTrail(3);
    const made = await scanned(trail);
    const bad = trail.world.get(trail.digests[1]?.id ?? '');
    if (bad !== undefined) bad.metadata = {};
    for (const digest of trail.digests) await made.arrive(digest);
    expect(codes(made.announced)).toEqual(['DIGEST_SIGNATURE']);
    expect((await made.ledger.getChain(chainId(CHAIN)))?.head.key).toBe(trail.digests[2]?.key);
  });

  it('of a trail that is not ours, late, too early, gone, or no digest', async () => {
    const trail = makeTrail(3);
    const [first, second, third] = trail.digests;
    expect(codes((await bench(trail.world, { accepts: () => false }).arrive(first)).problems)).toEqual([
      'DIGEST_SCOPE',
    ]);
    const at = (digest: MadeDigest | undefined, time: number) => {
      const stored = trail.world.get(digest?.id ?? '');
      if (stored !== undefined) stored.lastModified = new Date(time).toISOString();
    };
    at(first, START + HOUR + 28 * 60_000);
    at(second, START + 2 * HOUR + 4 * HOUR);
    at(third, START + 2 * HOUR);
    const made = await scanned(trail);
    for (const digest of trail.digests) await made.arrive(digest);
    expect(codes(made.announced)).toEqual(['LATE_DIGEST', 'CLOCK_SKEW']);
    trail.world.delete(third?.id ?? '');
    expect(codes((await bench(trail.world).arrive(third)).problems)).toEqual(['DIGEST_MISSING']);
    const none = await verifyDigest({
      ...portsOf(trail.world),
      ledger: memoryLedger(),
      requeue: async () => {},
      clock: () => NOW,
    })({ bucket: BUCKET, key: 'x.txt' });
    expect(none.outcome).toBe('not-a-digest');
  });

  it('when no key can be had: one finding, and retried when a retry may help', async () => {
    const trail = makeTrail(1);
    const listing = (error: Error) =>
      bench(trail.world, {}, { listPublicKeys: async () => Promise.reject(error) }).arrive(trail.digests[0]);
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    expect(codes((await listing(denied)).problems)).toEqual(['KEYS_UNAVAILABLE']);
    await expect(listing(new Error('socket hang up'))).rejects.toThrow('socket hang up');
  });

  it('loses no finding when publishing fails: the state does not move on', async () => {
    const trail = makeTrail(2);
    const made = await scanned(trail);
    await made.arrive(trail.digests[0]);
    trail.world.delete(trail.digests[1]?.logs[0] ?? '');
    const failing = bench(
      trail.world,
      {},
      { ledger: made.ledger, announce: async () => Promise.reject(new Error('SNS')) },
    );
    await expect(failing.arrive(trail.digests[1])).rejects.toThrow('SNS');
    expect((await made.ledger.getChain(chainId(CHAIN)))?.head.key).toBe(trail.digests[0]?.key);
    expect(codes((await made.arrive(trail.digests[1])).problems)).toEqual(['LOG_MISSING']);
  });
});

describe('the logs of a digest', () => {
  it('that nobody was told of are told once a digest, but for those of the first digest ever seen', async () => {
    const trail = makeTrail(4);
    const told: string[] = [];
    const made = bench(
      trail.world,
      {},
      {
        announceLost: async (digest, files) => {
          told.push(...files.map(({ key }) => `${digest.key} ${key}`));
        },
      },
    );
    const [, second, third] = trail.digests;
    await made.scan((second?.logs ?? []).slice(1));
    await made.scan(third?.logs ?? []);
    // The fourth comes before the third, whose logs were all scanned.
    const [first, , , fourth] = trail.digests;
    for (const digest of [first, second, fourth, third, second, fourth]) await made.arrive(digest);
    const lost = [...(second?.logs.slice(0, 1) ?? []).map((id) => [second, id] as const)];
    lost.push(...(fourth?.logs ?? []).map((id) => [fourth, id] as const));
    expect(told).toEqual(lost.map(([digest, id]) => `${digest?.key} ${id.slice(BUCKET.length + 1)}`));
  });

  it('that nobody was told of are told before they are sent back, so that a crash between loses neither', async () => {
    const trail = makeTrail(2);
    const made = bench(trail.world);
    await made.scan(trail.digests.flatMap(({ logs }) => logs).slice(0, -1));
    await made.arrive(trail.digests[0]);
    const failing = bench(
      trail.world,
      {},
      { ledger: made.ledger, announceLost: async () => Promise.reject(new Error('SNS')) },
    );
    await expect(failing.arrive(trail.digests[1])).rejects.toThrow('SNS');
    expect(failing.requeued).toEqual([]);
    await made.arrive(trail.digests[1]);
    expect(made.requeued).toHaveLength(1);
  });

  it('that no scan has recorded are queued again, and then every listed log has been scanned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (delivered) => {
        const trail = makeTrail(4);
        const made = bench(trail.world);
        const logs = trail.digests.flatMap((digest) => digest.logs);
        await made.scan(logs.filter((_, at) => delivered[at]));
        for (const digest of trail.digests) {
          const report = await made.arrive(digest);
          expect(report.logs.unscanned).toBe(report.unscanned.length);
        }
        const lost = logs.filter((_, at) => !delivered[at]);
        expect(made.requeued.map(({ bucket, key }) => `${bucket}/${key}`).sort()).toEqual([...lost].sort());
        await made.scan(made.requeued.map(({ bucket, key }) => `${bucket}/${key}`));
        for (const id of logs)
          expect(await made.ledger.getFile({ bucket: BUCKET, key: id.slice(BUCKET.length + 1) })).toBeDefined();
        expect(made.announced).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('that were scanned with other content than signed: rewritten, and scanned again', async () => {
    const trail = makeTrail(1);
    const [id = ''] = trail.digests[0]?.logs ?? [];
    const good = trail.world.get(id);
    trail.world.set(id, { bytes: gzipSync('{"Records":[]}'), metadata: {}, versionId: 'v-forged' });
    const made = await scanned(trail);
    if (good !== undefined) trail.world.set(id, good);
    const report = await made.arrive(trail.digests[0]);
    expect(codes(report.problems)).toEqual(['LOG_REWRITTEN']);
    expect(made.requeued.map(({ versionId }) => versionId)).toEqual([good?.versionId]);
  });

  it('that were altered since: told with both hashes and the version', async () => {
    const trail = makeTrail(1);
    const made = await scanned(trail);
    const [id = ''] = trail.digests[0]?.logs ?? [];
    trail.world.set(id, { bytes: gzipSync('{"Records":[]}'), metadata: {}, versionId: 'v-forged' });
    const { problems } = await made.arrive(trail.digests[0]);
    expect(problems).toMatchObject([
      { code: 'LOG_HASH_MISMATCH', object: { versionId: 'v-forged' }, actual: sha256('{"Records":[]}'), chain: CHAIN },
    ]);
    expect(made.requeued).toEqual([]);
  });

  const headOf =
    (world: World): HeadObject =>
    async ({ bucket, key }) => {
      const stored = world.get(`${bucket}/${key}`);
      if (stored === undefined) return { kind: 'missing' };
      return { kind: 'found', ...(stored.versionId !== undefined && { versionId: stored.versionId }) };
    };

  it('whose scanned version still stands are not fetched again, unless asked for', async () => {
    const trail = makeTrail(1);
    const headObject = headOf(trail.world);
    const spared = await scanned(trail, {}, { headObject });
    expect((await spared.arrive(trail.digests[0])).logs).toMatchObject({ valid: 2, spared: 2 });
    expect(spared.reads).toHaveLength(1);
    const reread = await scanned(trail, { rereadLogs: true }, { headObject });
    expect((await reread.arrive(trail.digests[0])).logs).toMatchObject({ valid: 2, spared: 0 });
    expect(reread.reads).toHaveLength(3);
  });

  it('whose version has changed, or is gone, are looked at all the same', async () => {
    const trail = makeTrail(1);
    const made = await scanned(trail, {}, { headObject: headOf(trail.world) });
    const [first = '', second = ''] = trail.digests[0]?.logs ?? [];
    trail.world.set(first, { bytes: gzipSync('{}'), metadata: {}, versionId: 'v-forged' });
    trail.world.delete(second);
    expect(codes((await made.arrive(trail.digests[0])).problems)).toEqual(['LOG_HASH_MISMATCH', 'LOG_MISSING']);
  });

  it('with events of a later time than the digest are told', async () => {
    const trail = makeTrail(1);
    const listed = trail.digests[0]?.document['logFiles'];
    const logFiles = Array.isArray(listed)
      ? listed.map((log) => ({ ...log, newestEventTime: writtenTime(START + 9 * HOUR) }))
      : [];
    const digest = addDigest(trail.world, { end: START + HOUR, logs: [], fields: { logFiles: logFiles.slice(0, 1) } });
    expect(codes((await bench(trail.world).arrive(digest)).problems)).toEqual(['EVENT_TIME_ODD']);
  });
});
