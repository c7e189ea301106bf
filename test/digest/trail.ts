import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Chain } from '../../engine/digest/chain.ts';
import { HOUR, writtenTime } from '../../engine/digest/time.ts';
import type { ListedObject, ObjectRead, PublicKey } from '../../engine/ports.ts';
import { type VerifyRangeOptions, type VerifyRangePorts, verifyRange } from '../../engine/verify-range.ts';

/** A throw-away key as CloudTrail would list it. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly listed: PublicKey;
}

/** Start of the trails made here. */
export const START = Date.parse('2026-03-05T00:13:52Z');
const DAY = 24 * HOUR;

export const makeKey = (type: 'pkcs1' | 'spki' = 'pkcs1', validity: { start?: number; end?: number } = {}): TestKey => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const value = publicKey.export({ type, format: 'der' });
  const fingerprint = createHash('md5').update(value).digest('hex');
  const validityStart = new Date(validity.start ?? START - 10 * DAY);
  const validityEnd = new Date(validity.end ?? START + 20 * DAY);
  return { privateKey, listed: { fingerprint, value, validityStart, validityEnd } };
};

/** One key for all tests that need no particular one: making one takes a tenth of a second. */
export const KEY = makeKey();

export interface Stored {
  bytes: Buffer;
  metadata: { [name: string]: string };
  versionId?: string;
  lastModified?: string;
  /** Answered instead of the bytes. */
  fault?: string;
}

/** A bucket's objects by `bucket/key`; tests tamper with it. */
export type World = Map<string, Stored>;

export interface MadeDigest {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly document: { readonly [field: string]: unknown };
  readonly text: string;
  readonly signature: string;
  readonly logs: readonly string[];
}

export const CHAIN: Chain = {
  account: '111122223333',
  region: 'eu-west-1',
  trail: 'main_trail.v-2',
  homeRegion: 'us-east-1',
  backfill: false,
};
export const BUCKET = 'trail-bucket';
export const PLACE = { bucket: BUCKET, prefix: '', account: CHAIN.account, region: CHAIN.region };

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const folder = (stream: string, time: number, prefix: string): string =>
  `${prefix}AWSLogs/${CHAIN.account}/${stream}/${CHAIN.region}/${writtenTime(time).slice(0, 10).replaceAll('-', '/')}`;

export const digestKeyAt = (end: number, more: { prefix?: string; trail?: string; suffix?: string } = {}): string => {
  const { prefix = '', trail = CHAIN.trail, suffix = '' } = more;
  const stamp = writtenTime(end).replaceAll(/[-:]/g, '');
  return `${folder('CloudTrail-Digest', end, prefix)}/${CHAIN.account}_CloudTrail-Digest_${CHAIN.region}_${trail}_${CHAIN.homeRegion}_${stamp}${suffix}.json.gz`;
};

export const logKeyAt = (time: number, name: string, prefix = ''): string => {
  const stamp = writtenTime(time)
    .replaceAll(/[-:]/g, '')
    .replace(/\d\dZ$/, 'Z');
  return `${folder('CloudTrail', time, prefix)}/${CHAIN.account}_CloudTrail_${CHAIN.region}_${stamp}_${name}.json.gz`;
};

export const logText = (name: string): string => JSON.stringify({ Records: [{ eventName: 'GetUser', eventID: name }] });

export interface DigestPlan {
  readonly end: number;
  readonly start?: number;
  readonly previous?: MadeDigest | undefined;
  readonly logs?: readonly string[];
  readonly bucket?: string;
  readonly prefix?: string;
  readonly trail?: string;
  readonly suffix?: string;
  readonly key?: TestKey;
  readonly hashName?: string;
  /** Fields CloudTrail would have signed instead; undefined leaves one out. */
  readonly fields?: { readonly [field: string]: unknown };
  readonly metadata?: { readonly [name: string]: string };
}

/** Signs a digest and puts it with its logs into the world. */
export const addDigest = (world: World, plan: DigestPlan): MadeDigest => {
  const { end, start = end - HOUR, previous, bucket = BUCKET, prefix = '', key = KEY, hashName = 'RSA-SHA256' } = plan;
  const objectKey = digestKeyAt(end, plan);
  const logs = (plan.logs ?? [`${end}a`, `${end}b`]).map((name, index) => {
    const logKey = logKeyAt(start + (index + 1) * 900_000, name, prefix);
    const text = logText(name);
    world.set(`${bucket}/${logKey}`, { bytes: gzipSync(text), metadata: {}, versionId: `v-${name}` });
    const newestEventTime = writtenTime(start);
    return { s3Bucket: bucket, s3Object: logKey, hashValue: sha256(text), hashAlgorithm: 'SHA-256', newestEventTime };
  });
  const document = {
    awsAccountId: CHAIN.account,
    digestStartTime: writtenTime(start),
    digestEndTime: writtenTime(end),
    digestS3Bucket: bucket,
    digestS3Object: objectKey,
    digestPublicKeyFingerprint: key.listed.fingerprint,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: null,
    oldestEventTime: null,
    previousDigestS3Bucket: previous?.bucket ?? null,
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: previous === undefined ? null : sha256(previous.text),
    previousDigestHashAlgorithm: previous === undefined ? null : 'SHA-256',
    previousDigestSignature: previous?.signature ?? null,
    logFiles: logs,
    ...plan.fields,
  };
  const text = JSON.stringify(document).replaceAll('/', '\\/');
  const place = `${document.digestS3Bucket}/${document.digestS3Object}`;
  const signed = [document.digestEndTime, place, sha256(text), document.previousDigestSignature ?? 'null'].join('\n');
  const signature = sign(hashName, Buffer.from(signed), key.privateKey).toString('hex');
  const metadata = { signature, 'signature-algorithm': 'SHA256withRSA', ...plan.metadata };
  const id = `${bucket}/${objectKey}`;
  world.set(id, { bytes: gzipSync(text), metadata, versionId: `v-${sha256(id).slice(0, 8)}` });
  return {
    id,
    bucket,
    key: objectKey,
    document,
    text,
    signature,
    logs: logs.map((log) => `${bucket}/${log.s3Object}`),
  };
};

export interface MadeTrail {
  readonly world: World;
  readonly digests: readonly MadeDigest[];
  /** What ListPublicKeys gives, where it is not KEY. */
  readonly keys?: readonly PublicKey[];
}

/** An intact trail: a starting digest and its successors, two logs an hour. `change` edits single plans. */
export const makeTrail = (
  hours: number,
  change: (plan: DigestPlan, hour: number) => DigestPlan = (plan) => plan,
): MadeTrail => {
  const world: World = new Map();
  const digests: MadeDigest[] = [];
  for (let hour = 0; hour < hours; hour += 1)
    digests.push(addDigest(world, change({ end: START + (hour + 1) * HOUR, previous: digests.at(-1) }, hour)));
  return { world, digests };
};

export const copyWorld = (world: World): World =>
  new Map(
    [...world].map(([id, stored]) => [
      id,
      { ...stored, bytes: Buffer.from(stored.bytes), metadata: { ...stored.metadata } },
    ]),
  );

const readOf = (stored: Stored | undefined, maxBytes: number): ObjectRead => {
  if (stored === undefined) return { kind: 'missing' };
  if (stored.fault !== undefined) return { kind: 'unreadable', code: stored.fault, reason: 'refused' };
  if (stored.bytes.length > maxBytes) return { kind: 'unreadable', code: 'TooLarge', reason: 'too large' };
  const { bytes, metadata, versionId, lastModified } = stored;
  return {
    kind: 'found',
    bytes,
    metadata,
    ...(versionId !== undefined && { versionId }),
    ...(lastModified !== undefined && { lastModified }),
  };
};

export const portsOf = (world: World, keys: readonly PublicKey[] = [KEY.listed]): VerifyRangePorts => ({
  readObject: async ({ bucket, key }, { maxBytes = Number.POSITIVE_INFINITY } = {}) =>
    readOf(world.get(`${bucket}/${key}`), maxBytes),
  listObjects: async function* list(bucket, prefix, { startAfter = '' } = {}): AsyncGenerator<ListedObject> {
    for (const id of [...world.keys()].sort()) {
      const key = id.slice(bucket.length + 1);
      if (id.startsWith(`${bucket}/${prefix}`) && key > startAfter) yield { key, size: 0 };
    }
  },
  listPublicKeys: async (region, start, end) =>
    region === CHAIN.region ? keys.filter((key) => key.validityStart <= end && key.validityEnd >= start) : [],
});

/** Verifies the trail over its hours and gives the codes found, each as often as it was found. */
export const codesOf = async (
  world: World,
  hours: number,
  more: VerifyRangeOptions & { keys?: readonly PublicKey[]; start?: number } = {},
): Promise<readonly string[]> => {
  const { keys, start = START - 13 * 60_000, ...options } = more;
  const accepts = (chain: Chain) => chain.trail === CHAIN.trail;
  const verify = verifyRange(portsOf(world, keys), { expected: [CHAIN], accepts, ...options });
  const report = await verify(PLACE, { start, end: START + hours * HOUR + 16 * 60_000 });
  return [...report.problems, ...report.chains.flatMap(({ problems }) => problems)].map(({ code }) => code).sort();
};
