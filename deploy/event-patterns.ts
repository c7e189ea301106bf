import type { RuleDocument } from '../engine/rule/document.ts';
import { BOUND_FIELDS, type Bound, type BoundField, boundsOf, type ValuePattern } from './event-bounds.ts';

/** EventBridge's limit of characters in a rule's pattern ("Quotas", adjustable). */
export const MAX_PATTERN_LENGTH = 2048;

/** An EventBridge pattern or a part of it: nested field names down to lists of value patterns. */
export type EventPattern = { readonly [field: string]: readonly unknown[] | EventPattern };

/** Patterns for a rule set. */
export interface EventPatterns {
  /** Together they hold every event that a rule can match by what it says of the fields in event-bounds.ts. */
  readonly patterns: readonly EventPattern[];
  /** Titles of rules that any call may match (a user agent that contains a word), whoever is called. */
  readonly wide: readonly string[];
  /** The one pattern those need: every CloudTrail event. */
  readonly anyCall: EventPattern | undefined;
}

// Members of the organization may put events on the bus, but only AWS may name a source that begins with "aws.". The
// suffix covers API calls, service events, Insights, network activity and both spellings of the sign-in events.
const envelope = (detail: EventPattern): EventPattern => ({
  source: [{ prefix: 'aws.' }],
  'detail-type': [{ suffix: ' via CloudTrail' }],
  detail,
});

// A trail that logs Lambda data events would log the call that this pattern causes, which would cause another, for ever.
// An Insight event has no source of its own, and `anything-but` holds for no absent field.
const ANY_CALL = envelope({
  $or: [
    { eventSource: [{ exists: false }, { 'anything-but': 'lambda.amazonaws.com' }] },
    { eventName: [{ exists: false }, { 'anything-but': 'Invoke' }] },
  ],
});

type Branch = { readonly [field in BoundField]?: readonly ValuePattern[] };

const nested = (branch: Branch): EventPattern => {
  const pattern: { [field: string]: readonly unknown[] | EventPattern } = {};
  for (const field of BOUND_FIELDS) {
    const values = branch[field];
    if (values === undefined) continue;
    const [outer = field, inner] = field.split('.');
    pattern[outer] = inner === undefined ? values : { [inner]: values };
  }
  return pattern;
};

const textOf = (value: unknown): string => JSON.stringify(value);
const distinct = (values: readonly ValuePattern[]): readonly ValuePattern[] =>
  [...new Map(values.map((value) => [textOf(value).toLowerCase(), value])).values()].toSorted((one, other) =>
    textOf(one) < textOf(other) ? -1 : 1,
  );

/** One branch per event source with all its names: what several rules ask of one service is asked once. */
const bySource = (bounds: readonly Bound[]): readonly Branch[] => {
  const groups = new Map<string, { readonly source?: ValuePattern; names: readonly ValuePattern[] | undefined }>();
  for (const { eventSource, eventName } of bounds) {
    for (const source of eventSource ?? [undefined]) {
      const key = source === undefined ? '' : textOf(source).toLowerCase();
      const before = groups.get(key);
      const names =
        before !== undefined && before.names === undefined
          ? undefined
          : eventName && distinct([...(before?.names ?? []), ...eventName]);
      groups.set(key, { ...(source === undefined ? {} : { source }), names });
    }
  }
  return [...groups.values()].map(({ source, names }) => ({
    ...(source === undefined ? {} : { eventSource: [source] }),
    ...(names === undefined ? {} : { eventName: names }),
  }));
};

const wrap = (branches: readonly EventPattern[]): EventPattern => {
  const [only, ...others] = branches;
  // $or needs two alternatives or more.
  return envelope(only !== undefined && others.length === 0 ? only : { $or: branches });
};

const fits = (branches: readonly EventPattern[]): boolean => textOf(wrap(branches)).length <= MAX_PATTERN_LENGTH;

/** Cuts a branch that is too long for a pattern of its own; its longest list of values is halved. */
const cut = (branch: Branch): readonly Branch[] => {
  if (fits([nested(branch)])) return [branch];
  const field = BOUND_FIELDS.toSorted(
    (one, other) => textOf(branch[other] ?? []).length - textOf(branch[one] ?? []).length,
  )[0];
  const values = (field && branch[field]) ?? [];
  if (field === undefined || values.length < 2) {
    // A single value beyond 2,000 characters: no record's field has it, but soundness is not argued away.
    const { [field ?? 'eventName']: _dropped, ...rest } = branch;
    return [rest];
  }
  const half = Math.ceil(values.length / 2);
  return [values.slice(0, half), values.slice(half)].flatMap((part) => cut({ ...branch, [field]: part }));
};

const packed = (branches: readonly EventPattern[]): readonly EventPattern[] => {
  const bins: EventPattern[][] = [];
  for (const branch of branches) {
    const room = bins.find((bin) => fits([...bin, branch]));
    if (room === undefined) bins.push([branch]);
    else room.push(branch);
  }
  return bins.map(wrap);
};

const isOpen = (bound: Bound): boolean => Object.keys(bound).length === 0;
const namesCall = ({ eventSource, eventName }: Bound): boolean => eventSource !== undefined || eventName !== undefined;

/**
 * EventBridge patterns for a rule set: every CloudTrail event that some rule can match, and as little else as can be
 * said in few patterns. One exception: a rule that nothing narrows is not asked about Lambda's own `Invoke` (see above).
 */
export const eventPatterns = (documents: readonly RuleDocument[]): EventPatterns => {
  const bounds = documents.map((document) => ({ title: document.rule.title, bounds: boundsOf(document) }));
  const wide = bounds.filter((rule) => rule.bounds.some(isOpen)).map(({ title }) => title);
  const narrow = bounds.flatMap((rule) => rule.bounds).filter((bound) => !isOpen(bound));
  const branches = [...bySource(narrow.filter(namesCall)), ...narrow.filter((bound) => !namesCall(bound))].flatMap(cut);
  const distinctBranches = new Map(branches.map((branch) => [textOf(branch), nested(branch)]));
  return { patterns: packed([...distinctBranches.values()]), wide, anyCall: wide.length > 0 ? ANY_CALL : undefined };
};
