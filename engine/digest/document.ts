import { isJsonObject, type Json, type JsonObject } from '../record/json.ts';
import { digestTime } from './time.ts';

/** A log file as its digest lists it. */
export interface ListedLog {
  readonly bucket: string;
  readonly key: string;
  /** As written; CloudTrail writes lowercase hex, and only that is accepted. */
  readonly hash: string;
  readonly algorithm: string | undefined;
  readonly newestEventTime: string | undefined;
}

/** The predecessor as a digest names it. Hash and signature are null where the document says null. */
export interface Previous {
  readonly bucket: string;
  readonly key: string;
  readonly hash: string | null;
  readonly hashAlgorithm: string | null;
}

/** A digest's content, checked for form only: nothing in it is true before its signature is. */
export interface DigestDocument {
  readonly account: string;
  /** As written, and in milliseconds since the epoch. */
  readonly startText: string;
  readonly endText: string;
  readonly start: number;
  readonly end: number;
  readonly bucket: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly signatureAlgorithm: string | undefined;
  /** Undefined in a starting digest. */
  readonly previous: Previous | undefined;
  /** Part of the signed text, so kept apart from `previous`. */
  readonly previousSignature: string | null;
  readonly logs: readonly ListedLog[];
}

export type DocumentReading =
  | { readonly kind: 'document'; readonly document: DigestDocument }
  | { readonly kind: 'fault'; readonly reason: string };

/** Thrown and caught in this file only: reading stops at the first field that is not as it must be. */
class NotADigest extends Error {}

const field = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

const text = (object: JsonObject, name: string): string => {
  const value = field(object, name);
  if (typeof value === 'string') return value;
  throw new NotADigest(
    `${name} must be a string, found ${value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 40)}`,
  );
};

const textOrNull = (object: JsonObject, name: string): string | null => {
  const value = field(object, name);
  return value === undefined || value === null ? null : text(object, name);
};

const time = (object: JsonObject, name: string): number => {
  const written = text(object, name);
  const value = digestTime(written);
  if (value !== undefined) return value;
  throw new NotADigest(
    `${name} must be a time like 2024-03-05T01:13:52Z, found ${JSON.stringify(written).slice(0, 40)}`,
  );
};

const readPrevious = (object: JsonObject): Previous | undefined => {
  const bucket = textOrNull(object, 'previousDigestS3Bucket');
  const key = textOrNull(object, 'previousDigestS3Object');
  if (bucket === null || key === null) return undefined;
  const hash = textOrNull(object, 'previousDigestHashValue');
  return { bucket, key, hash, hashAlgorithm: textOrNull(object, 'previousDigestHashAlgorithm') };
};

const readLogs = (object: JsonObject): readonly ListedLog[] => {
  const value = field(object, 'logFiles');
  if (value === null) return [];
  if (!Array.isArray(value)) throw new NotADigest('logFiles must be a list or null');
  return value.map((entry: Json, index): ListedLog => {
    if (!isJsonObject(entry)) throw new NotADigest(`logFiles[${index}] must be an object`);
    return {
      bucket: text(entry, 's3Bucket'),
      key: text(entry, 's3Object'),
      hash: text(entry, 'hashValue'),
      algorithm: textOrNull(entry, 'hashAlgorithm') ?? undefined,
      newestEventTime: textOrNull(entry, 'newestEventTime') ?? undefined,
    };
  });
};

const readObject = (object: JsonObject): DigestDocument => {
  if (field(object, 'previousDigestSignature') === undefined)
    throw new NotADigest('previousDigestSignature is missing');
  return {
    account: text(object, 'awsAccountId'),
    startText: text(object, 'digestStartTime'),
    endText: text(object, 'digestEndTime'),
    start: time(object, 'digestStartTime'),
    end: time(object, 'digestEndTime'),
    bucket: text(object, 'digestS3Bucket'),
    key: text(object, 'digestS3Object'),
    fingerprint: text(object, 'digestPublicKeyFingerprint'),
    signatureAlgorithm: textOrNull(object, 'digestSignatureAlgorithm') ?? undefined,
    previous: readPrevious(object),
    previousSignature: textOrNull(object, 'previousDigestSignature'),
    logs: readLogs(object),
  };
};

/** Strict: a byte order mark and broken UTF-8 are faults, as they are for the AWS CLI. `Buffer.toString` would hide both. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a digest's inflated bytes. Required fields as the AWS CLI requires them (awscli validation.py), and `logFiles`,
 * without which the CLI fails.
 *
 * @param bytes inflated bytes of the digest's first gzip member
 */
export const readDocument = (bytes: Uint8Array): DocumentReading => {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    if (!isJsonObject(value)) return { kind: 'fault', reason: 'the digest is no JSON object' };
    return { kind: 'document', document: readObject(value) };
  } catch (error) {
    if (error instanceof NotADigest) return { kind: 'fault', reason: error.message };
    if (error instanceof SyntaxError) return { kind: 'fault', reason: 'the digest is no JSON text' };
    if (error instanceof TypeError) return { kind: 'fault', reason: 'the digest is not valid UTF-8' };
    if (error instanceof RangeError) return { kind: 'fault', reason: 'the digest is nested too deeply' };
    throw error;
  }
};
