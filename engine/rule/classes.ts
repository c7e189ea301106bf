import type { Json } from '../record/json.ts';
import { COMPLEX as NO_TOKEN, type Tokens } from '../record/skim.ts';
import { rememberTokens } from '../record/token-memory.ts';
import { holds, type Network, readAddress } from './cidr.ts';
import { mayHide, searchTexts } from './decode.ts';
import { itemHolds } from './holds.ts';
import type { CompiledItem, Test } from './item.ts';
import { findLiterals, isAscii, type Literal } from './literals.ts';
import type { Path } from './path.ts';
import { COMPLEX, type Project, projectPath } from './projection.ts';
import { fold, numberIn, type Scalar } from './value.ts';

/** An item of the field and its number among all items. */
export interface FieldItem {
  readonly index: number;
  readonly item: CompiledItem;
}

/** A field, and the classes its values fall into: values of one class meet the same items. */
export interface FieldClasses {
  readonly items: readonly FieldItem[];
  /** The class of a record's value; UNKNOWN where only the plain evaluator can say. */
  readonly classOf: (record: Json) => number;
  /** The class of records without the field. */
  readonly absent: number;
  /** The class of a record that has the field and is not parsed; the path is the field's number. */
  readonly classAt: (tokens: Tokens, path: number) => number;
  /** For each item of the field, 1 where values of the class meet it. Undefined for UNKNOWN. */
  readonly outcomes: (id: number) => Uint8Array | undefined;
}

/** The class of values that are not simple (objects, arrays, documents in strings on the way). */
const UNKNOWN = 0;
/** The class of strings that set off nothing: most values of most fields. */
export const UNTOUCHED = 1;
/** Values remembered of one field; a full memory is emptied. */
const MOST_VALUES = 4096;
/** Longer values are not remembered: memory stays below 4096 × 256 characters a field. */
const LONGEST_VALUE = 256;
/** Classes of one field; beyond, values are UNKNOWN, so that crafted values cost time, not memory. */
const MOST_CLASSES = 4096;
/** A memory that gave back less than it took in rests for so many values. */
const REST = 65_536;

/** Values met last, in a table by slot: a look-up there needs no hash of the whole text. A power of two. */
const RECENT = 256;

/** A slot from the length and five characters: the same for equal texts, and mostly another for others. */
const slotOf = (text: string): number => {
  const last = text.length - 1;
  if (last < 0) return 0;
  const quarter = last >> 2;
  return (
    (last * 31 +
      text.charCodeAt(last) * 37 +
      text.charCodeAt(last >> 1) * 131 +
      text.charCodeAt(quarter) * 17 +
      text.charCodeAt(last - quarter) * 257 +
      text.charCodeAt(last - (last >> 3)) * 71) &
    (RECENT - 1)
  );
};

/** A record that has nothing but the value, where the field is. */
const recordOf = (path: Path, value: Scalar): Json => path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);

/** How a test is told to be looked at, without trying it on each value. */
type Trigger =
  | { readonly kind: 'equal'; readonly texts: readonly string[] }
  | { readonly kind: 'literal'; readonly literal: Omit<Literal, 'items'> }
  | { readonly kind: 'network'; readonly networks: readonly Network[] }
  /** Holds or not for every string alike. */
  | { readonly kind: 'fixed' }
  | { readonly kind: 'always' };

const equalTexts = (literal: string, number: number | undefined): readonly string[] =>
  number === undefined ? [literal] : [literal, String(number)];

const triggersOf = (test: Test): readonly Trigger[] => {
  switch (test.kind) {
    case 'text':
      return test.patterns.map(({ anchor, literal, searches }): Trigger => {
        if (anchor === 'whole' && !searches) return { kind: 'equal', texts: equalTexts(literal, test.number) };
        if (literal === '') return { kind: 'always' };
        return { kind: 'literal', literal: { text: literal, stand: anchor === 'whole' ? 'inside' : anchor } };
      });
    case 'regex':
      return test.required.map(
        (text): Trigger =>
          text === '' || (test.ignoresCase && !isAscii(text))
            ? { kind: 'always' }
            : { kind: 'literal', literal: { text, stand: 'inside' } },
      );
    case 'cidr':
      return [{ kind: 'network', networks: test.networks }];
    case 'null':
    case 'exists':
    case 'never':
      return [{ kind: 'fixed' }];
    default:
      return [{ kind: 'always' }];
  }
};

/** Whether an item holds on a string that sets off none of its triggers. */
const quietOutcome = ({ tests, all, negated }: CompiledItem): boolean => {
  const met = (test: Test): boolean => test.kind === 'exists' && test.want;
  return (all ? tests.every(met) : tests.some(met)) !== negated;
};

interface Triggers {
  readonly equal: ReadonlyMap<string, readonly number[]>;
  readonly find: (text: string, report: (item: number) => void) => void;
  readonly networks: readonly { readonly network: Network; readonly item: number }[];
  readonly always: readonly number[];
  /** Items with a regular expression that ignores case: it knows more of case than `fold` outside ASCII. */
  readonly caseless: readonly number[];
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
};

const buildTriggers = (items: readonly FieldItem[]): Triggers => {
  const equal = new Map<string, number[]>();
  const literals = new Map<string, { readonly literal: Omit<Literal, 'items'>; readonly items: number[] }>();
  const networks: { network: Network; item: number }[] = [];
  const always: number[] = [];
  items.forEach(({ item }, place) => {
    for (const trigger of item.tests.flatMap(triggersOf)) {
      if (trigger.kind === 'equal') for (const text of trigger.texts) push(equal, text, place);
      if (trigger.kind === 'network') for (const network of trigger.networks) networks.push({ network, item: place });
      if (trigger.kind === 'always') always.push(place);
      if (trigger.kind !== 'literal') continue;
      const key = `${trigger.literal.stand} ${trigger.literal.text}`;
      const known = literals.get(key) ?? { literal: trigger.literal, items: [] };
      known.items.push(place);
      literals.set(key, known);
    }
  });
  const find = findLiterals([...literals.values()].map(({ literal, items: set }) => ({ ...literal, items: set })));
  const caseless = items.flatMap(({ item }, place) =>
    item.tests.some((test) => test.kind === 'regex' && test.ignoresCase) ? [place] : [],
  );
  return { equal, find, networks, always: [...new Set(always)], caseless };
};

/** Calls `touch` for every item that may differ from its quiet outcome on this string. */
const touched = (triggers: Triggers, text: string, touch: (place: number) => void): void => {
  const folded = fold(text);
  for (const place of triggers.equal.get(folded) ?? []) touch(place);
  const number = numberIn(text);
  if (number !== undefined) for (const place of triggers.equal.get(String(number)) ?? []) touch(place);
  if (mayHide(text)) for (const { subject } of searchTexts(text)) triggers.find(subject.folded, touch);
  else triggers.find(folded, touch);
  for (const place of triggers.always) touch(place);
  if (triggers.caseless.length > 0 && !isAscii(text)) for (const place of triggers.caseless) touch(place);
  if (triggers.networks.length === 0) return;
  const address = readAddress(text);
  if (address === undefined) return;
  for (const { network, item } of triggers.networks) if (holds(network, address)) touch(item);
};

/** Classes of one field, found as values come along. */
export const fieldClasses = (path: Path, items: readonly FieldItem[]): FieldClasses => {
  const project: Project = projectPath(path);
  const quiet = Uint8Array.from(items, ({ item }) => (quietOutcome(item) ? 1 : 0));
  const classes: (Uint8Array | undefined)[] = [undefined, quiet];
  const ids = new Map<string, number>();
  const memory = new Map<Scalar, number>();
  const recent = new Array<string>(RECENT).fill('');
  const recentIds = new Int32Array(RECENT).fill(-1);
  let given = 0;
  let resting = 0;
  let triggers: Triggers | undefined;

  const idOf = (outcomes: Uint8Array): number => {
    const key = outcomes.join('');
    const known = ids.get(key);
    if (known !== undefined) return known;
    if (classes.length >= MOST_CLASSES) return UNKNOWN;
    classes.push(outcomes);
    ids.set(key, classes.length - 1);
    return classes.length - 1;
  };
  ids.set(quiet.join(''), UNTOUCHED);

  const classify = (value: Scalar): number => {
    if (typeof value !== 'string') {
      const record = recordOf(path, value);
      return idOf(Uint8Array.from(items, ({ item }) => (itemHolds(item, record) ? 1 : 0)));
    }
    triggers ??= buildTriggers(items);
    let outcomes: Uint8Array | undefined;
    let record: Json | undefined;
    touched(triggers, value, (place) => {
      const item = items[place]?.item;
      if (item === undefined) return;
      // Most values touch nothing: the record is made for those that do.
      record ??= recordOf(path, value);
      const outcome = itemHolds(item, record) ? 1 : 0;
      if (outcome === (outcomes ?? quiet)[place]) return;
      outcomes ??= quiet.slice();
      outcomes[place] = outcome;
    });
    return outcomes === undefined ? UNTOUCHED : idOf(outcomes);
  };

  const remember = (value: Scalar, id: number): void => {
    if (typeof value === 'string' && value.length > LONGEST_VALUE) return;
    if (memory.size >= MOST_VALUES) {
      if (given < MOST_VALUES) resting = REST;
      given = 0;
      memory.clear();
    }
    memory.set(value, id);
  };

  const recall = (value: Scalar): number => {
    if (resting > 0) {
      resting -= 1;
      return classify(value);
    }
    const known = memory.get(value);
    if (known !== undefined) {
      given += 1;
      return known;
    }
    const id = classify(value);
    remember(value, id);
    return id;
  };

  const absent = idOf(Uint8Array.from(items, ({ item }) => (itemHolds(item, {}) ? 1 : 0)));
  const tokenClass = rememberTokens((tokens, number) => recall(tokens.value(number)));
  return {
    items,
    outcomes: (id) => classes[id],
    absent,
    classAt: (tokens, number) => (tokens.kinds[number] === NO_TOKEN ? UNKNOWN : tokenClass(tokens, number)),
    classOf: (record) => {
      const value = project(record);
      if (value === undefined) return absent;
      if (value === COMPLEX) return UNKNOWN;
      if (typeof value !== 'string') return recall(value);
      const slot = slotOf(value);
      const last = recentIds[slot] ?? -1;
      if (last >= 0 && recent[slot] === value) return last;
      const id = recall(value);
      if (value.length > LONGEST_VALUE) return id;
      recent[slot] = value;
      recentIds[slot] = id;
      return id;
    },
  };
};
