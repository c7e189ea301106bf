import { createHash, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { folderOf, type TrailLogFile } from './log-files.ts';
import type { Organization } from './organization.ts';
import { stamp } from './record-shape.ts';
import type { SigningKey } from './rsa-key.ts';

/** A digest as it lies in the bucket. Times are milliseconds since the epoch. */
export interface TrailDigest {
  readonly kind: 'digest';
  readonly account: string;
  readonly region: string;
  readonly key: string;
  /** Gzipped. */
  readonly bytes: Uint8Array;
  /** `signature` and `signature-algorithm`, as in x-amz-meta-…. */
  readonly metadata: { readonly signature: string; readonly 'signature-algorithm': string };
  readonly deliveredAt: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly inflatedBytes: number;
  /** Hex, over the inflated bytes. */
  readonly sha256: string;
  readonly logFiles: readonly string[];
}

/** The chain a digest belongs to and its place in it. */
export interface DigestPlace {
  readonly account: string;
  readonly region: string;
  readonly start: number;
  readonly end: number;
  readonly deliveredAt: number;
  /** Absent: the starting digest of its chain. */
  readonly previous?: TrailDigest;
}

const digestKey = (organization: Organization, { account, region, end }: DigestPlace): string => {
  const { name, homeRegion } = organization.trail;
  const time = stamp(end).replaceAll(/[-:]/g, '');
  const folder = folderOf(organization, 'CloudTrail-Digest', { account, region }, end);
  return `${folder}/${account}_CloudTrail-Digest_${region}_${name}_${homeRegion}_${time}.json.gz`;
};

const listed = (bucket: string, file: TrailLogFile) => ({
  s3Bucket: bucket,
  s3Object: file.key,
  hashValue: file.sha256,
  hashAlgorithm: 'SHA-256',
  newestEventTime: file.newestEventTime,
  oldestEventTime: file.oldestEventTime,
});

const digestText = (
  { bucket }: Organization,
  key: string,
  place: DigestPlace,
  content: { readonly fingerprint: string; readonly files: readonly TrailLogFile[] },
): string => {
  const { files } = content;
  const newest = files.map(({ newestEventTime }) => newestEventTime).sort();
  const oldest = files.map(({ oldestEventTime }) => oldestEventTime).sort();
  return JSON.stringify({
    awsAccountId: place.account,
    digestStartTime: stamp(place.start),
    digestEndTime: stamp(place.end),
    digestS3Bucket: bucket,
    digestS3Object: key,
    digestPublicKeyFingerprint: content.fingerprint,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: newest.at(-1) ?? null,
    oldestEventTime: oldest[0] ?? null,
    previousDigestS3Bucket: place.previous === undefined ? null : bucket,
    previousDigestS3Object: place.previous?.key ?? null,
    previousDigestHashValue: place.previous?.sha256 ?? null,
    previousDigestHashAlgorithm: place.previous === undefined ? null : 'SHA-256',
    previousDigestSignature: place.previous?.metadata.signature ?? null,
    logFiles: files.map((file) => listed(bucket, file)),
  }).replaceAll('/', '\\/');
};

/**
 * One signed digest over the log files delivered in its hour.
 *
 * Bytes, field order and the string to sign follow the CloudTrail user guide (log file validation: digest file
 * structure, custom implementations) and a real sample: compact JSON with `\/`, hashes over inflated bytes, signed with
 * RSASSA-PKCS1-v1_5 and SHA-256.
 */
export const makeDigest = (
  organization: Organization,
  key: SigningKey,
  place: DigestPlace,
  files: readonly TrailLogFile[],
): TrailDigest => {
  const objectKey = digestKey(organization, place);
  const text = Buffer.from(digestText(organization, objectKey, place, { fingerprint: key.listed.fingerprint, files }));
  const sha256 = createHash('sha256').update(text).digest('hex');
  const previousSignature = place.previous?.metadata.signature ?? 'null';
  const signed = [stamp(place.end), `${organization.bucket}/${objectKey}`, sha256, previousSignature].join('\n');
  return {
    kind: 'digest',
    account: place.account,
    region: place.region,
    key: objectKey,
    bytes: gzipSync(text),
    metadata: {
      signature: sign('RSA-SHA256', Buffer.from(signed), key.sign).toString('hex'),
      'signature-algorithm': 'SHA256withRSA',
    },
    deliveredAt: place.deliveredAt,
    startTime: place.start,
    endTime: place.end,
    inflatedBytes: text.length,
    sha256,
    logFiles: files.map((file) => file.key),
  };
};
