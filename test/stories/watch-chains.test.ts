import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../engine/digest/chain.ts';
import { DAY, HOUR, MINUTE, writtenTime } from '../../engine/digest/time.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { integrityFinding } from '../../engine/finding/integrity.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';
import type { TrailAnswer, TrailStatus } from '../../engine/trail/trail.ts';
import { verifyDigest } from '../../engine/verify-digest.ts';
import { type ChainsWorld, watchChains } from '../../engine/watch-chains.ts';
import {
  addDigest,
  BUCKET,
  CHAIN,
  logKeyAt,
  logText,
  type MadeTrail,
  makeTrail,
  portsOf,
  START,
  sha256,
} from '../digest/trail.ts';

const FOUND: TrailAnswer<TrailStatus> = {
  kind: 'found',
  value: { region: CHAIN.region, isLogging: false, latestDigestDeliveryError: 'AccessDenied' },
};

interface Given {
  readonly trail: MadeTrail;
  readonly sweepDays?: number;
  readonly unlisted?: boolean;
  readonly over?: Partial<ChainsWorld>;
}

/** A trail whose digests arrived, and a clock to move. */
const scene = async ({ trail, sweepDays = 0, unlisted = true, over = {} }: Given) => {
  const ledger = memoryLedger();
  const published: Finding[] = [];
  const requeued: ObjectLocation[] = [];
  const ports = portsOf(trail.world);
  const reads: string[] = [];
  let now = START + trail.digests.length * HOUR + 30 * MINUTE;
  const readObject: typeof ports.readObject = (at, limits) => {
    reads.push(at.key);
    return ports.readObject(at, limits);
  };
  const scan = async (key: string, versionId?: string): Promise<void> => {
    const stored = trail.world.get(`${BUCKET}/${key}`);
    if (stored === undefined) return;
    const location = { bucket: BUCKET, key, ...(versionId === undefined ? {} : { versionId }) };
    const counts = { records: 1, malformed: 0, matches: 0, ruleSetVersion: '1' };
    const scannedAt = new Date(now).toISOString();
    await ledger.putFile({ location, sha256: sha256(gunzipSync(stored.bytes)), ...counts, scannedAt }, now);
  };
  const world: ChainsWorld = {
    ...ports,
    readObject,
    ledger,
    publish: async (finding) => void published.push(finding),
    clock: () => now,
    newOwner: () => String(Math.random()),
    askStatus: async () => FOUND,
    requeue: async (locations) => void requeued.push(...locations),
    ...over,
  };
  const arrive = verifyDigest({
    ...ports,
    ledger,
    requeue: async (locations) => void requeued.push(...locations),
    clock: () => now,
  });
  return {
    ledger,
    published,
    requeued,
    reads,
    world,
    scan,
    scanAll: async () => {
      for (const [id, stored] of trail.world)
        if (id.includes('/CloudTrail/')) await scan(id.slice(BUCKET.length + 1), stored.versionId);
    },
    arriveAll: async () => {
      for (const { key } of trail.digests) await arrive({ bucket: BUCKET, key });
    },
    at: (time: number) => {
      now = time;
    },
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    watch: (more: { accepts?: (chain: Chain) => boolean; until?: number } = {}) =>
      watchChains(world)({ accepts: () => true, sweepDays, unlisted, until: now + HOUR, ...more }),
    codes: () => published.map(({ code }) => code),
  };
};

/** Digests arrived and every log was scanned. */
const settled = async (given: Given) => {
  const made = await scene(given);
  await made.scanAll();
  await made.arriveAll();
  expect(made.requeued).toEqual([]);
  return made;
};

describe('digests that stop coming', () => {
  const past = (hours: number, minutes: number): number => START + 2 * HOUR + hours * HOUR + minutes * MINUTE;

  it.each([
    ['in time', past(1, 29), []],
    ['not yet two hours', past(2, 0), []],
    ['over two hours: a warning', past(2, 1), ['medium']],
    ['over three hours: an alarm', past(3, 1), ['high']],
    ['for 30 days', past(24 * 30, 0), ['high']],
    ['for longer: an account or Region that was closed', past(24 * 30, 1), []],
  ])('%s', async (_, at, severities) => {
    const { watch, published, ...then } = await settled({ trail: makeTrail(2) });
    then.at(at);
    await watch();
    expect(published.map(({ code, severity }) => [code, severity])).toEqual(
      severities.map((severity) => ['DIGEST_SILENCE', severity]),
    );
  });

  it('are told with what CloudTrail says, once a stage, however often it is asked', async () => {
    const { watch, published, ...then } = await settled({ trail: makeTrail(2) });
    for (let minutes = 121; minutes < 600; minutes += 15) {
      then.at(past(0, minutes));
      await watch();
    }
    expect(published.map(({ severity }) => severity)).toEqual(['medium', 'high']);
    expect(published[0]?.summary).toContain('the trail is stopped, and digests cannot be delivered: AccessDenied');
    expect(published[0]).toMatchObject({ account: CHAIN.account, region: CHAIN.region });
  });

  it('and come again, and stop again: told anew', async () => {
    const trail = makeTrail(2);
    const { watch, codes, arriveAll, scanAll, ...then } = await settled({ trail });
    then.at(past(2, 5));
    await watch();
    const next = addDigest(trail.world, { end: START + 3 * HOUR, previous: trail.digests.at(-1) });
    await scanAll();
    await verifyDigest({ ...then.world, requeue: async () => {} })({ bucket: BUCKET, key: next.key });
    await watch();
    expect(codes()).toEqual(['DIGEST_SILENCE']);
    then.at(past(3, 5));
    await watch();
    expect(codes()).toEqual(['DIGEST_SILENCE', 'DIGEST_SILENCE']);
  });

  it.each<[string, TrailAnswer<TrailStatus> | undefined, string]>([
    ['is gone', { kind: 'missing' }, 'no such trail any more'],
    ['may not be asked', { kind: 'denied', reason: 'AccessDenied' }, 'refuses to tell the trail'],
    ['is not configured', undefined, 'missing for over an hour.'],
  ])('of a trail that %s', async (_, answer, words) => {
    const { watch, published, ...then } = await settled({
      trail: makeTrail(2),
      over: { askStatus: async () => answer },
    });
    then.at(past(2, 5));
    await watch();
    expect(published[0]?.summary).toContain(words);
  });

  it('though CloudTrail cannot be asked why', async () => {
    const askStatus = () => Promise.reject(new Error('ThrottlingException'));
    const { watch, published, ...then } = await settled({ trail: makeTrail(2), over: { askStatus } });
    then.at(past(2, 5));
    await watch();
    expect(published[0]?.summary).toContain('could not be asked for the trail');
  });

  it('though later ones stand in the bucket: the newest is sent to be verified, and told when that does not help', async () => {
    const trail = makeTrail(2);
    const { watch, published, requeued, ...then } = await settled({ trail });
    const missed = addDigest(trail.world, { end: START + 3 * HOUR, previous: trail.digests.at(-1) });
    const newest = addDigest(trail.world, { end: START + 4 * HOUR, previous: missed });
    then.at(past(2, 40));
    await watch();
    expect(requeued).toEqual([{ bucket: BUCKET, key: newest.key }]);
    expect(published).toEqual([]);
    then.at(past(3, 40));
    for (let run = 0; run < 2; run++) await watch();
    expect(published.map(({ code, severity }) => [code, severity])).toEqual([['DIGEST_SILENCE', 'medium']]);
    expect(published[0]?.summary).toContain('later ones stand in the bucket');
    requeued.length = 0;
    for (let run = 0; run < 8; run++) {
      then.wait(15 * MINUTE);
      await watch();
    }
    expect(requeued).toHaveLength(2);
    then.at(past(3, 40));
    await verifyDigest(then.world)({ bucket: BUCKET, key: newest.key });
    requeued.length = 0;
    await watch();
    expect(requeued).toEqual([]);
  });

  it('in more than ten chains at once are one finding', async () => {
    const { watch, published, ledger, ...then } = await scene({ trail: makeTrail(2) });
    const head = { bucket: BUCKET, key: 'k', hash: 'h', signature: 's' };
    for (let account = 0; account < 11; account++)
      await ledger.putChain(
        `o-1/${111111111111 + account}/eu-west-1/main/us-east-1`,
        { ...head, endTime: writtenTime(START + account * 60_000) },
        undefined,
      );
    for (const minutes of [135, 150, 165]) {
      then.at(START + minutes * MINUTE);
      await watch();
    }
    expect(published).toHaveLength(1);
    expect(published[0]?.summary).toContain('11 chains have no digest');
  });

  it('of chains that are not expected are no matter, nor of backfills', async () => {
    const { watch, codes, ledger, ...then } = await settled({ trail: makeTrail(2) });
    const head = { bucket: BUCKET, key: 'k', hash: 'h', signature: 's', endTime: writtenTime(START) };
    await ledger.putChain('-/111122223333/eu-west-1/main/us-east-1/backfill', head, undefined);
    then.at(past(2, 5));
    await watch({ accepts: ({ backfill }) => backfill });
    expect(codes()).toEqual([]);
  });
});

describe('log files that were sent back to be scanned', () => {
  it('and were: forgotten', async () => {
    const { arriveAll, scanAll, watch, wait, codes, ledger, requeued } = await scene({ trail: makeTrail(1) });
    await arriveAll();
    expect(requeued).toHaveLength(2);
    wait(5 * MINUTE);
    await scanAll();
    await watch();
    wait(HOUR);
    await watch();
    expect(codes()).toEqual([]);
    expect(await ledger.getPending('-/111122223333/eu-west-1/main_trail.v-2/us-east-1')).toBeUndefined();
  });

  it('and were not within 45 minutes: each told once', async () => {
    const { arriveAll, scan, watch, wait, published, requeued } = await scene({ trail: makeTrail(1) });
    await arriveAll();
    const [first, second] = requeued;
    if (first !== undefined) await scan(first.key, first.versionId);
    wait(44 * MINUTE);
    await watch();
    expect(published).toEqual([]);
    wait(MINUTE);
    for (let run = 0; run < 3; run++) await watch();
    expect(published).toMatchObject([{ code: 'LOG_UNSCANNED', severity: 'medium', seen: { object: second } }]);
  });

  it('are asked for again while the finding cannot be published', async () => {
    let open = false;
    const told: Finding[] = [];
    const publish = async (finding: Finding): Promise<void> => {
      if (!open) throw new Error('closed');
      told.push(finding);
    };
    const { arriveAll, watch, wait } = await scene({ trail: makeTrail(1), over: { publish } });
    await arriveAll();
    wait(HOUR);
    await expect(watch()).rejects.toThrow('are not settled');
    open = true;
    await watch();
    expect(told.map(({ code }) => code)).toEqual(['LOG_UNSCANNED', 'LOG_UNSCANNED']);
  });

  it('because other content had been scanned are not done by that earlier scan', async () => {
    const trail = makeTrail(1);
    const { arriveAll, scanAll, watch, wait, codes } = await scene({ trail });
    const [id = ''] = trail.digests[0]?.logs ?? [];
    const good = trail.world.get(id);
    if (good !== undefined) trail.world.set(id, { bytes: gzipSync('{"Records":[]}'), metadata: {} });
    await scanAll();
    if (good !== undefined) trail.world.set(id, { bytes: good.bytes, metadata: {} });
    wait(2 * MINUTE);
    await arriveAll();
    wait(HOUR);
    await watch();
    expect(codes()).toEqual(['LOG_UNSCANNED']);
  });
});

describe('the sweep through stored hours', () => {
  const HOURS = 60;
  const days = (HOURS * HOUR) / DAY;

  /** Runs every quarter of an hour for a day, with the head kept fresh enough not to be silent. */
  const dayOf = async (made: Awaited<ReturnType<typeof settled>>) => {
    let hours = 0;
    for (let run = 0; run < 96; run++) {
      hours += (await made.watch()).swept.hours;
      made.wait(15 * MINUTE);
    }
    return hours;
  };
  const withoutSilence = ({ codes }: { codes: () => readonly (string | undefined)[] }) =>
    codes().filter((code) => code !== 'DIGEST_SILENCE');

  it('goes over each stored hour once a day, and finds nothing in an intact trail', async () => {
    const made = await settled({ trail: makeTrail(HOURS), sweepDays: 3 });
    made.reads.length = 0;
    const hours = await dayOf(made);
    expect(withoutSilence(made)).toEqual([]);
    expect(hours).toBeGreaterThan((days - 1) * 24);
    expect(hours).toBeLessThan(3 * 24 + 24);
    const logs = made.reads.filter((key) => key.includes('/CloudTrail/'));
    expect(new Set(logs).size).toBe(2 * HOURS);
  });

  const at = (trail: MadeTrail, hour: number) => {
    const digest = trail.digests[hour];
    const [log = ''] = digest?.logs ?? [];
    return { digest: digest?.id ?? '', log };
  };

  it.each<[string, (trail: MadeTrail) => void, readonly string[]]>([
    [
      'a log file that was altered',
      (trail) => void trail.world.set(at(trail, 20).log, { bytes: gzipSync('{}'), metadata: {}, versionId: 'v2' }),
      ['LOG_HASH_MISMATCH'],
    ],
    ['a log file that was deleted', (trail) => void trail.world.delete(at(trail, 20).log), ['LOG_MISSING']],
    ['a digest that was deleted', (trail) => void trail.world.delete(at(trail, 20).digest), ['DIGEST_MISSING']],
    ['the newest digest, deleted', (trail) => void trail.world.delete(at(trail, HOURS - 1).digest), ['DIGEST_MISSING']],
    [
      'a log file that nobody vouches for',
      (trail) => {
        const text = gzipSync(logText('invented'));
        trail.world.set(`${BUCKET}/${logKeyAt(START + 20.5 * HOUR, 'invented')}`, { bytes: text, metadata: {} });
      },
      ['LOG_UNLISTED'],
    ],
  ])('finds %s, once in two days', async (_, tamper, codes) => {
    const trail = makeTrail(HOURS);
    const made = await settled({ trail, sweepDays: 4 });
    tamper(trail);
    await dayOf(made);
    await dayOf(made);
    expect(withoutSilence(made)).toEqual(codes);
  });

  it('finds a day whose digests are all gone by the one that follows', async () => {
    const trail = makeTrail(HOURS);
    const made = await settled({ trail, sweepDays: 4 });
    for (let hour = 10; hour < 40; hour++) trail.world.delete(at(trail, hour).digest);
    await dayOf(made);
    expect(withoutSilence(made)).toContain('DIGEST_MISSING');
  });

  it('says nothing of unlisted files younger than a day, nor where it is turned off', async () => {
    const trail = makeTrail(HOURS);
    trail.world.set(`${BUCKET}/${logKeyAt(START + (HOURS - 2.5) * HOUR, 'invented')}`, {
      bytes: gzipSync(logText('invented')),
      metadata: {},
    });
    const made = await settled({ trail, sweepDays: 4 });
    await made.watch();
    await made.watch();
    expect(withoutSilence(made)).toEqual([]);
    const off = await settled({ trail, sweepDays: 4, unlisted: false });
    off.wait(DAY);
    await dayOf(off);
    expect(withoutSilence(off)).toEqual([]);
  });

  it('tells the same problem with the id it had on arrival', async () => {
    const trail = makeTrail(3);
    trail.world.delete(at(trail, 1).log);
    const made = await scene({ trail, sweepDays: 2 });
    await made.scanAll();
    const announced: string[] = [];
    const verify = verifyDigest({
      ...made.world,
      requeue: async () => {},
      announce: async (problems) => void announced.push(...problems.map((one) => integrityFinding(one, '').id)),
    });
    for (const { key } of trail.digests) await verify({ bucket: BUCKET, key });
    await dayOf(made);
    const swept = made.published.filter(({ code }) => code !== 'DIGEST_SILENCE');
    expect(swept.map(({ id }) => id)).toEqual(announced);
    expect(announced).toHaveLength(1);
  });

  it('puts a slice down when time is over, takes smaller ones, and gets through all the same', async () => {
    const made = await settled({ trail: makeTrail(HOURS), sweepDays: 3 });
    // Each read costs a second, and a run has so many: a slice of three hours fits, one of 24 does not.
    const slow = made.world.readObject;
    const readObject: typeof slow = (...asked) => {
      made.wait(1000);
      return slow(...asked);
    };
    const world = { ...made.world, readObject };
    made.reads.length = 0;
    let stopped = 0;
    for (let run = 0; run < 200; run++) {
      const started = world.clock();
      const options = { accepts: () => true, sweepDays: 3, unlisted: false, until: started + 20_000 };
      const { swept } = await watchChains(world)(options);
      stopped += swept.stopped;
      expect(swept.skipped).toBe(0);
      made.at(started + 8 * MINUTE);
    }
    expect(stopped).toBeGreaterThan(0);
    expect(withoutSilence(made)).toEqual([]);
    expect(new Set(made.reads.filter((key) => key.includes('/CloudTrail/'))).size).toBeGreaterThan(100);
  });

  it('leaves out an hour that is too long for a run, and says so', async () => {
    const made = await settled({ trail: makeTrail(HOURS), sweepDays: 3 });
    let skipped = 0;
    for (let run = 0; run < 8; run++) {
      skipped += (await made.watch({ until: made.world.clock() + 1 })).swept.skipped;
      made.wait(HOUR);
    }
    expect(skipped).toBe(0);
    const readObject = () => {
      made.wait(10_000);
      return Promise.reject(new Error('late'));
    };
    const world = { ...made.world, readObject };
    for (let run = 0; run < 8; run++) {
      const options = { accepts: () => true, sweepDays: 3, unlisted: false, until: world.clock() + 5000 };
      skipped += (await watchChains(world)(options)).swept.skipped;
      made.wait(HOUR);
    }
    expect(skipped).toBeGreaterThan(0);
    expect(withoutSilence(made)).toEqual([]);
  });

  it('does not take a fault of the way for one of the objects', async () => {
    const made = await settled({ trail: makeTrail(HOURS), sweepDays: 2 });
    const world = { ...made.world, readObject: () => Promise.reject(new Error('SlowDown')) };
    const options = { accepts: () => true, sweepDays: 2, unlisted: true, until: world.clock() + HOUR };
    for (let run = 0; run < 2; run++) await expect(watchChains(world)(options)).rejects.toThrow('SlowDown');
    expect(made.codes()).toEqual([]);
    expect((await made.watch()).swept.hours).toBeGreaterThan(0);
  });

  it('tells of many of one code a few, and counts the rest', async () => {
    const trail = makeTrail(HOURS);
    const made = await settled({ trail, sweepDays: 4 });
    for (const { logs } of trail.digests.slice(0, 40)) for (const id of logs) trail.world.delete(id);
    await dayOf(made);
    const missing = made.published.filter(({ code }) => code === 'LOG_MISSING');
    expect(missing.length).toBeGreaterThan(25);
    expect(missing.length).toBeLessThan(80);
    expect(missing.some(({ summary }) => / more of the same/.test(summary))).toBe(true);
  });
});
