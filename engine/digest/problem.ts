import type { ObjectLocation } from '../record/location.ts';
import type { Chain } from './chain.ts';

/** Every code an integrity problem can have. A code is a contract: it is never renamed, only added. */
export const INTEGRITY_CODES = [
  'DIGEST_UNREADABLE',
  'DIGEST_FORMAT',
  'DIGEST_MOVED',
  'DIGEST_KEY_UNKNOWN',
  'KEY_FINGERPRINT_MISMATCH',
  'KEY_EXPIRED',
  'KEY_TOO_NEW',
  'KEYS_UNAVAILABLE',
  'DIGEST_SIGNATURE',
  'DIGEST_ALGORITHM',
  'DIGEST_SCOPE',
  'DIGEST_TRAILING_DATA',
  'DIGEST_MISSING',
  'DIGEST_SILENCE',
  'DIGEST_ORPHAN',
  'DIGEST_REWRITTEN',
  'DIGEST_DELETED',
  'CHAIN_HASH_MISMATCH',
  'CHAIN_SIGNATURE_MISMATCH',
  'CHAIN_TIME_GAP',
  'CHAIN_TIME_OVERLAP',
  'CHAIN_RESTART',
  'CHAIN_GAP',
  'CHAIN_UNVERIFIED',
  'REPLAY',
  'LATE_DIGEST',
  'CLOCK_SKEW',
  'LOG_MISSING',
  'LOG_HASH_MISMATCH',
  'LOG_FORMAT',
  'LOG_TRUNCATED',
  'LOG_TRAILING_DATA',
  'LOG_UNREADABLE',
  'LOG_ALGORITHM',
  'LOG_REWRITTEN',
  'LOG_DELETED',
  'LOG_UNLISTED',
  'LOG_UNSCANNED',
  'EVENT_TIME_ODD',
] as const;

export type IntegrityCode = (typeof INTEGRITY_CODES)[number];

/** A span of delivery times, ISO 8601 UTC. */
export interface Span {
  readonly start: string;
  readonly end: string;
}

/** One thing that is not as CloudTrail left it. Data only: finding/integrity.ts makes it a finding. */
export interface Problem {
  readonly code: IntegrityCode;
  /** One sentence: what was compared, what was expected, what was found. */
  readonly reason: string;
  /** Absent only where no chain could be told from the key. */
  readonly chain?: Chain;
  /** What the problem is about; for something missing, where it should be. */
  readonly object?: ObjectLocation;
  /** The hour of the chain (or the missing span). */
  readonly span?: Span;
  /** The digest that lists the log, or names the predecessor. */
  readonly digest?: ObjectLocation;
  readonly expected?: string;
  readonly actual?: string;
  /** Digests missing in a row. */
  readonly missingHours?: number;
  /** Where this case weighs more or less than its code does in general. */
  readonly severity?: 'informational' | 'low' | 'medium' | 'high' | 'critical';
  /** What makes the finding's id, where object and hour would tell too much or too little apart. */
  readonly about?: readonly string[];
}
