import type { Json } from '../record/json.ts';
import { holds as networkHolds, readAddress } from './cidr.ts';
import { type Examination, type Examined, examination, innerTexts, ownText, placeOfText } from './examination.ts';
import type { CompiledItem, Order, Test } from './item.ts';
import { momentOf, partOf } from './moment.ts';
import { isScalar, numberIn, type Scalar } from './value.ts';

/** A value that met a test: where it stands and what it says. Presence and absence have no text. */
export interface Hit {
  readonly at: string;
  readonly actual: string;
}

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

const textHit = (test: Test & { kind: 'text' }, examined: Examined): Hit | undefined => {
  const { at, value } = examined;
  const whole = ownText(examined);
  if (whole !== undefined && (equalNumbers(test.number, value) || test.patterns.some((pattern) => pattern.test(whole))))
    return { at, actual: whole.raw };
  const searching = test.patterns.filter((pattern) => pattern.searches);
  if (searching.length === 0) return undefined;
  const inside = innerTexts(examined).find((text) => searching.some((pattern) => pattern.test(text.subject)));
  return inside === undefined ? undefined : { at: `${at}${inside.at}`, actual: inside.subject.raw };
};

const scalarOf = (value: Json): Scalar => (isScalar(value) ? value : null);

/** Pairs of values one reference compares: a thousand with a thousand; a hostile record has more. */
const MOST_PAIRS = 1_000_000;

const refersTo = (test: Test & { kind: 'fieldref' }, mine: Examined, other: Examined): boolean => {
  const [here, there] = [ownText(mine), ownText(other)];
  if (here === undefined || there === undefined) return false;
  const [a, b] = test.cased ? [here.raw, there.raw] : [here.folded, there.folded];
  if (test.how === 'contains') return a.includes(b);
  if (test.how === 'startswith') return a.startsWith(b);
  if (test.how === 'endswith') return a.endsWith(b);
  const numeric = typeof other.value === 'number' || typeof mine.value === 'number';
  return a === b || (numeric && equalNumbers(numberOf(other.value), mine.value));
};

const referenceHit = (test: Test & { kind: 'fieldref' }, { values, root }: Examination): Hit | undefined => {
  const others = examination({ field: test.path.join('.'), path: test.path }, root).values;
  let pairs = 0;
  for (const mine of values)
    for (const other of others) {
      pairs += 1;
      if (pairs > MOST_PAIRS) return undefined;
      if (refersTo(test, mine, other)) return { at: mine.at, actual: ownText(mine)?.raw ?? '' };
    }
  return undefined;
};

/** Values of a field beyond which a table tells sooner than a look at each whether a text is among them. */
const MANY = 16;

/** Whether a test asks for values that are one of some texts, and for nothing else. */
const isEquality = ({ patterns, number }: Test & { kind: 'text' }): boolean =>
  number === undefined && patterns.every(({ anchor, cased }) => anchor === 'whole' && !cased);

/** The same as trying each value in turn: the first that is one of the texts. */
const equalHit = ({ patterns }: Test & { kind: 'text' }, looked: Examination): Hit | undefined => {
  const places = patterns.map(({ literal }) => placeOfText(looked, literal) ?? looked.values.length);
  const first = looked.values[places.reduce((least, place) => Math.min(least, place), looked.values.length)];
  return first === undefined ? undefined : { at: first.at, actual: ownText(first)?.raw ?? '' };
};

/** The hit of one test on one value. */
const valueHit = (test: Test, examined: Examined): Hit | undefined => {
  const { at, value } = examined;
  const hit = (held: boolean): Hit | undefined => (held ? { at, actual: ownText(examined)?.raw ?? 'null' } : undefined);
  switch (test.kind) {
    case 'text':
      return textHit(test, examined);
    case 'regex': {
      const inside = innerTexts(examined).find((text) => test.found.some((found) => found(text.subject.raw)));
      return inside === undefined ? undefined : { at: `${at}${inside.at}`, actual: inside.subject.raw };
    }
    case 'cidr': {
      const address = typeof value === 'string' ? readAddress(value) : undefined;
      return hit(address !== undefined && test.networks.some((network) => networkHolds(network, address)));
    }
    case 'compare': {
      const { than, order } = test;
      if (typeof than === 'string')
        return hit(typeof value === 'string' && orders[order](ownText(examined)?.folded ?? '', than));
      const number = numberOf(value);
      return hit(number !== undefined && orders[order](number, than));
    }
    case 'time': {
      const moment = momentOf(scalarOf(value));
      return hit(moment !== undefined && orders[test.order](partOf(test.part, moment), test.than));
    }
    case 'null':
      return hit(value === null);
    default:
      return undefined;
  }
};

const testHit = (test: Test, looked: Examination, { field }: CompiledItem): Hit | undefined => {
  const { present, values } = looked;
  if (test.kind === 'exists')
    return present === test.want ? { at: field ?? '', actual: present ? 'present' : 'absent' } : undefined;
  if (test.kind === 'null' && !present) return { at: field ?? '', actual: 'absent' };
  if (test.kind === 'fieldref') return referenceHit(test, looked);
  if (test.kind === 'text' && values.length > MANY && isEquality(test)) return equalHit(test, looked);
  for (const value of values) {
    const hit = valueHit(test, value);
    if (hit !== undefined) return hit;
  }
  return undefined;
};

/** What each test of an item finds in a record; undefined where it finds nothing. `neq` is not applied. */
export const itemHits = (item: CompiledItem, root: Json): readonly (Hit | undefined)[] => {
  const looked = examination(item, root);
  return item.tests.map((test) => testHit(test, looked, item));
};

/**
 * Whether an item holds on a record: some value of the field meets some test (`all`: every test is met by some value),
 * `neq` turns it round. The one authority on what an item means; never throws, whatever the record.
 */
export const itemHolds = (item: CompiledItem, root: Json): boolean => {
  const looked = examination(item, root);
  const met = (test: Test): boolean => testHit(test, looked, item) !== undefined;
  return (item.all ? item.tests.every(met) : item.tests.some(met)) !== item.negated;
};
