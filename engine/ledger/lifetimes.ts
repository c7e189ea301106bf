const DAY = 24 * 60 * 60;

/**
 * How long a claim stands before another worker may take the finding over. Longer than one publish with its retries
 * (three attempts of at most 5 s, with pauses), shorter than the time after which a queue shows a message again.
 */
export const LEASE_MS = 60_000;

/** How long a finding is remembered: a replay later than this alerts anew. */
export const FINDING_SECONDS = 90 * DAY;

/** How long a file is remembered. CloudTrail may deliver a digest or a log file 30 days late (bucket out of order). */
export const FILE_SECONDS = 90 * DAY;

/** Entries of files sent back that may wait for one chain, and files of one entry: with CloudTrail's keys an item of 200 KB. */
export const MAX_PENDING = 20;
export const MAX_PENDING_FILES = 50;
