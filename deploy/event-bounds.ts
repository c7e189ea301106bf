import type { Condition, Item, RuleDocument, RuleValue, Search } from '../engine/rule/document.ts';

/** Fields an EventBridge pattern may ask for. Others are left to the function: a pattern has only 2,048 characters. */
export const BOUND_FIELDS = [
  'eventSource',
  'eventName',
  'eventType',
  'eventCategory',
  'errorCode',
  'userIdentity.type',
  'userAgent',
] as const;
export type BoundField = (typeof BOUND_FIELDS)[number];

/** What a field's value must be, in EventBridge's words. Sigma compares without regard to case, so these do too. */
export type ValuePattern =
  | { readonly 'equals-ignore-case': string }
  | { readonly prefix: { readonly 'equals-ignore-case': string } }
  | { readonly suffix: { readonly 'equals-ignore-case': string } };

/** Values that some of the fields must have, all of them; a field that is not named may have any. */
export type Bound = { readonly [field in BoundField]?: readonly ValuePattern[] };

/** Alternatives. Every record that can match satisfies at least one of them; more records may. */
export type Bounds = readonly Bound[];

const ANYTHING: Bounds = [{}];
/** Alternatives a conjunction may multiply to before its more telling half is taken alone. */
const MOST_ALTERNATIVES = 200;

const isBoundField = (field: string | null): field is BoundField => BOUND_FIELDS.some((known) => known === field);

const TEXT_MODIFIERS: ReadonlySet<string> = new Set(['all', 'cased', 'startswith', 'endswith']);

const valuePattern = (value: RuleValue, item: Item): ValuePattern | undefined => {
  if (typeof value !== 'string' || value === '') return undefined;
  const starts = item.modifiers.includes('startswith');
  const ends = item.modifiers.includes('endswith');
  if (starts && ends) return undefined;
  const text = value.replace(/^\*+|\*+$/g, '');
  // Wildcards inside, escapes, and values open on both sides have no equal in EventBridge without regard to case.
  if (text === '' || /[*?\\]/.test(text)) return undefined;
  const openStart = ends || value.startsWith('*');
  const openEnd = starts || value.endsWith('*');
  if (openStart && openEnd) return undefined;
  if (openStart) return { suffix: { 'equals-ignore-case': text } };
  if (openEnd) return { prefix: { 'equals-ignore-case': text } };
  return { 'equals-ignore-case': text };
};

const itemBounds = (item: Item): Bounds => {
  if (!isBoundField(item.field) || !item.modifiers.every((modifier) => TEXT_MODIFIERS.has(modifier))) return ANYTHING;
  const patterns = item.values.map((value) => valuePattern(value, item));
  // One value that cannot be said (null matches an absent field) opens the whole item. Of `|all`, any one is enough.
  const said = patterns.filter((pattern) => pattern !== undefined);
  return said.length === patterns.length ? [{ [item.field]: said }] : ANYTHING;
};

const joined = (left: Bound, right: Bound): Bound => {
  const fields = BOUND_FIELDS.flatMap((field) => {
    const [one, other] = [left[field], right[field]];
    // Both must hold: either alone is a bound, the shorter one the better.
    const kept = one === undefined || (other !== undefined && other.length < one.length) ? other : one;
    return kept === undefined ? [] : [[field, kept] as const];
  });
  return Object.fromEntries(fields);
};

const openness = (bounds: Bounds): number =>
  bounds.filter(({ eventSource, eventName }) => eventSource === undefined || eventName === undefined).length;

const both = (left: Bounds, right: Bounds): Bounds => {
  if (left.length * right.length <= MOST_ALTERNATIVES)
    return left.flatMap((one) => right.map((other) => joined(one, other)));
  return openness(left) <= openness(right) ? left : right;
};

const all = (parts: readonly Bounds[]): Bounds => parts.reduce(both, ANYTHING);

const searchBounds = (search: Search): Bounds => {
  switch (search.kind) {
    case 'item':
      return itemBounds(search);
    case 'all':
      return all(search.parts.map(searchBounds));
    case 'any':
      return search.parts.flatMap(searchBounds);
    case 'element':
      return ANYTHING;
  }
};

const conditionBounds = (condition: Condition, named: (name: string) => Bounds): Bounds => {
  switch (condition.kind) {
    case 'search':
      return named(condition.name);
    case 'and':
      return all(condition.parts.map((part) => conditionBounds(part, named)));
    case 'or':
      return condition.parts.flatMap((part) => conditionBounds(part, named));
    case 'not':
      return ANYTHING;
    case 'of':
      if (condition.count === 'all') return all(condition.names.map(named));
      return condition.count < 1 ? ANYTHING : condition.names.flatMap(named);
  }
};

/**
 * What every record that a rule matches has in common, as far as EventBridge can ask for it.
 *
 * Sound by construction: what a search says exactly is taken, a conjunction may lose parts, a disjunction keeps all, and
 * everything else (negation, regular expressions, lists, arrays) counts as "anything". Filters only take records away.
 */
export const boundsOf = ({ detection }: RuleDocument): Bounds =>
  conditionBounds(detection.condition, (name) => {
    const found = detection.searches.find((search) => search.name === name);
    return found === undefined ? ANYTHING : searchBounds(found.search);
  });
