import { isJsonObject, type Json } from '../record/json.ts';
import { holds as networkHolds, readAddress } from './cidr.ts';
import { searchTexts } from './decode.ts';
import type { CompiledItem, Order, Test } from './item.ts';
import { momentOf, partOf } from './moment.ts';
import { resolve } from './path.ts';
import { fold, isScalar, numberIn, type Scalar, type Subject, subject, textOf } from './value.ts';

/** A value that met a test: where it stands and what it says. Presence and absence have no text. */
export interface Hit {
  readonly at: string;
  readonly actual: string;
}

/** A value of a field, and the texts to search in it (made when first asked for). */
interface Examined {
  readonly at: string;
  readonly value: Json;
  readonly own: () => Subject | undefined;
  readonly texts: () => readonly { readonly at: string; readonly subject: Subject }[];
}

/** What an item looks at in one record. */
interface Examination {
  readonly present: boolean;
  readonly values: readonly Examined[];
  /** For `fieldref`. */
  readonly root: Json;
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const examine = (at: string, value: Json): Examined => ({
  at,
  value,
  own: once(() => (value !== null && isScalar(value) ? subject(textOf(value)) : undefined)),
  texts: once(() => searchTexts(value)),
});

/** A leaf of the record for keywords: what is inside it stands in the list beside it. */
const examineLeaf = (at: string, leaf: Subject): Examined => ({
  at,
  value: leaf.raw,
  own: () => leaf,
  texts: () => [{ at: '', subject: leaf }],
});

const orders: { readonly [order in Order]: (a: number | string, b: number | string) => boolean } = {
  eq: (a, b) => a === b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};

const numberOf = (value: Json): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? numberIn(value) : undefined;
};

/** Whether a number in a rule or a record equals a number written on the other side. */
const equalNumbers = (want: number | undefined, value: Json): boolean => want !== undefined && numberOf(value) === want;

const textHit = (test: Test & { kind: 'text' }, { at, value, own, texts }: Examined): Hit | undefined => {
  const whole = own();
  if (whole !== undefined && (equalNumbers(test.number, value) || test.patterns.some((pattern) => pattern.test(whole))))
    return { at, actual: whole.raw };
  const searching = test.patterns.filter((pattern) => pattern.searches);
  if (searching.length === 0) return undefined;
  const inside = texts().find((text) => searching.some((pattern) => pattern.test(text.subject)));
  return inside === undefined ? undefined : { at: `${at}${inside.at}`, actual: inside.subject.raw };
};

const scalarOf = (value: Json): Scalar => (isScalar(value) ? value : null);

const referenceHit = (test: Test & { kind: 'fieldref' }, { at, value, own }: Examined, root: Json): Hit | undefined => {
  const mine = own();
  if (mine === undefined) return undefined;
  const there = resolve(root, test.path).values.some(({ value: other }) => {
    if (other === null || !isScalar(other)) return false;
    const text = textOf(other);
    const [a, b] = test.cased ? [mine.raw, text] : [mine.folded, fold(text)];
    if (test.how === 'contains') return a.includes(b);
    if (test.how === 'startswith') return a.startsWith(b);
    if (test.how === 'endswith') return a.endsWith(b);
    return (
      a === b ||
      equalNumbers(typeof other === 'number' || typeof value === 'number' ? numberOf(other) : undefined, value)
    );
  });
  return there ? { at, actual: mine.raw } : undefined;
};

/** The hit of one test on one value. */
const valueHit = (test: Test, examined: Examined, root: Json): Hit | undefined => {
  const { at, value, own, texts } = examined;
  const hit = (held: boolean): Hit | undefined => (held ? { at, actual: own()?.raw ?? 'null' } : undefined);
  switch (test.kind) {
    case 'text':
      return textHit(test, examined);
    case 'regex': {
      const inside = texts().find((text) => test.found.some((found) => found(text.subject.raw)));
      return inside === undefined ? undefined : { at: `${at}${inside.at}`, actual: inside.subject.raw };
    }
    case 'cidr': {
      const address = typeof value === 'string' ? readAddress(value) : undefined;
      return hit(address !== undefined && test.networks.some((network) => networkHolds(network, address)));
    }
    case 'compare': {
      const { than, order } = test;
      if (typeof than === 'string') return hit(typeof value === 'string' && orders[order](own()?.folded ?? '', than));
      const number = numberOf(value);
      return hit(number !== undefined && orders[order](number, than));
    }
    case 'time': {
      const moment = momentOf(scalarOf(value));
      return hit(moment !== undefined && orders[test.order](partOf(test.part, moment), test.than));
    }
    case 'fieldref':
      return referenceHit(test, examined, root);
    case 'null':
      return hit(value === null);
    default:
      return undefined;
  }
};

const testHit = (test: Test, { present, values, root }: Examination, field: string): Hit | undefined => {
  if (test.kind === 'exists')
    return present === test.want ? { at: field, actual: present ? 'present' : 'absent' } : undefined;
  if (test.kind === 'null' && !present) return { at: field, actual: 'absent' };
  for (const value of values) {
    const hit = valueHit(test, value, root);
    if (hit !== undefined) return hit;
  }
  return undefined;
};

/** The leaves of the record keywords were last looked for in: rules with keywords come one after another. */
let lastLeaves: { readonly root: Json; readonly values: readonly Examined[] } | undefined;

const leavesOf = (root: Json): readonly Examined[] => {
  if (lastLeaves?.root !== root) {
    const leaves = isJsonObject(root) ? searchTexts(root) : [];
    lastLeaves = { root, values: leaves.map(({ at, subject: leaf }) => examineLeaf(at.slice(1), leaf)) };
  }
  return lastLeaves.values;
};

const examination = (item: CompiledItem, root: Json): Examination => {
  if (item.path === null) return { present: true, values: leavesOf(root), root };
  const { present, values } = resolve(root, item.path);
  return { present, values: values.map(({ at, value }) => examine(at, value)), root };
};

/** What each test of an item finds in a record; undefined where it finds nothing. `neq` is not applied. */
export const itemHits = (item: CompiledItem, root: Json): readonly (Hit | undefined)[] => {
  const looked = examination(item, root);
  const field = item.path?.join('.') ?? '';
  return item.tests.map((test) => testHit(test, looked, field));
};

/**
 * Whether an item holds on a record: some value of the field meets some test (`all`: every test is met by some value),
 * `neq` turns it round. The one authority on what an item means; never throws, whatever the record.
 */
export const itemHolds = (item: CompiledItem, root: Json): boolean => {
  const looked = examination(item, root);
  const field = item.path?.join('.') ?? '';
  const met = (test: Test): boolean => testHit(test, looked, field) !== undefined;
  return (item.all ? item.tests.every(met) : item.tests.some(met)) !== item.negated;
};
