import type { Chain } from './digest/chain.ts';
import { objectId } from './digest/link.ts';
import { type Place, streamPrefix } from './digest/place.ts';
import type { Problem } from './digest/problem.ts';
import { DAY, MINUTE, stampTime, writtenTime } from './digest/time.ts';
import { listDays } from './list-days.ts';
import type { ListObjects } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';
import { parseObjectKey } from './record/object-key.ts';

/** Milliseconds. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface UnlistedQuestion {
  readonly places: readonly Place[];
  /** Hours for which there are trusted digests. */
  readonly covered: readonly Span[];
  /** Whether a digest of the judged chains lists an object (`bucket/key`). */
  readonly isListed: (id: string) => boolean;
  /** What the other trails' digests list: read only when it matters. */
  readonly othersList: () => Promise<ReadonlySet<string>>;
  readonly chain: Chain | undefined;
}

/** A log's stamp is rounded to minutes and not a bound: near an edge it may belong to a digest outside. */
const EDGE = 5 * MINUTE;
/** So many unlisted logs are reported one by one; behind that the bucket has another writer. */
const MAX_UNLISTED = 1000;

/** Spans joined where they touch, then narrowed at both ends. */
const joined = (spans: readonly Span[]): readonly Span[] => {
  const merged: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last === undefined || span.start > last.end) merged.push(span);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return merged.map(({ start, end }) => ({ start: start + EDGE, end: end - EDGE }));
};

const candidates = async (
  list: ListObjects,
  { places, isListed }: UnlistedQuestion,
  spans: readonly Span[],
): Promise<readonly ObjectLocation[]> => {
  const found: ObjectLocation[] = [];
  const start = Math.min(...spans.map((span) => span.start));
  const end = Math.max(...spans.map((span) => span.end));
  for (const place of places)
    for await (const { key } of listDays(
      list,
      place.bucket,
      streamPrefix(place, 'CloudTrail'),
      start - DAY,
      end + DAY,
    )) {
      const named = parseObjectKey(key);
      if (named.kind !== 'log') continue;
      const stamp = stampTime(named.stamp ?? '');
      const covered = stamp !== undefined && spans.some((span) => stamp >= span.start && stamp <= span.end);
      if (!covered || isListed(objectId({ bucket: place.bucket, key }))) continue;
      found.push({ bucket: place.bucket, key });
      if (found.length >= MAX_UNLISTED) return found;
    }
  return found;
};

const unlisted = (object: ObjectLocation, chain: Chain | undefined): Problem => {
  const named = parseObjectKey(object.key);
  const stamp = named.kind === 'log' ? stampTime(named.stamp ?? '') : undefined;
  const time = stamp === undefined ? undefined : writtenTime(stamp);
  return {
    code: 'LOG_UNLISTED',
    reason: 'digests vouch for the hour of the log file, and none of them lists it',
    object,
    ...(chain !== undefined && { chain }),
    ...(time !== undefined && { span: { start: time, end: time } }),
  };
};

/**
 * Log files whose stamp lies in hours that trusted digests cover and that no digest of any trail lists: what stands
 * there was not delivered by CloudTrail, or by a trail without validation.
 */
export const unlistedLogs = async (list: ListObjects, question: UnlistedQuestion): Promise<readonly Problem[]> => {
  const spans = joined(question.covered);
  if (spans.length === 0) return [];
  try {
    const found = await candidates(list, question, spans);
    if (found.length === 0) return [];
    const others = await question.othersList();
    return found.filter((at) => !others.has(objectId(at))).map((at) => unlisted(at, question.chain));
  } catch (error) {
    const [place] = question.places;
    if (place === undefined) return [];
    const reason = `the bucket cannot be listed: ${error instanceof Error ? error.message : String(error)}`;
    return [
      { code: 'LOG_UNREADABLE', reason, object: { bucket: place.bucket, key: streamPrefix(place, 'CloudTrail') } },
    ];
  }
};
