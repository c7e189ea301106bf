import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import type { IntegrityCode } from '../../engine/digest/problem.ts';
import { HOUR, writtenTime } from '../../engine/digest/time.ts';
import {
  addDigest,
  BUCKET,
  CHAIN,
  type DigestPlan,
  digestKeyAt,
  KEY,
  logKeyAt,
  logText,
  type MadeDigest,
  type MadeTrail,
  makeKey,
  makeTrail,
  START,
  type Stored,
  sha256,
} from './trail.ts';

/** Hours of every trail here: the range to verify. */
export const HOURS = 5;
export const MIDDLE = 2;

const OTHER = makeKey();
const SPKI = makeKey('spki');
const EXPIRED = makeKey('pkcs1', { end: START - 24 * HOUR });
const EXPIRED_MEANWHILE = makeKey('pkcs1', { end: START + HOUR / 2 });
const LATER = makeKey('pkcs1', { start: START + (HOURS + 2) * HOUR });

/** The trail with one digest planned otherwise. */
export const planned = (change: (plan: DigestPlan) => Partial<DigestPlan>): MadeTrail =>
  makeTrail(HOURS, (plan, hour) => (hour === MIDDLE ? { ...plan, ...change(plan) } : plan));

export const nth = ({ digests }: MadeTrail, at: number): MadeDigest => {
  const digest = digests[at];
  if (digest === undefined) throw new Error(`no digest ${at}`);
  return digest;
};

export const stored = ({ world }: MadeTrail, id: string | undefined): Stored => {
  const found = world.get(id ?? '');
  if (found === undefined) throw new Error(`no object ${id}`);
  return found;
};

/** The intact trail, tampered with. */
export const tampered = (
  tamper: (trail: MadeTrail, digest: MadeDigest, object: Stored, log: Stored) => void,
): MadeTrail => {
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

export const SCENARIOS: readonly (readonly [title: string, make: () => MadeTrail, want: readonly IntegrityCode[]])[] = [
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
      tampered((trail, _, object) => {
        object.bytes = Buffer.from('x');
        trail.world.delete(nth(trail, MIDDLE - 1).id);
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
      tampered(({ world, digests }) => {
        addDigest(world, { end: START + 3 * HOUR, previous: digests[MIDDLE - 1], fields: { newestEventTime: 'x' } });
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
  [
    'a log put over another of its hour',
    () =>
      tampered((trail, { logs }, _, log) => {
        log.bytes = stored(trail, logs[1]).bytes;
      }),
    ['LOG_HASH_MISMATCH'],
  ],
  [
    'two logs swapped',
    () =>
      tampered((trail, { logs }, _, log) => {
        const other = stored(trail, logs[1]);
        [log.bytes, other.bytes] = [other.bytes, log.bytes];
      }),
    ['LOG_HASH_MISMATCH', 'LOG_HASH_MISMATCH'],
  ],
  [
    'nothing, gzipped, in the place of a log',
    () =>
      tampered((_, __, ___, log) => {
        log.bytes = gzipSync('');
      }),
    ['LOG_HASH_MISMATCH'],
  ],
  [
    'a log renamed',
    () =>
      tampered(({ world }, { logs: [id = ''] }, _, log) => {
        world.delete(id);
        world.set(id.replace('.json.gz', 'x.json.gz'), log);
      }),
    ['LOG_MISSING', 'LOG_UNLISTED'],
  ],
  ...['AccessDenied', 'KMS.DisabledException', 'InternalError'].map(
    (fault) =>
      [
        `a log that S3 answers with ${fault}`,
        () =>
          tampered((_, __, ___, log) => {
            log.fault = fault;
          }),
        ['LOG_UNREADABLE'],
      ] as const,
  ),
  [
    'an unsigned digest whose logs were deleted',
    () =>
      tampered(({ world }, { logs }, object) => {
        object.metadata = {};
        for (const id of logs) world.delete(id);
      }),
    ['DIGEST_SIGNATURE', 'LOG_MISSING', 'LOG_MISSING'],
  ],
  [
    'an unsigned digest whose logs were damaged',
    () => {
      const trail = planned(() => ({ logs: ['plain', 'longer', 'cut'] }));
      const { id, logs } = nth(trail, MIDDLE);
      const [plain, longer, cut] = logs.map((log) => stored(trail, log));
      stored(trail, id).metadata = {};
      if (plain !== undefined) plain.bytes = gunzipSync(plain.bytes);
      if (longer !== undefined) longer.bytes = Buffer.concat([longer.bytes, Buffer.alloc(1)]);
      if (cut !== undefined) cut.bytes = cut.bytes.subarray(0, 30);
      return trail;
    },
    ['DIGEST_SIGNATURE', 'LOG_FORMAT', 'LOG_TRAILING_DATA', 'LOG_TRUNCATED'],
  ],
  [
    'the newest digest deleted with its logs',
    () =>
      tampered((trail) => {
        const { id, logs } = nth(trail, HOURS - 1);
        for (const one of [id, ...logs]) trail.world.delete(one);
      }),
    ['DIGEST_SILENCE'],
  ],
  [
    'every digest deleted',
    () =>
      tampered(({ world, digests }) => {
        for (const { id } of digests) world.delete(id);
      }),
    ['DIGEST_SILENCE'],
  ],
  [
    'an older digest in the place of a later one',
    () =>
      tampered((trail, _, object) => {
        trail.world.set(nth(trail, MIDDLE + 1).id, { ...object });
      }),
    ['DIGEST_MOVED'],
  ],
  [
    'an older digest in the place of the newest',
    () =>
      tampered((trail, _, object) => {
        trail.world.set(nth(trail, HOURS - 1).id, { ...object });
      }),
    ['DIGEST_MOVED'],
  ],
  [
    'a digest copied to a later name',
    () =>
      tampered(({ world }, _, object) => {
        world.set(`${BUCKET}/${digestKeyAt(START + 3 * HOUR + 1000)}`, { ...object });
      }),
    ['DIGEST_MOVED'],
  ],
  [
    'a digest with the signature of the one before',
    () =>
      tampered((trail, _, object) => {
        object.metadata['signature'] = nth(trail, MIDDLE - 1).signature;
      }),
    ['DIGEST_SIGNATURE'],
  ],
  ...(
    [
      ['with a digit missing', (good) => good.slice(1)],
      ['with its first byte missing', (good) => good.slice(2)],
      ['that is no hexadecimal', (good) => `zz${good.slice(2)}`],
      ['with a space behind', (good) => `${good} `],
      ['that is empty', () => ''],
      ['that is null', () => 'null'],
    ] as const satisfies readonly (readonly [string, (good: string) => string])[]
  ).map(
    ([how, change]) =>
      [
        `a signature ${how}`,
        () =>
          tampered((_, { signature }, object) => {
            object.metadata['signature'] = change(signature);
          }),
        ['DIGEST_SIGNATURE'],
      ] as const,
  ),
  [
    'a digest edited to name another key',
    () =>
      tampered((_, { text }, object) => {
        object.bytes = gzipSync(text.replace(KEY.listed.fingerprint, 'ab'.repeat(16)));
      }),
    ['DIGEST_KEY_UNKNOWN'],
  ],
  [
    'a digest that an attacker signed with a key of his own',
    () => planned(() => ({ key: OTHER })),
    ['DIGEST_KEY_UNKNOWN'],
  ],
  [
    'a key list that gives an attacker’s key under the fingerprint of CloudTrail’s',
    () => {
      const forged = { ...OTHER.listed, fingerprint: KEY.listed.fingerprint };
      const key = { ...OTHER, listed: forged };
      return { ...planned(() => ({ key })), keys: [forged, KEY.listed] };
    },
    ['DIGEST_SIGNATURE'],
  ],
  [
    'a key list with nothing but an attacker’s key under the fingerprint of CloudTrail’s',
    () => {
      const forged = { ...OTHER.listed, fingerprint: KEY.listed.fingerprint };
      const key = { ...OTHER, listed: forged };
      return { ...makeTrail(HOURS, (plan) => ({ ...plan, key })), keys: [forged] };
    },
    Array.from({ length: HOURS }, () => 'KEY_FINGERPRINT_MISMATCH' as const),
  ],
  [
    'a digest signed after its key had expired',
    () => ({ ...planned(() => ({ key: EXPIRED })), keys: [KEY.listed, EXPIRED.listed] }),
    ['KEY_EXPIRED'],
  ],
  [
    'a digest signed after its key had expired, within the range',
    () => ({ ...planned(() => ({ key: EXPIRED_MEANWHILE })), keys: [KEY.listed, EXPIRED_MEANWHILE.listed] }),
    ['KEY_EXPIRED'],
  ],
  [
    'a digest signed before its key was valid',
    () => ({ ...planned(() => ({ key: LATER })), keys: [KEY.listed, LATER.listed] }),
    ['KEY_TOO_NEW'],
  ],
  ['no public key at all', () => ({ ...makeTrail(HOURS), keys: [] }), ['KEYS_UNAVAILABLE']],
  [
    'a key in SubjectPublicKeyInfo',
    () => ({ ...makeTrail(HOURS, (plan) => ({ ...plan, key: SPKI })), keys: [SPKI.listed] }),
    [],
  ],
  ['a change of bucket', () => changed({ bucket: 'old-bucket' }), []],
  [
    'a change of bucket, and the last digest of the old one deleted',
    () => {
      const trail = changed({ bucket: 'old-bucket' });
      trail.world.delete(nth(trail, MIDDLE - 1).id);
      return trail;
    },
    ['DIGEST_MISSING'],
  ],
  [
    'a change of prefix, and the oldest digest deleted',
    () => {
      const trail = changed({ prefix: 'moved/' });
      trail.world.delete(nth(trail, 0).id);
      return trail;
    },
    ['DIGEST_MISSING'],
  ],
  [
    'a backfill digest that names a standard one as its predecessor',
    () =>
      tampered((trail) => {
        backfill(trail.world, { previous: nth(trail, 1) });
      }),
    [],
  ],
  [
    'a backfill digest without a signature',
    () =>
      tampered(({ world }) => {
        delete world.get(backfill(world, { logs: [] }).id)?.metadata['signature'];
      }),
    ['DIGEST_SIGNATURE'],
  ],
  [
    'a backfill digest with a log deleted',
    () =>
      tampered(({ world }) => {
        world.delete(backfill(world, {}).logs[0] ?? '');
      }),
    ['LOG_MISSING'],
  ],
  [
    'a backfill digest signed with the key of the day it was made',
    () => ({
      ...tampered(({ world }) => {
        backfill(world, { key: LATER });
      }),
      keys: [KEY.listed, LATER.listed],
    }),
    [],
  ],
  [
    'a decoy trail whose name begins as ours does and goes on with the home Region, beside an altered log of ours',
    () =>
      tampered(({ world }, _, __, log) => {
        const trail = `${CHAIN.trail}_${CHAIN.homeRegion}_x`;
        let previous: MadeDigest | undefined;
        for (let hour = 1; hour <= HOURS; hour += 1)
          previous = addDigest(world, { end: START + hour * HOUR, trail, previous, logs: [] });
        log.bytes = gzipSync('{"Records":[]}');
      }),
    ['LOG_HASH_MISMATCH'],
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

export function changed(more: Partial<DigestPlan>): MadeTrail {
  return makeTrail(HOURS, (plan, hour) => (hour < MIDDLE ? { ...plan, ...more } : plan));
}

function backfill(world: MadeTrail['world'], plan: Partial<DigestPlan>): MadeDigest {
  const metadata = { 'backfill-generation-timestamp': writtenTime(START + 8 * HOUR) };
  return addDigest(world, { end: START + 2 * HOUR, suffix: '_backfill', logs: ['late'], metadata, ...plan });
}
