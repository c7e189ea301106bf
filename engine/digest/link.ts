import type { ObjectLocation } from '../record/location.ts';
import type { Chain } from './chain.ts';
import type { Previous } from './document.ts';
import type { ExaminedDigest } from './examine.ts';
import type { IntegrityCode, Problem } from './problem.ts';
import { writtenTime } from './time.ts';

/** What a chain needs of a trusted digest: small enough to keep a year of them. */
export interface Link {
  readonly location: ObjectLocation;
  readonly chain: Chain;
  readonly trusted: boolean;
  /** True when the digest was written for another place: its name says nothing of the hour. */
  readonly displaced: boolean;
  /** Milliseconds; of an untrusted digest what its name claims. */
  readonly start: number;
  readonly end: number;
  readonly hash: string;
  readonly signature: string;
  /** Of trusted digests only. */
  readonly previous: Previous | undefined;
  readonly previousSignature: string | null;
}

/** The predecessor, as far as the comparison needs it: another link, or the head the ledger holds. */
export type Predecessor = Pick<Link, 'location' | 'end' | 'hash' | 'signature'>;

/** The link of an examined digest; undefined where its name is no digest's. */
export const linkOf = (digest: ExaminedDigest): Link | undefined => {
  const { chain, end } = digest;
  if (chain === undefined || end === undefined) return undefined;
  const { location, trusted, hash, signature, document } = digest;
  const previous = trusted ? document?.previous : undefined;
  const previousSignature = document?.previousSignature ?? null;
  const displaced = digest.problems.some(({ code }) => code === 'DIGEST_MOVED');
  const start = digest.start ?? end;
  return { location, chain, trusted, displaced, start, end, hash, signature, previous, previousSignature };
};

/** One name for one object, whatever its version. */
export const objectId = ({ bucket, key }: { readonly bucket: string; readonly key: string }): string =>
  `${bucket}/${key}`;

/** The problem of a trusted digest, with its hour. */
export const problemAt = (link: Link, code: IntegrityCode, reason: string, more: Partial<Problem> = {}): Problem => ({
  code,
  reason,
  chain: link.chain,
  object: link.location,
  span: { start: writtenTime(link.start), end: writtenTime(link.end) },
  ...more,
});

const hashProblem = (link: Link, before: Predecessor): Problem | undefined => {
  const { previous } = link;
  if (previous === undefined) return undefined;
  // Another algorithm is DIGEST_ALGORITHM already; its value cannot be compared.
  if (previous.hashAlgorithm !== null && previous.hashAlgorithm !== 'SHA-256') return undefined;
  if (previous.hash?.toLowerCase() === before.hash) return undefined;
  const reason = 'the predecessor is not the digest this one was linked to: its content has another hash';
  return problemAt(link, 'CHAIN_HASH_MISMATCH', reason, {
    expected: previous.hash ?? 'null',
    actual: before.hash,
    digest: before.location,
  });
};

const signatureProblem = (link: Link, before: Predecessor): Problem | undefined => {
  // Hex digits may be of either case (as the AWS CLI reads them).
  if (link.previousSignature?.toLowerCase() === before.signature) return undefined;
  const reason = 'the predecessor carries another signature than the one this digest was linked to';
  return problemAt(link, 'CHAIN_SIGNATURE_MISMATCH', reason, {
    expected: link.previousSignature ?? 'null',
    actual: before.signature,
    digest: before.location,
  });
};

const timeProblem = (link: Link, before: Predecessor): Problem | undefined => {
  // Backfill digests may be for any hour: their chain is one of deliveries, not of hours.
  if (link.chain.backfill || link.start === before.end) return undefined;
  const compared = { expected: writtenTime(before.end), actual: writtenTime(link.start), digest: before.location };
  return link.start > before.end
    ? problemAt(
        link,
        'CHAIN_TIME_GAP',
        'the digest starts after its predecessor ended: the time between is vouched for by none',
        compared,
      )
    : problemAt(link, 'CHAIN_TIME_OVERLAP', 'the digest starts before its predecessor ended', compared);
};

/**
 * Compares a trusted digest with the trusted predecessor it names: hash, signature and continuity of time. The AWS CLI
 * checks none of the three.
 */
export const linkProblems = (link: Link, before: Predecessor): readonly Problem[] =>
  [hashProblem(link, before), signatureProblem(link, before), timeProblem(link, before)].filter(
    (problem) => problem !== undefined,
  );
