import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HOUR, writtenTime } from '../../engine/digest/time.ts';
import { findPlaces } from '../../engine/find-places.ts';
import { verifyRange } from '../../engine/verify-range.ts';
import {
  addDigest,
  BUCKET,
  CHAIN,
  codesOf,
  type DigestPlan,
  digestKeyAt,
  KEY,
  logKeyAt,
  logText,
  type MadeDigest,
  type MadeTrail,
  makeKey,
  makeTrail,
  PLACE,
  portsOf,
  START,
  type Stored,
  sha256,
} from './trail.ts';

const HOURS = 5;
const MIDDLE = 2;

/** The trail with one digest planned otherwise. */
const planned = (change: (plan: DigestPlan) => Partial<DigestPlan>): MadeTrail =>
  makeTrail(HOURS, (plan, hour) => (hour === MIDDLE ? { ...plan, ...change(plan) } : plan));

const nth = ({ digests }: MadeTrail, at: number): MadeDigest => {
  const digest = digests[at];
  if (digest === undefined) throw new Error(`no digest ${at}`);
  return digest;
};

const stored = ({ world }: MadeTrail, id: string | undefined): Stored => {
  const found = world.get(id ?? '');
  if (found === undefined) throw new Error(`no object ${id}`);
  return found;
};

/** The intact trail, tampered with. */
const tampered = (tamper: (trail: MadeTrail, digest: MadeDigest, object: Stored, log: Stored) => void): MadeTrail => {
  const trail = makeTrail(HOURS);
  const digest = nth(trail, MIDDLE);
  tamper(trail, digest, stored(trail, digest.id), stored(trail, digest.logs[0]));
  return trail;
};

const splitMembers = (text: string): Buffer => Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]);

/** Another gzip header (name, other system) and compression around the same content. */
const regzipped = (text: string): Buffer => {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(text), 0);
  trailer.writeUInt32LE(Buffer.byteLength(text), 4);
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 1, 2, 3, 4, 2, 3, ...Buffer.from('name\0')]);
  return Buffer.concat([header, deflateRawSync(text, { level: 1 }), trailer]);
};

const cases: readonly (readonly [string, () => MadeTrail, readonly string[]])[] = [
  ['an intact trail', () => makeTrail(HOURS), []],
  ['hours without logs', () => planned(() => ({ logs: [] })), []],
  ['logFiles null', () => planned(() => ({ logs: [], fields: { logFiles: null } })), []],
  ['a log listed twice', () => planned(({ end }) => twice(end)), []],
  [
    'a log listed with a hash in capitals',
    () => planned(({ end }) => listedAs(end, 'x', { hashValue: sha256(logText('x')).toUpperCase() })),
    ['LOG_HASH_MISMATCH'],
  ],
  [
    'a log listed with SHA-512',
    () => planned(({ end }) => listedAs(end, 'x', { hashAlgorithm: 'SHA-512' })),
    ['LOG_ALGORITHM'],
  ],
  [
    'a log altered',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = gzipSync('{"Records":[]}');
      }),
    ['LOG_HASH_MISMATCH'],
  ],
  [
    'a log emptied',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = Buffer.alloc(0);
      }),
    ['LOG_TRUNCATED'],
  ],
  [
    'a log cut in the stream',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = log.bytes.subarray(0, 30);
      }),
    ['LOG_TRUNCATED'],
  ],
  [
    'a log without its trailer',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = log.bytes.subarray(0, -8);
      }),
    ['LOG_TRUNCATED'],
  ],
  [
    'a log with a wrong CRC',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes.writeUInt32LE(1, log.bytes.length - 8);
      }),
    ['LOG_FORMAT'],
  ],
  [
    'a log stored plain',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = gunzipSync(log.bytes);
      }),
    ['LOG_FORMAT'],
  ],
  [
    'a log gzipped again, with another header',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = regzipped(gunzipSync(log.bytes).toString());
      }),
    [],
  ],
  [
    'an empty member behind a log',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = Buffer.concat([log.bytes, gzipSync('')]);
      }),
    ['LOG_TRAILING_DATA'],
  ],
  [
    'a log split into two members',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = splitMembers(gunzipSync(log.bytes).toString());
      }),
    ['LOG_TRAILING_DATA'],
  ],
  [
    'a zero byte behind a log',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = Buffer.concat([log.bytes, Buffer.alloc(1)]);
      }),
    ['LOG_TRAILING_DATA'],
  ],
  [
    'a log deleted',
    () =>
      tampered(({ world }, { logs }) => {
        world.delete(logs[0] ?? '');
      }),
    ['LOG_MISSING'],
  ],
  [
    'a log locked away',
    () =>
      tampered((_, __, ___, log) => {
        log.fault = 'InvalidObjectState';
      }),
    ['LOG_UNREADABLE'],
  ],
  [
    'a log nobody lists',
    () =>
      tampered(({ world }) => {
        world.set(`${BUCKET}/${logKeyAt(START + 2.5 * HOUR, 'extra')}`, { bytes: gzipSync('{}'), metadata: {} });
      }),
    ['LOG_UNLISTED'],
  ],
  [
    'a log nobody lists, after the last digest',
    () =>
      tampered(({ world }) => {
        world.set(`${BUCKET}/${logKeyAt(START + HOURS * HOUR + 60_000, 'extra')}`, {
          bytes: gzipSync('{}'),
          metadata: {},
        });
      }),
    [],
  ],
  [
    'a digest gzipped again',
    () =>
      tampered((_, { text }, object) => {
        object.bytes = regzipped(text);
      }),
    [],
  ],
  [
    'a digest serialised again',
    () =>
      tampered((_, { document }, object) => {
        object.bytes = gzipSync(JSON.stringify(document));
      }),
    ['DIGEST_SIGNATURE'],
  ],
  [
    'bytes behind a digest',
    () =>
      tampered((_, __, object) => {
        object.bytes = Buffer.concat([object.bytes, Buffer.from('x')]);
      }),
    ['DIGEST_TRAILING_DATA'],
  ],
  [
    'a digest cut',
    () =>
      tampered((_, __, object) => {
        object.bytes = object.bytes.subarray(0, -5);
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest emptied',
    () =>
      tampered((_, __, object) => {
        object.bytes = Buffer.alloc(0);
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest that is a list',
    () =>
      tampered((_, __, object) => {
        object.bytes = gzipSync('[]');
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest with a broken UTF-8 byte',
    () =>
      tampered((_, { text }, object) => {
        object.bytes = gzipSync(
          Buffer.concat([Buffer.from(text.slice(0, 30)), Buffer.from([0xff]), Buffer.from(text.slice(30))]),
        );
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest with a byte order mark',
    () =>
      tampered((_, { text }, object) => {
        object.bytes = gzipSync(`\ufeff${text}`);
      }),
    ['DIGEST_FORMAT'],
  ],
  ...['digestPublicKeyFingerprint', 'digestS3Bucket', 'previousDigestSignature', 'digestStartTime', 'logFiles'].map(
    (field) =>
      [
        `a digest without ${field}`,
        () => planned(() => ({ fields: { [field]: undefined } })),
        ['DIGEST_FORMAT'],
      ] as const,
  ),
  [
    'a digest whose log entry has no key',
    () => planned(() => ({ fields: { logFiles: [{ s3Bucket: BUCKET, hashValue: '' }] } })),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest without signature metadata',
    () =>
      tampered((_, __, object) => {
        object.metadata = {};
      }),
    ['DIGEST_SIGNATURE'],
  ],
  [
    'a digest without the algorithm in its metadata',
    () =>
      tampered((_, __, object) => {
        delete object.metadata['signature-algorithm'];
      }),
    ['DIGEST_SIGNATURE'],
  ],
  [
    'a digest with another algorithm in its metadata',
    () =>
      tampered((_, __, object) => {
        object.metadata['signature-algorithm'] = 'SHA1withRSA';
      }),
    ['DIGEST_ALGORITHM'],
  ],
  [
    'a signature in capitals',
    () =>
      tampered((_, __, object) => {
        object.metadata['signature'] = object.metadata['signature']?.toUpperCase() ?? '';
      }),
    [],
  ],
  ['a signature over SHA-1', () => planned(() => ({ hashName: 'RSA-SHA1' })), ['DIGEST_SIGNATURE']],
  ['a signature over SHA-512', () => planned(() => ({ hashName: 'RSA-SHA512' })), ['DIGEST_SIGNATURE']],
  [
    'a digest of another account',
    () => planned(() => ({ fields: { awsAccountId: '999999999999' } })),
    ['DIGEST_SCOPE'],
  ],
  [
    'another previousDigestHashAlgorithm',
    () => planned(() => ({ fields: { previousDigestHashAlgorithm: 'MD5' } })),
    ['DIGEST_ALGORITHM'],
  ],
  [
    'a digest locked away',
    () =>
      tampered((_, __, object) => {
        object.fault = 'AccessDenied';
      }),
    ['DIGEST_UNREADABLE'],
  ],
  [
    'a digest deleted',
    () =>
      tampered(({ world }, { id }) => {
        world.delete(id);
      }),
    ['DIGEST_MISSING'],
  ],
  [
    'two neighbours deleted',
    () =>
      tampered((trail, { id }) => {
        trail.world.delete(id);
        trail.world.delete(nth(trail, MIDDLE + 1).id);
      }),
    ['DIGEST_MISSING'],
  ],
  [
    'the oldest deleted',
    () =>
      tampered((trail) => {
        trail.world.delete(nth(trail, 0).id);
      }),
    ['DIGEST_MISSING'],
  ],
  [
    'the newest deleted',
    () =>
      tampered((trail) => {
        trail.world.delete(nth(trail, HOURS - 1).id);
      }),
    ['DIGEST_SILENCE'],
  ],
  [
    'the newest damaged',
    () =>
      tampered((trail) => {
        stored(trail, nth(trail, HOURS - 1).id).bytes = Buffer.from('x');
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a digest deleted below a damaged one',
    () =>
      tampered((trail, { id }, object) => {
        object.bytes = Buffer.from('x');
        trail.world.delete(nth(trail, MIDDLE - 1).id);
        expect(id).toBeTruthy();
      }),
    ['DIGEST_FORMAT', 'DIGEST_MISSING'],
  ],
  [
    'a digest under an older one’s name',
    () =>
      tampered((trail, _, object) => {
        trail.world.set(nth(trail, 1).id, { ...object });
      }),
    ['DIGEST_MOVED'],
  ],
  [
    'a digest renamed',
    () =>
      tampered(({ world }, { id }, object) => {
        world.set(`${BUCKET}/${digestKeyAt(START + 3 * HOUR + 1000)}`, object);
        world.delete(id);
      }),
    ['DIGEST_MISSING', 'DIGEST_MOVED'],
  ],
  [
    'a digest renamed to no digest’s name',
    () =>
      tampered(({ world }, { id }, object) => {
        world.set(id.replace('_CloudTrail-Digest_', '_kept_').replace(/_\d+T/, '_'), object);
        world.delete(id);
      }),
    ['DIGEST_MISSING', 'DIGEST_MOVED'],
  ],
  [
    'a wrong previousDigestHashValue',
    () => planned(() => ({ fields: { previousDigestHashValue: sha256('other') } })),
    ['CHAIN_HASH_MISMATCH'],
  ],
  [
    'a wrong previousDigestSignature',
    () => planned(() => ({ fields: { previousDigestSignature: 'ab'.repeat(256) } })),
    ['CHAIN_SIGNATURE_MISMATCH'],
  ],
  [
    'another signed body in the place of a digest',
    () =>
      tampered(({ world, digests }, { id }) => {
        addDigest(world, { end: START + 3 * HOUR, previous: digests[MIDDLE - 1], fields: { newestEventTime: 'x' } });
        expect(world.has(id)).toBe(true);
      }),
    ['CHAIN_HASH_MISMATCH', 'CHAIN_SIGNATURE_MISMATCH'],
  ],
  [
    'a start after the predecessor’s end',
    () => planned(({ end }) => ({ fields: { digestStartTime: writtenTime(end - HOUR + 600_000) }, start: end - HOUR })),
    ['CHAIN_TIME_GAP'],
  ],
  [
    'a start before the predecessor’s end',
    () => planned(({ end }) => ({ fields: { digestStartTime: writtenTime(end - HOUR - 600_000) }, start: end - HOUR })),
    ['CHAIN_TIME_OVERLAP'],
  ],
  [
    'a second digest for an hour',
    () =>
      tampered(({ world }) => {
        addDigest(world, { end: START + 3 * HOUR - 5000, start: START + 2 * HOUR, logs: ['orphan'] });
      }),
    ['DIGEST_ORPHAN'],
  ],
  ['a stop of three hours', () => restarted(3 * HOUR), ['CHAIN_GAP']],
  ['a restart without a hole', () => restarted(0), ['CHAIN_RESTART']],
  ['a restart that overlaps', () => restarted(-1_200_000), ['CHAIN_RESTART']],
  [
    'a stop whose earlier digests were deleted',
    () => {
      const trail = restarted(3 * HOUR);
      for (const { id } of trail.digests.slice(0, 2)) trail.world.delete(id);
      return trail;
    },
    ['CHAIN_GAP'],
  ],
  ['a change of prefix', () => changed({ prefix: 'moved/' }), []],
  [
    'a backfill digest',
    () =>
      tampered(({ world }) => {
        backfill(world, {});
      }),
    [],
  ],
  [
    'a backfill digest without its time',
    () =>
      tampered(({ world }) => {
        const { id } = backfill(world, {});
        delete world.get(id)?.metadata['backfill-generation-timestamp'];
      }),
    ['DIGEST_FORMAT'],
  ],
  [
    'a backfill digest with an altered log',
    () =>
      tampered(({ world }) => {
        const { logs } = backfill(world, {});
        world.set(logs[0] ?? '', { bytes: gzipSync('{}'), metadata: {} });
      }),
    ['LOG_HASH_MISMATCH'],
  ],
  [
    'a backfill digest deleted from its chain',
    () =>
      tampered(({ world }) => {
        const first = backfill(world, {});
        backfill(world, { end: START + 4 * HOUR, previous: first, logs: ['late2'] });
        world.delete(first.id);
        for (const log of first.logs) world.delete(log);
      }),
    ['DIGEST_MISSING'],
  ],
  [
    'a log listed by a decoy trail only, validly',
    () =>
      tampered(({ world }) => {
        addDigest(world, { end: START + 3 * HOUR, trail: `${CHAIN.trail}_us-east-1_x`, logs: ['other'] });
      }),
    [],
  ],
  [
    'a log listed by a forged digest of another trail',
    () =>
      tampered(({ world }) => {
        addDigest(world, { end: START + 3 * HOUR, trail: 'other', logs: ['other'], hashName: 'RSA-SHA1' });
      }),
    ['LOG_UNLISTED'],
  ],
  [
    'folder objects',
    () =>
      tampered(({ world }) => {
        for (const key of ['AWSLogs/111122223333/CloudTrail/', 'AWSLogs/111122223333/CloudTrail-Digest/'])
          world.set(`${BUCKET}/${key}`, { bytes: Buffer.alloc(0), metadata: {} });
      }),
    [],
  ],
];

function listedAs(end: number, name: string, fields: object): Partial<DigestPlan> {
  const s3Object = logKeyAt(end - HOUR + 900_000, name);
  const entry = { s3Bucket: BUCKET, s3Object, hashValue: sha256(logText(name)), hashAlgorithm: 'SHA-256', ...fields };
  return { logs: [name], fields: { logFiles: [entry] } };
}

function twice(end: number): Partial<DigestPlan> {
  const { logs = [], fields = {} } = listedAs(end, 'x', {});
  const [entry] = Array.isArray(fields['logFiles']) ? fields['logFiles'] : [];
  return { logs, fields: { logFiles: [entry, entry] } };
}

/** Two hours, a pause, and a new starting digest with its successors up to the end. */
function restarted(pause: number): MadeTrail {
  const trail = makeTrail(2);
  const digests = [...trail.digests];
  const start = START + 2 * HOUR + pause;
  let previous: MadeDigest | undefined;
  for (let end = start + HOUR; end <= START + (HOURS + 0.25) * HOUR || previous === undefined; end += HOUR) {
    previous = addDigest(trail.world, { end, previous });
    digests.push(previous);
  }
  return { world: trail.world, digests };
}

function changed(more: Partial<DigestPlan>): MadeTrail {
  return makeTrail(HOURS, (plan, hour) => (hour < MIDDLE ? { ...plan, ...more } : plan));
}

function backfill(world: MadeTrail['world'], plan: Partial<DigestPlan>): MadeDigest {
  const metadata = { 'backfill-generation-timestamp': writtenTime(START + 8 * HOUR) };
  return addDigest(world, { end: START + 2 * HOUR, suffix: '_backfill', logs: ['late'], metadata, ...plan });
}

describe('a range of a trail', () => {
  it.each(cases)('%s', async (_, make, expected) => {
    expect(await codesOf(make().world, HOURS)).toEqual([...expected].sort());
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
