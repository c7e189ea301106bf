/**
 * Where `aws cloudtrail validate-logs` 1.45.55 and `trailwarden verify` differ, each with the reason. The lists are exact:
 * a difference that is not here fails the run (oracle.ts), and so does an entry that nothing shows any more.
 */
type Reasons = { readonly [name: string]: string };

/** What it calls INVALID and we do not, by scenario. */
const SPKI = 'the CLI cannot load a public key in SubjectPublicKeyInfo, one of the forms AWS publishes samples of';
export const ONLY_THE_CLI: Reasons = { d34: SPKI, 'a key in SubjectPublicKeyInfo': SPKI };

/** What we find in an object it has looked at and calls valid, by code. */
export const CALLED_VALID: Reasons = {
  CHAIN_GAP: 'it prints a note and ends with 0, or sees nothing when all before the gap is gone',
  CHAIN_HASH_MISMATCH: 'it never compares previousDigestHashValue with the predecessor',
  CHAIN_RESTART: 'it prints a note and ends with 0',
  CHAIN_SIGNATURE_MISMATCH: "it never compares previousDigestSignature with the predecessor's own",
  CHAIN_TIME_GAP: 'it does not look at the continuity of digestStartTime and digestEndTime',
  CHAIN_TIME_OVERLAP: 'it does not look at the continuity of digestStartTime and digestEndTime',
  DIGEST_ALGORITHM: "it reads neither the metadata's nor the document's algorithm",
  DIGEST_SCOPE: 'it does not read awsAccountId',
  DIGEST_TRAILING_DATA: 'it looks for bytes behind the gzip member in log files, not in digests',
  KEY_EXPIRED: 'it takes any key that was valid at some time of the range',
  KEY_FINGERPRINT_MISMATCH: 'it matches a key by the fingerprint it is listed under and never makes the fingerprint',
  KEY_TOO_NEW: 'it takes any key that was valid at some time of the range',
  LOG_ALGORITHM: 'it does not read hashAlgorithm',
  LOG_TRUNCATED: 'it takes a log file without its 8-byte gzip trailer',
};

const UNREAD_LOG = 'it does not look at the log files of a digest it calls invalid';

/** What we find in an object it says nothing of, by code. */
export const NOT_LOOKED_AT: Reasons = {
  DIGEST_MISSING: 'it goes on below a digest it cannot read with the next one listed, and misses none in between',
  DIGEST_MOVED: 'a copy of a digest outside the chain: it follows pointers and never reads it',
  DIGEST_ORPHAN: 'a second signed digest of an hour, and its log files, stay unread: it follows pointers',
  DIGEST_SILENCE: '“No digests found” ends with 0, and digests missing at the end of the range are no matter',
  LOG_FORMAT: UNREAD_LOG,
  LOG_MISSING: UNREAD_LOG,
  LOG_TRAILING_DATA: UNREAD_LOG,
  LOG_TRUNCATED: UNREAD_LOG,
  LOG_UNLISTED: 'it looks only at log files that a digest lists',
};

/** What makes it give up with exit 255, so that nothing else of the range is judged, by code. */
export const GIVES_UP: Reasons = {
  DIGEST_FORMAT: 'a signed digest without logFiles, or with an entry that has no key, ends it with a KeyError',
  DIGEST_UNREADABLE: 'it stops at the first digest it may not read',
  KEYS_UNAVAILABLE: 'it stops when no public key is listed',
  LOG_UNREADABLE: 'it stops at the first log file it may not read',
};

/** What only we find in one scenario, though the CLI finds the like elsewhere. */
export const EXCEPTIONS: { readonly [scenario: string]: { readonly codes: readonly string[]; readonly why: string } } =
  {
    'a signature over SHA-1': {
      codes: ['DIGEST_SIGNATURE'],
      why: 'it takes the hash algorithm from the signature itself; CloudTrail signs SHA-256 and nothing else',
    },
    'a signature over SHA-512': {
      codes: ['DIGEST_SIGNATURE'],
      why: 'it takes the hash algorithm from the signature itself; CloudTrail signs SHA-256 and nothing else',
    },
    'a decoy trail whose name begins as ours does and goes on with the home Region, beside an altered log of ours': {
      codes: ['LOG_HASH_MISMATCH'],
      why: 'it takes the digests of the other trail, whose names sort behind ours, for those of ours and follows their chain',
    },
  };
