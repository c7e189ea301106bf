import type { IntegrityCode } from '../digest/problem.ts';
import type { Severity } from './finding.ts';

/** How a code is told to people. */
export interface IntegrityText {
  /** By what an attacker could have done to bring it about. */
  readonly severity: Severity;
  readonly title: string;
  /** What it means, as the end of a sentence that begins with the object. */
  readonly meaning: string;
  readonly nextSteps: readonly string[];
}

const ACCESS =
  "Search the bucket owner's CloudTrail S3 data events (or server access logs) for PutObject, CopyObject and DeleteObject on this key: who, from where, when.";
const VERSIONS =
  'List the versions of the key (s3api list-object-versions): an earlier version may still hold what CloudTrail wrote. Keep it before a lifecycle rule removes it.';
const VERIFY = 'Run `trailwarden verify` over the surrounding day to see what else is touched.';
const TRAIL_CALLS =
  'Look for StopLogging, DeleteTrail, UpdateTrail and PutBucketPolicy around the time, in every account that may change the trail.';
const READ_PATH =
  "Check the reader's access: bucket policy, s3:ListBucket (without it S3 answers 403 for what is missing), kms:Decrypt in IAM and key policy, the state of the KMS key, the storage class.";
const UNTRUSTED = 'Treat the log files of this hour as unproven until an intact copy of the digest is found.';

const text = (severity: Severity, title: string, meaning: string, ...nextSteps: readonly string[]): IntegrityText => ({
  severity,
  title,
  meaning,
  nextSteps,
});

/** Every integrity code's severity and words. */
export const INTEGRITY_TEXTS: { readonly [Code in IntegrityCode]: IntegrityText } = {
  DIGEST_UNREADABLE: text(
    'high',
    'A CloudTrail digest cannot be read',
    'cannot be read, so its hour is unproven',
    READ_PATH,
    TRAIL_CALLS,
  ),
  DIGEST_FORMAT: text(
    'high',
    'A CloudTrail digest is damaged',
    'is not a digest any more: it was cut, overwritten or stored in another form',
    VERSIONS,
    ACCESS,
    UNTRUSTED,
  ),
  DIGEST_MOVED: text(
    'high',
    'A CloudTrail digest stands in the wrong place',
    'was written for another place: it was copied, renamed or put over another digest',
    ACCESS,
    VERSIONS,
  ),
  DIGEST_KEY_UNKNOWN: text(
    'critical',
    "A CloudTrail digest is signed with a key that is not AWS's",
    'names a signing key that CloudTrail does not publish: it may be forged',
    VERSIONS,
    ACCESS,
    UNTRUSTED,
  ),
  KEY_FINGERPRINT_MISMATCH: text(
    'critical',
    'The list of CloudTrail public keys is forged',
    'was to be checked with a key whose fingerprint is false: the answer did not come from AWS',
    'Check which endpoint answered ListPublicKeys: proxies, AWS_ENDPOINT_URL, DNS, a key file.',
    UNTRUSTED,
  ),
  KEY_EXPIRED: text(
    'high',
    'A CloudTrail digest is signed with an expired key',
    'is signed with a key that was not valid any more',
    VERSIONS,
    ACCESS,
    UNTRUSTED,
  ),
  KEY_TOO_NEW: text(
    'high',
    'A CloudTrail digest is signed with a key of a later time',
    'is signed with a key that was not valid yet',
    VERSIONS,
    ACCESS,
    UNTRUSTED,
  ),
  KEYS_UNAVAILABLE: text(
    'medium',
    "CloudTrail's public keys cannot be had",
    'could not be checked, because no public key could be listed in its Region',
    'Check that the role may call cloudtrail:ListPublicKeys in the Region, and that the Region is enabled for the account.',
    'Run `trailwarden verify` over the time once keys can be listed.',
  ),
  DIGEST_SIGNATURE: text(
    'critical',
    "A CloudTrail digest's signature is false",
    "does not carry CloudTrail's signature over its content: the content or its metadata was changed",
    VERSIONS,
    ACCESS,
    UNTRUSTED,
  ),
  DIGEST_ALGORITHM: text(
    'medium',
    'A CloudTrail digest names another algorithm',
    'names an algorithm that CloudTrail does not use',
    ACCESS,
    VERSIONS,
  ),
  DIGEST_SCOPE: text(
    'medium',
    'A CloudTrail digest belongs elsewhere',
    'speaks of another account or trail than its path and the configuration do',
    'Compare the trails that write to the bucket with the configured ones.',
    ACCESS,
  ),
  DIGEST_TRAILING_DATA: text(
    'high',
    'Data was appended to a CloudTrail digest',
    'has bytes behind its end, which some readers take for content',
    VERSIONS,
    ACCESS,
  ),
  DIGEST_MISSING: text(
    'critical',
    'A CloudTrail digest is missing',
    'is named by its successor and is not there: nothing proves the log files of its hour',
    VERSIONS,
    ACCESS,
    'Check GetTrailStatus for LatestDigestDeliveryError: a broken bucket policy keeps digests away as well.',
    VERIFY,
  ),
  DIGEST_SILENCE: text(
    'high',
    'CloudTrail digests have stopped',
    'has no digest where one is due: CloudTrail writes one every hour, even when nothing happened',
    TRAIL_CALLS,
    'Ask GetTrailStatus for IsLogging, LatestDigestDeliveryTime and LatestDigestDeliveryError.',
    VERSIONS,
  ),
  DIGEST_ORPHAN: text(
    'medium',
    'A CloudTrail digest stands beside the chain',
    'is signed, but no later digest leads to it: another one stands for its hour',
    VERIFY,
    VERSIONS,
  ),
  DIGEST_REWRITTEN: text(
    'high',
    'A CloudTrail digest was written again',
    'has another version or content than when it was judged first',
    VERSIONS,
    ACCESS,
  ),
  DIGEST_DELETED: text('critical', 'A CloudTrail digest was deleted', 'was deleted', ACCESS, VERSIONS, UNTRUSTED),
  CHAIN_HASH_MISMATCH: text(
    'critical',
    'The chain of CloudTrail digests is broken: hash',
    'was linked to a predecessor with other content than the one that stands there',
    VERSIONS,
    ACCESS,
    VERIFY,
  ),
  CHAIN_SIGNATURE_MISMATCH: text(
    'critical',
    'The chain of CloudTrail digests is broken: signature',
    'was linked to a predecessor with another signature than the one that stands there',
    VERSIONS,
    ACCESS,
    VERIFY,
  ),
  CHAIN_TIME_GAP: text(
    'high',
    'Time is missing between two CloudTrail digests',
    'starts later than its predecessor ended',
    TRAIL_CALLS,
    VERIFY,
  ),
  CHAIN_TIME_OVERLAP: text(
    'low',
    'Two CloudTrail digests overlap in time',
    'starts before its predecessor ended',
    TRAIL_CALLS,
  ),
  CHAIN_RESTART: text(
    'medium',
    'A new chain of CloudTrail digests has started',
    'starts a new chain without a hole: validation or the trail was switched off and on, or made anew',
    TRAIL_CALLS,
  ),
  CHAIN_GAP: text(
    'high',
    'CloudTrail was not vouched for over some time',
    'starts a new chain after time for which there is no digest',
    TRAIL_CALLS,
    'Take the activity of the gap from other sources: CloudTrail event history (90 days), EventBridge, service logs.',
  ),
  CHAIN_UNVERIFIED: text(
    'medium',
    'CloudTrail digests were passed over',
    'follows digests whose arrival was never announced, more than can be taken at once',
    'Run `trailwarden verify` over the hours before it.',
    'Check the notifications of the bucket and the age of the digests queue.',
  ),
  REPLAY: text(
    'high',
    'An old CloudTrail digest has arrived again',
    'is older than the head of its chain and was not seen before',
    ACCESS,
    VERSIONS,
  ),
  LATE_DIGEST: text(
    'low',
    'A CloudTrail digest came late',
    'was written long after its hour',
    'Check GetTrailStatus and the bucket policy: CloudTrail retries a refused delivery for 30 days.',
    ACCESS,
  ),
  CLOCK_SKEW: text(
    'low',
    'A CloudTrail digest is earlier than its hour',
    'was written before its hour was over',
    ACCESS,
  ),
  LOG_MISSING: text(
    'critical',
    'A CloudTrail log file is missing',
    'is listed by a digest and is not there: its records are gone or hidden',
    VERSIONS,
    ACCESS,
    'Recover the records from event history (90 days), from another trail or from replicas.',
  ),
  LOG_HASH_MISMATCH: text(
    'critical',
    'A CloudTrail log file was altered',
    'does not hold what CloudTrail delivered',
    VERSIONS,
    ACCESS,
    'Compare the versions record by record: what was taken out or changed is what somebody wanted hidden.',
  ),
  LOG_FORMAT: text(
    'critical',
    'A CloudTrail log file was replaced',
    'is no CloudTrail log file any more',
    VERSIONS,
    ACCESS,
  ),
  LOG_TRUNCATED: text(
    'critical',
    'A CloudTrail log file was cut',
    'ends early',
    VERSIONS,
    ACCESS,
    'Other validators call a file valid that lacks only its last eight bytes: do not rely on them here.',
  ),
  LOG_TRAILING_DATA: text(
    'critical',
    'Data was appended to a CloudTrail log file',
    'has bytes behind its end, which gunzip, Athena and most SDKs read as records',
    VERSIONS,
    ACCESS,
    'Read the first gzip member only: that is what CloudTrail delivered.',
  ),
  LOG_UNREADABLE: text(
    'high',
    'A CloudTrail log file cannot be read',
    'cannot be read, so its content is unproven and unscanned',
    READ_PATH,
    ACCESS,
  ),
  LOG_ALGORITHM: text(
    'medium',
    'A CloudTrail log file is listed with another hash',
    'is listed with a hash algorithm that CloudTrail does not use',
    VERSIONS,
  ),
  LOG_REWRITTEN: text(
    'high',
    'A CloudTrail log file was written again',
    'was scanned with other content than stands there now',
    VERSIONS,
    ACCESS,
    'Scan the other versions by hand: what was scanned first was not what CloudTrail signed.',
  ),
  LOG_DELETED: text('critical', 'A CloudTrail log file was deleted', 'was deleted', ACCESS, VERSIONS),
  LOG_UNLISTED: text(
    'high',
    'A log file that CloudTrail does not vouch for',
    "stands among CloudTrail's log files and no digest lists it: its records may be invented",
    ACCESS,
    'Check whether another trail without validation writes to the same bucket and prefix.',
    'Do not rely on its records.',
  ),
  LOG_UNSCANNED: text(
    'medium',
    'A CloudTrail log file was not scanned',
    'is vouched for by a digest and was not scanned in time',
    'Check the deliveries queue, its dead-letter queue and the errors of on-delivery.',
    'Scan it by hand: trailwarden scan s3://…',
  ),
  EVENT_TIME_ODD: text(
    'low',
    'A CloudTrail log file holds events of a later time',
    'holds an event later than the digest that lists it',
    VERIFY,
  ),
};
