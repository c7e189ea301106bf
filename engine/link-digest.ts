import { chainId } from './digest/chain.ts';
import type { ExaminedDigest } from './digest/examine.ts';
import { type Link, linkOf, linkProblems, objectId, type Predecessor, problemAt } from './digest/link.ts';
import type { Problem } from './digest/problem.ts';
import { digestTime, HOUR, writtenTime } from './digest/time.ts';
import type { ChainHead, Ledger, StoredHead } from './ledger/ledger.ts';
import type { ObjectLocation } from './record/location.ts';

export interface LinkPorts {
  readonly ledger: Pick<Ledger, 'getChain' | 'putChain'>;
  /** Fetches and examines a digest that another one names. */
  readonly examine: (location: ObjectLocation) => Promise<ExaminedDigest>;
  /** Takes a digest that was passed over, as if it had just arrived; gives a problem where too many were. */
  readonly catchUp: (location: ObjectLocation) => Promise<Problem | undefined>;
  /** Tells problems before the head moves on: after that a repeated message would not see them again. */
  readonly announce: (problems: readonly Problem[]) => Promise<void>;
}

/** Workers on one chain at once; each lost race means that another made progress. */
const MAX_RACES = 10;
/** How far back from the head a late digest is looked for: two days of hours. */
const MAX_STEPS = 48;

const asPredecessor = ({ head }: StoredHead): Predecessor => ({
  location: head,
  end: digestTime(head.endTime) ?? 0,
  hash: head.hash,
  signature: head.signature,
});

const headOf = (link: Link): ChainHead => ({
  ...link.location,
  endTime: writtenTime(link.end),
  hash: link.hash,
  signature: link.signature,
});

/** A starting digest that follows another: CloudTrail was stopped, recreated or its validation switched off between. */
const restartProblem = (link: Link, head: Predecessor): Problem | undefined => {
  if (link.end <= head.end) return undefined;
  const gap = link.start - head.end;
  const compared = { expected: objectId(head.location), actual: 'null', digest: head.location };
  return gap > 0
    ? problemAt(
        link,
        'CHAIN_GAP',
        `a new chain starts ${Math.round(gap / 60_000)} minutes after the last digest ended`,
        {
          ...compared,
          span: { start: writtenTime(head.end), end: writtenTime(link.start) },
        },
      )
    : problemAt(link, 'CHAIN_RESTART', 'a new chain starts although an earlier digest is known', compared);
};

const missingProblem = (link: Link, named: ObjectLocation, head: Predecessor | undefined): Problem => {
  const since = head !== undefined && head.end < link.start ? head.end : link.start - HOUR;
  const missingHours = Math.max(1, Math.round((link.start - since) / HOUR));
  return problemAt(link, 'DIGEST_MISSING', 'the digest that this one names as its predecessor is not there', {
    object: { bucket: named.bucket, key: named.key },
    digest: link.location,
    span: { start: writtenTime(since), end: writtenTime(link.start) },
    missingHours,
  });
};

/** Compares a digest with the one it names: with what was recorded when that one arrived, else with the object itself. */
const predecessorProblems = async (
  { examine, catchUp }: LinkPorts,
  link: Link,
  head: Predecessor | undefined,
): Promise<{ readonly problems: readonly Problem[]; readonly again: boolean }> => {
  const { previous } = link;
  if (previous === undefined) {
    const restart = head === undefined || link.chain.backfill ? undefined : restartProblem(link, head);
    return { problems: restart === undefined ? [] : [restart], again: false };
  }
  const named = { bucket: previous.bucket, key: previous.key };
  if (head !== undefined && objectId(head.location) === objectId(named))
    return { problems: linkProblems(link, head), again: false };
  // Notifications come in any order and may be lost: the pointer is followed before anything is called missing.
  const before = await examine(named);
  if (before.missing) return { problems: [missingProblem(link, named, head)], again: false };
  const beforeLink = linkOf(before);
  if (beforeLink === undefined || !before.trusted) return { problems: [], again: false };
  const passedOver = head !== undefined && !link.chain.backfill && before.end !== undefined && before.end > head.end;
  const problems = linkProblems(link, beforeLink);
  if (!passedOver || link.end <= head.end) return { problems, again: false };
  const refused = await catchUp(before.location);
  return refused === undefined ? { problems, again: true } : { problems: [...problems, refused], again: false };
};

/**
 * Judges a digest whose hour lies behind the head: late but part of the chain, beside the chain, or older than anything
 * the chain can tell.
 */
const lateProblems = async ({ examine }: LinkPorts, link: Link, head: Predecessor): Promise<readonly Problem[]> => {
  let at: ObjectLocation = { bucket: head.location.bucket, key: head.location.key };
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const walked = linkOf(await examine(at));
    // Where the chain cannot be read, nothing is held against the late digest: the gap itself is reported elsewhere.
    if (walked === undefined || !walked.trusted) return [];
    const { previous } = walked;
    if (previous === undefined)
      return link.end <= walked.start || link.start >= walked.end ? [] : [problemAt(link, 'DIGEST_ORPHAN', ORPHAN)];
    if (objectId(previous) === objectId(link.location)) return linkProblems(walked, link);
    if (walked.start < link.end) return [problemAt(link, 'DIGEST_ORPHAN', ORPHAN)];
    at = { bucket: previous.bucket, key: previous.key };
  }
  const reason = `the digest is older than the ${MAX_STEPS} newest of its chain and was never seen before`;
  return [
    problemAt(link, 'REPLAY', reason, { expected: `after ${writtenTime(head.end)}`, actual: writtenTime(link.end) }),
  ];
};

const ORPHAN = 'the digest is signed, but the chain leads past it: for its hour another digest stands';

/** Another body under the head's key: the ledger's item of the file may have expired, the head never does. */
const rewrittenHead = (link: Link, head: Predecessor): readonly Problem[] =>
  head.hash === link.hash
    ? []
    : [
        problemAt(link, 'DIGEST_REWRITTEN', 'CloudTrail writes a digest once, and this one has another content now', {
          expected: head.hash,
          actual: link.hash,
        }),
      ];

/**
 * Links a trusted digest to its chain and moves the stored head forward. Safe for two workers on one chain: the head is
 * written by revision, and a lost race judges again. The same digest again changes nothing.
 *
 * @param seen whether this digest was judged before: the same, another body or version under its key, or never
 * @returns the chain problems, announced already
 * @throws when the race is lost too often: the message must come again
 */
export const linkDigest = async (
  ports: LinkPorts,
  digest: ExaminedDigest,
  seen: 'same' | 'other' | 'never',
): Promise<readonly Problem[]> => {
  const link = linkOf(digest);
  if (link === undefined || !link.trusted) return [];
  const chain = chainId(link.chain);
  let caughtUp = false;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const stored = await ports.ledger.getChain(chain);
    const head = stored === undefined ? undefined : asPredecessor(stored);
    const isHead = head !== undefined && objectId(head.location) === objectId(link.location);
    const { problems, again } = await predecessorProblems(ports, link, isHead ? undefined : head);
    // The digests between were taken first; the head has moved, so the comparison is made anew. Once: it may be that none moved it.
    if (again && !caughtUp) {
      caughtUp = true;
      continue;
    }
    const behind = head !== undefined && !isHead && link.end <= head.end && !link.chain.backfill;
    const late = behind && seen !== 'same' ? await lateProblems(ports, link, head) : [];
    const rewritten = isHead && seen === 'never' ? rewrittenHead(link, head) : [];
    const all = [...problems, ...late, ...rewritten];
    await ports.announce(all);
    if (isHead || behind) return all;
    if (await ports.ledger.putChain(chain, headOf(link), stored?.revision)) return all;
  }
  throw new Error(
    `${chain}: the head of the chain was moved by other workers ${MAX_RACES} times in a row; deliver the digest again`,
  );
};
