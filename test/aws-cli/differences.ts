/** What the AWS CLI calls INVALID and we do not, by scenario, and why we are right. */
export const ONLY_THE_CLI: { readonly [scenario: string]: string } = {
  d34: 'the CLI cannot load a public key in SubjectPublicKeyInfo, one of the forms AWS publishes samples of',
};

/** What we find in a trail the AWS CLI calls whole, by code, and why it does not see it. */
export const ONLY_WE: { readonly [code: string]: string } = {
  CHAIN_GAP: 'the CLI prints a note and ends with 0, or sees nothing when all before the gap is gone',
  CHAIN_HASH_MISMATCH: 'the CLI never compares previousDigestHashValue with the predecessor',
  CHAIN_RESTART: 'the CLI prints a note and ends with 0',
  CHAIN_SIGNATURE_MISMATCH: "the CLI never compares previousDigestSignature with the predecessor's own",
  CHAIN_TIME_GAP: 'the CLI does not look at the continuity of digestStartTime and digestEndTime',
  CHAIN_TIME_OVERLAP: 'the CLI does not look at the continuity of digestStartTime and digestEndTime',
  DIGEST_ALGORITHM: "the CLI reads neither the metadata's nor the document's algorithm",
  DIGEST_MISSING: 'the CLI follows pointers backwards from the newest listed digest and stops at the range',
  DIGEST_MOVED: 'a copy of a digest outside the chain: the CLI follows pointers and never reads it',
  DIGEST_ORPHAN: 'the CLI follows pointers: a second signed digest of an hour, and its log files, stay unread',
  DIGEST_SILENCE: '“No digests found” ends with 0, and digests missing at the end of the range are no matter',
  DIGEST_TRAILING_DATA: 'the CLI looks for bytes behind the gzip member in log files, not in digests',
  LOG_ALGORITHM: 'the CLI does not read hashAlgorithm',
  LOG_TRUNCATED: 'the CLI takes a log file without its 8-byte gzip trailer',
  LOG_UNLISTED: 'the CLI looks only at log files that a digest lists',
};
