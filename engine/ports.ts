import type { Finding } from './finding/finding.ts';
import type { ObjectLocation } from './record/location.ts';

/**
 * What the engine's stories ask of the world. Adapters: aws/ (S3, SNS, SQS, CloudTrail), engine/ledger/memory.ts, and
 * the in-memory ones of the tests. Faults that a retry may mend (throttling, time-outs, 5xx) are thrown, so that the
 * message stays on its queue; faults of one object are returned, because they are findings.
 */
export type ObjectRead =
  | {
      readonly kind: 'found';
      /** The stored bytes, still gzipped. */
      readonly bytes: Uint8Array;
      readonly versionId?: string;
      readonly etag?: string;
      /** ISO 8601. */
      readonly lastModified?: string;
      /** User metadata, keys lower case without `x-amz-meta-`. */
      readonly metadata: { readonly [key: string]: string };
    }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'unreadable';
      /** AWS error code: AccessDenied, InvalidObjectState, KMS.DisabledException, NoSuchBucket, TooLarge … */
      readonly code: string;
      readonly reason: string;
    };

/** Reads one object, at its version where the location names one. More than `maxBytes` (compressed) is `TooLarge`. */
export type ReadObject = (location: ObjectLocation, options?: { readonly maxBytes?: number }) => Promise<ObjectRead>;

/** What a HEAD request tells: enough to see that a version is still the current one, without fetching it. */
export type ObjectHead =
  | { readonly kind: 'found'; readonly versionId?: string; readonly etag?: string }
  | Exclude<ObjectRead, { kind: 'found' }>;

/** Asks for one object without its bytes. */
export type HeadObject = (location: ObjectLocation) => Promise<ObjectHead>;

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly lastModified?: string;
}

/** Lists keys in UTF-8 order, page by page. */
export type ListObjects = (
  bucket: string,
  prefix: string,
  options?: { readonly startAfter?: string },
) => AsyncIterable<ListedObject>;

/** One entry of cloudtrail:ListPublicKeys. */
export interface PublicKey {
  readonly fingerprint: string;
  /** DER bytes: PKCS#1 RSAPublicKey or SubjectPublicKeyInfo. */
  readonly value: Uint8Array;
  readonly validityStart: Date;
  readonly validityEnd: Date;
}

/** Public keys that were valid at some time of the range, in the Region that signed. */
export type ListPublicKeys = (region: string, start: Date, end: Date) => Promise<readonly PublicKey[]>;

/** Publishes one finding to the topic. Throws when it was not accepted. */
export type Publish = (finding: Finding) => Promise<void>;

/** Puts log files on the deliveries queue again, to be scanned (healing a lost notification). */
export type Requeue = (locations: readonly ObjectLocation[]) => Promise<void>;

/** Milliseconds since the epoch. */
export type Clock = () => number;
