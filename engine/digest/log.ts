import { hash } from 'node:crypto';
import { inflateMember } from '../record/gzip.ts';
import type { ObjectLocation } from '../record/location.ts';
import type { ListedLog } from './document.ts';
import type { StoredObject } from './examine.ts';
import type { IntegrityCode } from './problem.ts';

/** Largest log file inflated, in bytes: CloudTrail's own limit is 50 MB before compression. */
const MAX_LOG_BYTES = 128 * 1024 * 1024;

/** What was found of a log file a digest lists. `sha256` is '' where there was nothing to hash. */
export type LogVerdict =
  | { readonly kind: 'valid'; readonly location: ObjectLocation; readonly sha256: string }
  | {
      readonly kind: 'invalid';
      readonly location: ObjectLocation;
      readonly sha256: string;
      readonly code: IntegrityCode;
      readonly reason: string;
      readonly expected?: string;
      readonly actual?: string;
    };

const FORMAT: { readonly [fault: string]: IntegrityCode } = { truncated: 'LOG_TRUNCATED' };

/**
 * Compares a log file with its entry in a digest. The order of the checks is that of AWS CLI 1.45.12 and later:
 * trailing data before the hash.
 *
 * @param listed the digest's entry
 * @param stored what the store answered
 * @param trusted false when the digest's signature is bad: then its hash proves nothing and only what is wrong with the
 *   object itself is told
 * @param maxBytes cap on the inflated size
 */
export const examineLog = (
  listed: ListedLog,
  stored: StoredObject,
  trusted: boolean,
  maxBytes: number = MAX_LOG_BYTES,
): LogVerdict => {
  const { bucket, key } = listed;
  const versionId = stored.kind === 'found' ? stored.versionId : undefined;
  const location: ObjectLocation = versionId === undefined ? { bucket, key } : { bucket, key, versionId };
  const invalid = (code: IntegrityCode, reason: string, sha256 = '', compared = {}): LogVerdict => ({
    kind: 'invalid',
    location,
    sha256,
    code,
    reason,
    ...compared,
  });
  if (stored.kind === 'missing') return invalid('LOG_MISSING', 'the digest lists the log file and it is not there');
  if (stored.kind === 'unreadable') return invalid('LOG_UNREADABLE', `${stored.code}: ${stored.reason}`);
  const inflated = inflateMember(stored.bytes, maxBytes);
  if (inflated.kind === 'fault') return invalid(FORMAT[inflated.fault] ?? 'LOG_FORMAT', inflated.reason);
  const sha256 = hash('sha256', inflated.bytes, 'hex');
  if (inflated.trailing > 0)
    return invalid('LOG_TRAILING_DATA', `${inflated.trailing} bytes stand behind the gzip member`, sha256);
  if (!trusted) return { kind: 'valid', location, sha256 };
  if (listed.algorithm !== 'SHA-256') {
    const compared = { expected: 'SHA-256', actual: listed.algorithm ?? 'nothing' };
    return invalid('LOG_ALGORITHM', 'the digest names another hash than SHA-256', sha256, compared);
  }
  // Plain comparison, as the AWS CLI does: CloudTrail writes lowercase hex.
  if (sha256 === listed.hash) return { kind: 'valid', location, sha256 };
  const compared = { expected: listed.hash, actual: sha256 };
  return invalid('LOG_HASH_MISMATCH', 'the content is not what CloudTrail delivered', sha256, compared);
};
