import type { Condition, Detection, Item, RuleDocument, Search } from './document.ts';
import { type CompiledItem, compileItem, type ItemFault, itemId } from './item.ts';
import { type Path, readPath } from './path.ts';
import type { Lists } from './rule.ts';

/** `field[any]: {…}` ready to be tried. */
export interface CompiledElement {
  readonly kind: 'element';
  readonly key: string;
  readonly path: Path;
  readonly quantifier: 'any' | 'all' | 'all_or_empty' | 'none';
  readonly body: Expression;
}

/** What a rule asks of a record, items at the leaves. */
export type Expression =
  | CompiledItem
  | CompiledElement
  | { readonly kind: 'and'; readonly parts: readonly Expression[] }
  | { readonly kind: 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  /** At least so many of the parts. */
  | { readonly kind: 'some'; readonly count: number; readonly parts: readonly Expression[] }
  /** A search identifier: for evidence, its own meaning is its part's. */
  | { readonly kind: 'named'; readonly name: string; readonly part: Expression };

/** A compiled rule, the lists it lacks, or what is wrong with it (only where lists decide: the rest was checked when read). */
export type Compiled =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'missing'; readonly lists: readonly string[] }
  | { readonly kind: 'fault'; readonly item: Item; readonly fault: ItemFault };

class Stopped extends Error {
  readonly compiled: Compiled;
  constructor(compiled: Compiled) {
    super(compiled.kind === 'fault' ? `${compiled.item.key}: ${compiled.fault.message}` : 'not compiled');
    this.compiled = compiled;
  }
}

/** Compiles items once, whatever number of rules they stand in. */
export interface ItemPool {
  readonly lists: Lists;
  readonly items: Map<string, CompiledItem>;
}

const compileSearch = (search: Search, pool: ItemPool, missing: Set<string>): Expression => {
  if (search.kind === 'all' || search.kind === 'any') {
    const parts = search.parts.map((part) => compileSearch(part, pool, missing));
    return { kind: search.kind === 'all' ? 'and' : 'or', parts };
  }
  if (search.kind === 'element') {
    const { key, field, quantifier, body } = search;
    return { kind: 'element', key, path: readPath(field), quantifier, body: compileSearch(body, pool, missing) };
  }
  const asked = itemId(search);
  const same = pool.items.get(asked);
  if (same !== undefined) return same;
  const compiled = compileItem(search, pool.lists, asked);
  if (compiled.kind === 'fault') throw new Stopped({ kind: 'fault', item: search, fault: compiled });
  if (compiled.kind === 'missing') {
    for (const name of compiled.lists) missing.add(name);
    return { kind: 'and', parts: [] };
  }
  const known = pool.items.get(compiled.id) ?? compiled;
  pool.items.set(compiled.id, known);
  return known;
};

const compileCondition = (condition: Condition, searches: ReadonlyMap<string, Expression>): Expression => {
  const named = (name: string): Expression => {
    const part = searches.get(name);
    // Every name was resolved when the rule was read: a document without it was not made by the reader.
    return part === undefined ? { kind: 'or', parts: [] } : { kind: 'named', name, part };
  };
  switch (condition.kind) {
    case 'search':
      return named(condition.name);
    case 'not':
      return { kind: 'not', part: compileCondition(condition.part, searches) };
    case 'of': {
      const parts = condition.names.map(named);
      return condition.count === 'all' ? { kind: 'and', parts } : { kind: 'some', count: condition.count, parts };
    }
    default:
      return { kind: condition.kind, parts: condition.parts.map((part) => compileCondition(part, searches)) };
  }
};

/** Compiles the body of a rule or filter. Lists it lacks are added to `missing`; a fault that only lists bring up is thrown. */
export const compileDetection = (
  { searches, condition }: Detection,
  pool: ItemPool,
  missing: Set<string>,
): Expression =>
  compileCondition(
    condition,
    new Map(searches.map(({ name, search }) => [name, compileSearch(search, pool, missing)])),
  );

/** Compiles a rule with its filters: all must hold. */
export const compileDocument = (document: RuleDocument, pool: ItemPool): Compiled => {
  const missing = new Set<string>();
  try {
    const parts = [document.detection, ...document.filters].map((each) => compileDetection(each, pool, missing));
    if (missing.size > 0) return { kind: 'missing', lists: [...missing].sort() };
    const [first] = parts;
    return {
      kind: 'expression',
      expression: parts.length === 1 && first !== undefined ? first : { kind: 'and', parts },
    };
  } catch (error) {
    if (error instanceof Stopped) return error.compiled;
    throw error;
  }
};
