import type { Condition, Detection, Item, NamedSearch, Search } from '../document.ts';

/** An entry of a rule as one way to match needs it: held, or not held. */
export interface Literal {
  readonly item: Item;
  /** Whole path of the field; null for keywords. */
  readonly field: string | null;
  readonly negated: boolean;
  readonly search: string;
  /** Inside `field[any]: …`: other elements may hold other values, so nothing follows from two of them. */
  readonly element: boolean;
}

/** One way a record can match: every literal is met. */
export type Branch = readonly Literal[];

/** Ways to match that are looked at; a rule with more is not judged by them. */
const MOST_BRANCHES = 512;

class TooMany extends Error {}

const product = (groups: readonly (readonly Branch[])[]): readonly Branch[] =>
  groups.reduce<readonly Branch[]>(
    (left, right) => {
      if (left.length * right.length > MOST_BRANCHES) throw new TooMany();
      return left.flatMap((a) => right.map((b) => [...a, ...b]));
    },
    [[]],
  );

const union = (groups: readonly (readonly Branch[])[]): readonly Branch[] => {
  const all = groups.flat();
  if (all.length > MOST_BRANCHES) throw new TooMany();
  return all;
};

interface Context {
  readonly search: string;
  readonly negated: boolean;
  readonly prefix: string;
}

/** The items in a search, with their whole paths. */
const itemsOf = (search: Search, { search: name, negated, prefix }: Context): Branch => {
  if (search.kind === 'item')
    return [
      {
        item: search,
        field: search.field === null ? null : `${prefix}${search.field}`,
        negated,
        search: name,
        element: prefix !== '',
      },
    ];
  if (search.kind === 'element')
    return itemsOf(search.body, { search: name, negated, prefix: `${prefix}${search.field}.` });
  return search.parts.flatMap((part) => itemsOf(part, { search: name, negated, prefix }));
};

const searchBranches = (search: Search, context: Context): readonly Branch[] => {
  if (search.kind === 'item' || search.kind === 'element') return [itemsOf(search, context)];
  const parts = search.parts.map((part) => searchBranches(part, context));
  return (search.kind === 'all') !== context.negated ? product(parts) : union(parts);
};

const conditionBranches = (
  condition: Condition,
  searches: ReadonlyMap<string, NamedSearch>,
  negated: boolean,
): readonly Branch[] => {
  const all = (parts: readonly (readonly Branch[])[]): readonly Branch[] => (negated ? union(parts) : product(parts));
  const any = (parts: readonly (readonly Branch[])[]): readonly Branch[] => (negated ? product(parts) : union(parts));
  const named = (name: string): readonly Branch[] => {
    const found = searches.get(name);
    return found === undefined ? [[]] : searchBranches(found.search, { search: name, negated, prefix: '' });
  };
  switch (condition.kind) {
    case 'search':
      return named(condition.name);
    case 'not':
      return conditionBranches(condition.part, searches, !negated);
    case 'and':
      return all(condition.parts.map((part) => conditionBranches(part, searches, negated)));
    case 'or':
      return any(condition.parts.map((part) => conditionBranches(part, searches, negated)));
    case 'of':
      if (condition.count === 'all') return all(condition.names.map(named));
      return condition.count === 1 ? any(condition.names.map(named)) : [[]];
  }
};

/** Every way a record can match a detection; undefined where there are too many to look at. */
export const branchesOf = ({ searches, condition }: Detection): readonly Branch[] | undefined => {
  try {
    return conditionBranches(condition, new Map(searches.map((search) => [search.name, search])), false);
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
};

/** Every entry of a detection once, whatever the condition makes of it; `negated` where it stands behind a `not`. */
export const entriesOf = (detection: Detection): readonly Literal[] => {
  const denied = new Set<string>();
  const mark = (condition: Condition, negated: boolean): void => {
    if (condition.kind === 'not') mark(condition.part, !negated);
    else if (condition.kind === 'and' || condition.kind === 'or')
      for (const part of condition.parts) mark(part, negated);
    else if (negated) for (const name of condition.kind === 'of' ? condition.names : [condition.name]) denied.add(name);
  };
  mark(detection.condition, false);
  return detection.searches.flatMap(({ name, search }) =>
    itemsOf(search, { search: name, negated: denied.has(name), prefix: '' }),
  );
};
