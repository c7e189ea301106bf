import { digestName } from './chain.ts';
import { type Link, linkProblems, objectId, problemAt } from './link.ts';
import type { Problem } from './problem.ts';
import { HOUR, writtenTime } from './time.ts';

/** Digests of one trail in one account and Region, as far as a range needs them. */
export interface Sequence {
  /** Every digest that was found, by object: of the range, and the predecessor of the first. */
  readonly links: ReadonlyMap<string, Link>;
  /** Objects that a trusted digest names and that are not there. */
  readonly absent: ReadonlySet<string>;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
}

const byEnd = (one: Link, other: Link): number => one.end - other.end;

const spanOf = (start: number, end: number) => ({ start: writtenTime(start), end: writtenTime(end) });

const hoursBetween = (start: number, end: number): number => Math.max(1, Math.round((end - start) / HOUR));

/** The newest link that was not visited and ends at `limit` or before. */
const latestUpTo = (links: readonly Link[], visited: ReadonlySet<Link>, limit: number): Link | undefined =>
  links.findLast((link) => link.end <= limit && !visited.has(link));

const restart = (link: Link, earlier: Link | undefined, { start }: Sequence): Problem | undefined => {
  if (earlier === undefined) {
    if (link.start - start < HOUR) return undefined;
    const reason = 'the chain starts anew within the range, and no digest covers the time before';
    return problemAt(link, 'CHAIN_GAP', reason, { span: spanOf(start, link.start) });
  }
  const gap = link.start - earlier.end;
  const compared = { digest: earlier.location, expected: objectId(earlier.location), actual: 'null' };
  if (gap <= 0)
    return problemAt(link, 'CHAIN_RESTART', 'a new chain starts although an earlier digest is there', compared);
  const reason = `a new chain starts ${Math.round(gap / 60_000)} minutes after the last digest ended`;
  return problemAt(link, 'CHAIN_GAP', reason, { ...compared, span: spanOf(earlier.end, link.start) });
};

const missing = (link: Link, earlier: Link | undefined, { start }: Sequence): Problem | undefined => {
  const { previous } = link;
  if (previous === undefined) return undefined;
  const stamp = digestName(previous.key)?.stamp ?? link.start;
  const within = stamp >= start || (!link.chain.backfill && link.start > start);
  // A predecessor that ended before the range is not the range's: lifecycle rules delete old digests.
  if (!within) return undefined;
  const since = Math.max(earlier?.end ?? start, link.chain.backfill ? link.start - HOUR : 0);
  return problemAt(link, 'DIGEST_MISSING', 'the digest that this one names as its predecessor is not there', {
    object: { bucket: previous.bucket, key: previous.key },
    digest: link.location,
    span: spanOf(Math.min(since, link.start), link.start),
    missingHours: link.chain.backfill ? 1 : hoursBetween(since, link.start),
  });
};

/** A hole beside a digest that cannot be trusted: its pointer cannot be followed, but the hours tell. */
const hole = (link: Link, earlier: Link | undefined): Problem | undefined => {
  if (earlier === undefined || !earlier.trusted) return undefined;
  const start = link.end - HOUR;
  if (start - earlier.end < HOUR) return undefined;
  const reason =
    'between two digests that are there, digests are missing; the newer of the two cannot be trusted to name them';
  return {
    code: 'DIGEST_MISSING',
    reason,
    chain: link.chain,
    digest: link.location,
    span: spanOf(earlier.end, start),
    missingHours: hoursBetween(earlier.end, start),
  };
};

interface Step {
  readonly problems: readonly (Problem | undefined)[];
  readonly next: Link | undefined;
}

/** One step back along the chain: by the signed pointer, else by time. */
const stepBack = (sequence: Sequence, links: readonly Link[], visited: ReadonlySet<Link>, link: Link): Step => {
  if (!link.trusted) {
    const earlier = latestUpTo(links, visited, link.end);
    // A digest that was moved here says nothing of this hour; only what is in its own place leaves a hole beside it.
    return { problems: link.displaced ? [] : [hole(link, earlier)], next: earlier };
  }
  if (link.previous === undefined) {
    const earlier = latestUpTo(links, visited, link.end - 1);
    return { problems: [restart(link, earlier, sequence)], next: earlier };
  }
  const id = objectId(link.previous);
  const before = sequence.links.get(id);
  if (before === undefined) {
    const earlier = latestUpTo(links, visited, link.start);
    return { problems: sequence.absent.has(id) ? [missing(link, earlier, sequence)] : [], next: earlier };
  }
  return { problems: before.trusted ? linkProblems(link, before) : [], next: visited.has(before) ? undefined : before };
};

/** The standard chain from its newest digest back: breaks, gaps, restarts, and signed digests the chain leads past. */
const standardProblems = (sequence: Sequence): readonly Problem[] => {
  const links = [...sequence.links.values()].filter(({ chain }) => !chain.backfill).sort(byEnd);
  const visited = new Set<Link>();
  const problems: (Problem | undefined)[] = [];
  let link = links.at(-1);
  while (link !== undefined) {
    visited.add(link);
    const step: Step = stepBack(sequence, links, visited, link);
    problems.push(...step.problems);
    link = step.next;
  }
  const reason = 'the digest is signed, but no later digest leads to it: for its hour another one stands';
  const orphans = links.filter((one) => one.trusted && one.end >= sequence.start && !visited.has(one));
  problems.push(...orphans.map((one) => problemAt(one, 'DIGEST_ORPHAN', reason)));
  return problems.filter((problem) => problem !== undefined);
};

/** Backfill digests are linked among themselves, for any hours, as often as there is something to add: only links count. */
const backfillProblems = (sequence: Sequence): readonly Problem[] =>
  [...sequence.links.values()]
    .filter(({ chain, trusted }) => chain.backfill && trusted)
    .sort(byEnd)
    .flatMap((link): readonly (Problem | undefined)[] => {
      if (link.previous === undefined) return [];
      const id = objectId(link.previous);
      const before = sequence.links.get(id);
      if (before !== undefined) return before.trusted ? linkProblems(link, before) : [];
      return sequence.absent.has(id) ? [missing(link, undefined, sequence)] : [];
    })
    .filter((problem) => problem !== undefined);

/**
 * Judges the digests of one trail in one account and Region as a chain, newest first, with no earlier state. Digests
 * whose signature is bad have their own problem and give no second one.
 */
export const sequenceProblems = (sequence: Sequence): readonly Problem[] => [
  ...standardProblems(sequence),
  ...backfillProblems(sequence),
];
