/** Tables of the keys that lead to wanted fields, and of those met beside them: for the skimmer. */

/** Keys an object's table learns, besides those that are wanted; further ones are read as they come. */
const MOST_LEARNT = 256;
/** Longer keys are not learnt: those who write records may make up any. */
const LONGEST_LEARNT = 128;

/** What a key leads to. */
export interface Target {
  /** Number of the path that ends here; -1 for none. */
  readonly path: number;
  /** Numbers of the paths that go on below. */
  readonly below: readonly number[];
  /** Table of the keys below; undefined where no path goes on. */
  readonly table: Table | undefined;
  /** A key of several path parts joined by dots: it may win over nesting (see `resolve`). */
  readonly joined: boolean;
  /** Number of the last record that had it. */
  met: number;
}

/** The bytes of a key with the quote and the colon behind it, four at a time; the last word is masked. */
export interface Key {
  readonly length: number;
  readonly words: Int32Array;
  readonly mask: number;
}

const keyOf = (key: string): Key => {
  const bytes = Buffer.from(`${key}":`);
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const words = Int32Array.from({ length: padded.length / 4 }, (_, word) => padded.readInt32LE(word * 4));
  const rest = bytes.length % 4;
  return { length: bytes.length, words, mask: rest === 0 ? -1 : (1 << (rest * 8)) - 1 };
};

/** The keys of an object on the way of some path. */
export interface Table {
  readonly targets: (Target | undefined)[];
  /** By number; of a key that was not met yet there are none. */
  readonly keys: (Key | undefined)[];
  /** Key numbers by the text of the key. */
  readonly numbers: Map<string, number>;
  /** For each key, the two keys that came behind it the last time: records of a kind have their keys in one order. */
  readonly next: Int32Array;
  readonly other: Int32Array;
  /** Key numbers by `slotOf`. */
  readonly slots: Int32Array;
}

const SLOTS = 256;

/** A slot from the length of a key, two of its letters and its last ones. */
export const slotOf = (bytes: Uint8Array, from: number, length: number): number =>
  ((bytes[from] ?? 0) * 31 +
    (bytes[from + (length >> 1)] ?? 0) * 37 +
    (bytes[from + length - 1] ?? 0) * 131 +
    (bytes[from + length - (length >> 2) - 1] ?? 0) * 17 +
    length * 71) &
  (SLOTS - 1);

const newTable = (wanted: ReadonlyMap<string, Target>): Table => ({
  // Number 0 is no key: it stands in front of the first.
  targets: [undefined, ...wanted.values()],
  keys: Array.from({ length: wanted.size + 1 }, () => undefined),
  numbers: new Map([...wanted.keys()].map((key, place) => [key, place + 1])),
  next: new Int32Array(wanted.size + 1 + MOST_LEARNT),
  other: new Int32Array(wanted.size + 1 + MOST_LEARNT),
  slots: new Int32Array(SLOTS),
});

/** @returns the number of a key met; 0 where the table has learnt enough */
export const meetKey = ({ keys, targets, numbers, next }: Table, key: string): number => {
  const known = numbers.get(key);
  if (known !== undefined) {
    keys[known] ??= keyOf(key);
    return known;
  }
  const number = keys.length;
  if (number >= next.length || key.length > LONGEST_LEARNT) return 0;
  keys.push(keyOf(key));
  targets.push(undefined);
  numbers.set(key, number);
  return number;
};

/** The tables of some paths; `numbers` are theirs, `from` is the level. */
export const tableOf = (paths: readonly (readonly string[])[], numbers: readonly number[], from: number): Table => {
  const at = (number: number): readonly string[] => paths[number] ?? [];
  const wanted = new Map<string, Target>();
  for (const key of new Set(numbers.map((number) => at(number)[from] ?? ''))) {
    const under = numbers.filter((number) => at(number)[from] === key);
    const below = under.filter((number) => at(number).length > from + 1);
    const path = under.find((number) => at(number).length === from + 1) ?? -1;
    const table = below.length === 0 ? undefined : tableOf(paths, below, from + 1);
    wanted.set(key, { path, below, table, joined: false, met: 0 });
  }
  for (const number of numbers)
    for (let end = from + 2; end <= at(number).length; end += 1)
      wanted.set(at(number).slice(from, end).join('.'), {
        path: -1,
        below: [],
        table: undefined,
        joined: true,
        met: 0,
      });
  return newTable(wanted);
};
