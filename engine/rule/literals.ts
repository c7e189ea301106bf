/** Where a literal must stand for it to count. */
type Stand = 'start' | 'end' | 'inside';

/** A literal to find, and the items that must be looked at where it is found. */
export interface Literal {
  readonly text: string;
  readonly stand: Stand;
  readonly items: readonly number[];
}

/** Reports the items of every literal a text has. */
export type FindLiterals = (text: string, report: (item: number) => void) => void;

const ASCII = 128;
/** Cells of the table: beyond, literals are searched one by one. 8 M cells are 32 MB, 100,000 characters of literals. */
const MOST_CELLS = 8_000_000;

const stands = ({ text: { length }, stand }: Literal, end: number, whole: number): boolean =>
  stand === 'inside' || (stand === 'start' ? end === length : end === whole);

const findOneByOne =
  (literals: readonly Literal[]): FindLiterals =>
  (text, report) => {
    for (const { text: literal, stand, items } of literals) {
      const there =
        stand === 'start'
          ? text.startsWith(literal)
          : stand === 'end'
            ? text.endsWith(literal)
            : text.includes(literal);
      if (there) for (const item of items) report(item);
    }
  };

/** A column for every character the literals use; all others share column 0, which leads back to the start. */
const columnsOf = (literals: readonly Literal[]): { readonly columns: Uint8Array; readonly width: number } => {
  const columns = new Uint8Array(ASCII);
  let width = 1;
  for (const { text } of literals)
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (columns[code] !== 0) continue;
      columns[code] = width;
      width += 1;
    }
  return { columns, width };
};

/**
 * Aho-Corasick over ASCII literals: one step per character of the text, whatever the number of literals. The table holds
 * a next state for every state and column, failure links worked in.
 */
const findTogether = (literals: readonly Literal[]): FindLiterals => {
  const { columns, width } = columnsOf(literals);
  const states = literals.reduce((sum, { text }) => sum + text.length, 1);
  if (states * width > MOST_CELLS) return findOneByOne(literals);
  const next = new Int32Array(states * width);
  const found: (readonly Literal[] | undefined)[] = [undefined];
  let last = 0;
  for (const literal of literals) {
    let state = 0;
    for (let at = 0; at < literal.text.length; at += 1) {
      const cell = state * width + (columns[literal.text.charCodeAt(at)] ?? 0);
      if (next[cell] === 0) {
        last += 1;
        next[cell] = last;
        found.push(undefined);
      }
      state = next[cell] ?? 0;
    }
    found[state] = [...(found[state] ?? []), literal];
  }
  const fail = new Int32Array(last + 1);
  const open: number[] = [];
  for (let column = 1; column < width; column += 1) if (next[column] !== 0) open.push(next[column] ?? 0);
  for (let head = 0; head < open.length; head += 1) {
    const state = open[head] ?? 0;
    const back = fail[state] ?? 0;
    const also = found[back];
    if (also !== undefined) found[state] = [...(found[state] ?? []), ...also];
    for (let column = 1; column < width; column += 1) {
      const cell = state * width + column;
      const child = next[cell] ?? 0;
      const elsewhere = next[back * width + column] ?? 0;
      if (child === 0) next[cell] = elsewhere;
      else {
        fail[child] = elsewhere;
        open.push(child);
      }
    }
  }
  return (text, report) => {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      state = code < ASCII ? (next[state * width + (columns[code] ?? 0)] ?? 0) : 0;
      const here = found[state];
      if (here === undefined) continue;
      for (const literal of here)
        if (stands(literal, at + 1, text.length)) for (const item of literal.items) report(item);
    }
  };
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const ALL_ASCII = /^[\u0000-\u007f]*$/;
export const isAscii = (text: string): boolean => ALL_ASCII.test(text);

/** Few literals are found fastest by the engine's own search. */
const FEW = 4;

/** A search for many literals at once. Texts and literals are in lower case. */
export const findLiterals = (literals: readonly Literal[]): FindLiterals => {
  const plain = literals.filter(({ text }) => isAscii(text));
  const others = literals.filter(({ text }) => !isAscii(text));
  if (plain.length <= FEW) return findOneByOne(literals);
  const together = findTogether(plain);
  if (others.length === 0) return together;
  const apart = findOneByOne(others);
  return (text, report) => {
    together(text, report);
    apart(text, report);
  };
};
