import type { ObjectLocation } from '../record/location.ts';

/** What is remembered of a log file (one item per bucket/key@version). */
export interface FileItem {
  readonly location: ObjectLocation;
  /** Hex SHA-256 of the first gzip member's inflated bytes: what the digest's hashValue is compared with. */
  readonly sha256: string;
  readonly records: number;
  readonly malformed: number;
  readonly matches: number;
  readonly ruleSetVersion: string;
  /** ISO 8601. */
  readonly scannedAt: string;
  /** Key of the digest that lists it, once one does. */
  readonly listedBy?: string;
}

/** The last verified digest of a chain: what the next one must link to. */
export interface ChainHead {
  /** digestEndTime, as written. */
  readonly endTime: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** Hex SHA-256 of the inflated digest. */
  readonly hash: string;
  /** Hex, as in x-amz-meta-signature. */
  readonly signature: string;
}

export interface StoredHead {
  readonly head: ChainHead;
  /** Raised by one on each write; pass it back to `putChain`. */
  readonly revision: number;
}

/** Log files that a verified digest lists and that were sent back to be scanned. */
export interface PendingFiles {
  readonly digest: ObjectLocation;
  readonly files: readonly ObjectLocation[];
  /** Milliseconds: when they were sent back. */
  readonly since: number;
}

export interface StoredPending {
  readonly pending: readonly PendingFiles[];
  /** Pass it back to `putPending`. */
  readonly revision: number;
}

/** How far the sweep through the stored hours has come. */
export interface SweepMark {
  /** The chain that is swept; the next one in order where it is gone. */
  readonly chain: string;
  /** Milliseconds: where its next slice starts. */
  readonly at: number;
  /** Hours of the next slice: fewer after one that took too long. */
  readonly hours: number;
  /** Milliseconds: not before, so that the day's work is spread over the day. */
  readonly next: number;
}

/**
 * `claimed`: publish it, then mark it. `published`: done before, publish nothing. `held`: another worker's lease still
 * runs; fail the message so that it is tried again after the lease.
 */
export type Claim = 'claimed' | 'published' | 'held';

/** `publish`, or `suppressed`: the group already has a finding within its window; the match was counted there. */
export type Suppression = 'publish' | 'suppressed';

/**
 * What Trailwarden remembers, per file and per finding, never per event. Two adapters: memory.ts and DynamoDB
 * (aws/ledger.ts); one contract suite runs against both. Times are milliseconds since the epoch and come from the
 * caller: the ledger has no clock of its own. Expired items are treated as absent, whether deleted yet or not.
 */
export interface Ledger {
  readonly claimFinding: (id: string, claim: { readonly owner: string; readonly now: number }) => Promise<Claim>;
  readonly markPublished: (id: string, mark: { readonly owner: string; readonly now: number }) => Promise<void>;
  /** Gives a claim back after a failed publish, so that a retry need not wait for the lease. */
  readonly releaseClaim: (id: string, owner: string) => Promise<void>;
  /**
   * Decides whether a finding of a suppressing rule is published. The first finding of the group opens a window of
   * `seconds`; later ones within it are counted on the group's item, once each however often they are delivered.
   */
  readonly admit: (
    group: string,
    findingId: string,
    window: { readonly seconds: number; readonly now: number },
  ) => Promise<Suppression>;
  readonly getFile: (location: ObjectLocation) => Promise<FileItem | undefined>;
  readonly putFile: (item: FileItem, now: number) => Promise<void>;
  /** `chain` is the key of digest/chain.ts: org, account, Region, trail, home Region. */
  readonly getChain: (chain: string) => Promise<StoredHead | undefined>;
  /** Writes the head if the stored revision is still `expected` (undefined: none stored); false when it is not. */
  readonly putChain: (chain: string, head: ChainHead, expected: number | undefined) => Promise<boolean>;
  /** Names of all chains that have a head, in no order. A chain is never forgotten. */
  readonly listChains: () => Promise<readonly string[]>;
  /**
   * Remembers files of a chain that were sent back. False when the chain has `MAX_PENDING` entries waiting: an entry
   * holds a part of one digest's files, at most `MAX_PENDING_FILES`.
   */
  readonly addPending: (chain: string, pending: PendingFiles, now: number) => Promise<boolean>;
  readonly getPending: (chain: string) => Promise<StoredPending | undefined>;
  /** Replaces what waits, if nothing was added since `expected` was read; false when something was. */
  readonly putPending: (
    chain: string,
    pending: readonly PendingFiles[],
    expected: number,
    now: number,
  ) => Promise<boolean>;
  readonly getSweep: () => Promise<SweepMark | undefined>;
  readonly putSweep: (mark: SweepMark) => Promise<void>;
}
