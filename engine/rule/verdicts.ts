import type { Json } from '../record/json.ts';
import { ABSENT, type Tokens } from '../record/skim.ts';
import { type FieldClasses, type FieldItem, fieldClasses, UNTOUCHED } from './classes.ts';
import type { Expression } from './expression.ts';
import type { CompiledItem } from './item.ts';
import type { Path } from './path.ts';
import { isProjectable } from './projection.ts';

/** Three-valued truth of a part of a rule when some fields are known. */
const FALSE = 0;
const TRUE = 1;
const OPEN = 2;
type Truth = typeof FALSE | typeof TRUE | typeof OPEN;

/** A rule's expression with its items by number; -1 is an item no field decides alone. */
type Partial =
  | { readonly kind: 'item'; readonly index: number }
  | { readonly kind: 'not'; readonly part: Partial }
  | { readonly kind: 'count'; readonly count: number; readonly parts: readonly Partial[] };

interface PartialRule {
  readonly partial: Partial;
  /** Numbers of the fields it looks at. */
  readonly fields: readonly number[];
  /** Items without which it cannot hold, by field. */
  readonly guards: ReadonlyMap<number, readonly number[]>;
}

/**
 * Rule numbers held by all nodes together, a node counted as ten; a full memory is emptied. About 8 MB: tuples can be made
 * up by whoever writes the records.
 */
const MOST_HELD = 1_000_000;

/** A step of the decision: the field to look at next, or, with field -1, the rules that may match. */
interface Node {
  readonly field: number;
  readonly rules: readonly number[];
  readonly children: (Node | undefined)[];
  readonly parent: Node | undefined;
  /** The class of the parent's field that led here. */
  readonly via: number;
  /** The step behind a field that is absent: most are, in most records. */
  absent: Node | undefined;
  /** The step behind a value that meets nothing: most do. */
  untouched: Node | undefined;
  /** The classes of its field, once a record got here. */
  classes: FieldClasses | undefined;
}

const newNode = (field: number, rules: readonly number[], parent: Node | undefined, via: number): Node => ({
  field,
  rules,
  children: [],
  parent,
  via,
  absent: undefined,
  untouched: undefined,
  classes: undefined,
});

const all = (parts: readonly Partial[]): Partial => ({ kind: 'count', count: parts.length, parts });

const evaluate = (partial: Partial, known: Uint8Array): Truth => {
  if (partial.kind === 'item')
    return partial.index < 0
      ? OPEN
      : known[partial.index] === TRUE
        ? TRUE
        : known[partial.index] === FALSE
          ? FALSE
          : OPEN;
  if (partial.kind === 'not') {
    const truth = evaluate(partial.part, known);
    return truth === OPEN ? OPEN : truth === TRUE ? FALSE : TRUE;
  }
  let missing = partial.count;
  let left = partial.parts.length;
  let open = 0;
  for (const part of partial.parts) {
    if (missing <= 0) return TRUE;
    if (left + open < missing) return FALSE;
    const truth = evaluate(part, known);
    left -= 1;
    if (truth === TRUE) missing -= 1;
    else if (truth === OPEN) open += 1;
  }
  if (missing <= 0) return TRUE;
  return open < missing ? FALSE : OPEN;
};

/** Items that must hold for the expression to hold. */
const needed = (partial: Partial): readonly number[] => {
  if (partial.kind === 'item') return partial.index < 0 ? [] : [partial.index];
  return partial.kind === 'count' && partial.count === partial.parts.length ? partial.parts.flatMap(needed) : [];
};

const itemsOf = (partial: Partial): readonly number[] => {
  if (partial.kind === 'item') return partial.index < 0 ? [] : [partial.index];
  return partial.kind === 'not' ? itemsOf(partial.part) : partial.parts.flatMap(itemsOf);
};

/** Numbers the fields and items of a rule set. */
const numbering = () => {
  const items = new Map<CompiledItem, number>();
  const fields = new Map<
    string,
    { readonly number: number; readonly path: readonly string[]; readonly items: FieldItem[] }
  >();
  const fieldOfItem: number[] = [];
  const indexOf = (item: CompiledItem): number => {
    const known = items.get(item);
    if (known !== undefined) return known;
    const simple =
      item.path !== null && isProjectable(item.path) && !item.tests.some(({ kind }) => kind === 'fieldref');
    if (!simple || item.path === null) {
      items.set(item, -1);
      return -1;
    }
    const name = item.path.join('.');
    const field = fields.get(name) ?? { number: fields.size, path: item.path, items: [] };
    fields.set(name, field);
    const index = fieldOfItem.length;
    fieldOfItem.push(field.number);
    field.items.push({ index, item });
    items.set(item, index);
    return index;
  };
  return { indexOf, fieldOfItem, fields };
};

const partialOf = (expression: Expression, indexOf: (item: CompiledItem) => number): Partial => {
  switch (expression.kind) {
    case 'item':
      return { kind: 'item', index: indexOf(expression) };
    case 'element':
      return { kind: 'item', index: -1 };
    case 'named':
      return partialOf(expression.part, indexOf);
    case 'not':
      return { kind: 'not', part: partialOf(expression.part, indexOf) };
    case 'and':
      return all(expression.parts.map((part) => partialOf(part, indexOf)));
    case 'or':
      return { kind: 'count', count: 1, parts: expression.parts.map((part) => partialOf(part, indexOf)) };
    case 'some':
      return {
        kind: 'count',
        count: expression.count,
        parts: expression.parts.map((part) => partialOf(part, indexOf)),
      };
  }
};

/** Names, by number, the rules that may match a record: none that matches is missing. */
export type PossibleRules = (record: Json) => readonly number[];

export interface Verdicts {
  readonly possibleRules: PossibleRules;
  /** The fields the verdict depends on. */
  readonly paths: readonly Path[];
  /** As `possibleRules`, of a record of which only these fields were read, in the order of `paths`. */
  readonly possibleOf: (tokens: Tokens) => readonly number[];
}

/**
 * Decides for all rules at once which may match a record.
 *
 * A record's verdict depends only on the classes of its values (classes.ts). So the decision is a tree, grown as records
 * come along: each node looks at one field, each edge is a class of its values, a leaf names the rules that may still
 * match. The walk costs a look-up per field looked at, however many rules there are; what a node knows is worked out
 * once, by three-valued evaluation of the rules left at its parent.
 */
export const decideRules = (expressions: readonly Expression[]): Verdicts => {
  const { indexOf, fieldOfItem, fields: numbered } = numbering();
  const partials = expressions.map((expression) => partialOf(expression, indexOf));
  // A field's classes are made when a record first gets to it: a Lambda that wakes for one record needs few.
  const made: (FieldClasses | undefined)[] = [];
  const fields = [...numbered.values()];
  const fieldAt = (index: number): FieldClasses => {
    const known = made[index];
    if (known !== undefined) return known;
    const { path, items } = fields[index] ?? { path: [], items: [] };
    const classes = fieldClasses(path, items);
    made[index] = classes;
    return classes;
  };
  const rules = partials.map((partial): PartialRule => {
    const guards = new Map<number, number[]>();
    for (const item of needed(partial)) {
      const field = fieldOfItem[item] ?? -1;
      guards.set(field, [...(guards.get(field) ?? []), item]);
    }
    return { partial, fields: [...new Set(itemsOf(partial).map((item) => fieldOfItem[item] ?? -1))], guards };
  });
  const known = new Uint8Array(fieldOfItem.length);
  let held = 0;

  /** The field most of the rules look at: it rules out most of them. */
  const nextField = (left: readonly number[], read: ReadonlySet<number>): number => {
    const counts = new Map<number, number>();
    for (const rule of left)
      for (const field of rules[rule]?.fields ?? [])
        if (!read.has(field)) counts.set(field, (counts.get(field) ?? 0) + 1);
    let best = -1;
    let most = 0;
    for (const [field, count] of counts)
      if (count > most) {
        best = field;
        most = count;
      }
    return best;
  };

  const mark = (field: number, id: number): void => {
    const { items, outcomes } = fieldAt(field);
    const set = outcomes(id);
    items.forEach(({ index }, place) => {
      known[index] = set === undefined ? OPEN : (set[place] ?? OPEN);
    });
  };

  const ruledOut = (rule: PartialRule | undefined, field: number): boolean => {
    if (rule === undefined) return true;
    const guards = rule.guards.get(field);
    return guards?.some((item) => known[item] === FALSE) === true;
  };

  const grow = (parent: Node, via: number): Node => {
    known.fill(OPEN);
    const read = new Set<number>();
    for (let node: Node | undefined = parent, id = via; node !== undefined; id = node.via, node = node.parent) {
      mark(node.field, id);
      read.add(node.field);
    }
    const left = parent.rules.filter((index) => {
      const rule = rules[index];
      if (rule === undefined || ruledOut(rule, parent.field)) return false;
      return !rule.fields.includes(parent.field) || evaluate(rule.partial, known) !== FALSE;
    });
    const node = newNode(nextField(left, read), left, parent, via);
    parent.children[via] = node;
    held += 10 + left.length;
    return node;
  };

  const start = (): Node => {
    const every = rules.map((_, index) => index);
    held = 0;
    return newNode(nextField(every, new Set()), every, undefined, 0);
  };
  let root = start();

  const possibleRules: PossibleRules = (record) => {
    if (held > MOST_HELD) root = start();
    let node = root;
    while (node.field >= 0) {
      const id = fieldAt(node.field).classOf(record);
      node = node.children[id] ?? grow(node, id);
    }
    return node.rules;
  };
  const step = (node: Node, id: number): Node => node.children[id] ?? grow(node, id);
  const possibleOf = (tokens: Tokens): readonly number[] => {
    if (held > MOST_HELD) root = start();
    const { kinds } = tokens;
    let node = root;
    while (node.field >= 0) {
      const { field } = node;
      if (kinds[field] === ABSENT) {
        node.absent ??= step(node, fieldAt(field).absent);
        node = node.absent;
      } else {
        node.classes ??= fieldAt(field);
        const id = node.classes.classAt(tokens, field);
        if (id === UNTOUCHED) {
          node.untouched ??= step(node, id);
          node = node.untouched;
        } else node = step(node, id);
      }
    }
    return node.rules;
  };
  return { possibleRules, possibleOf, paths: fields.map(({ path }) => path) };
};
