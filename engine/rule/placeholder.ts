import type { Lists } from './rule.ts';

/** A value with `|expand`, cut at its placeholders: what stands between them and their names, in turns. */
type Pieces = readonly { readonly text: string; readonly name?: string }[];

/**
 * Cuts a value. Where `\%` escapes, `lone` says that a `%` is left over that neither is escaped nor belongs to a name.
 */
const cut = (value: string, escapes: boolean): { readonly pieces: Pieces; readonly lone: boolean } => {
  const placeholder = /%([^%\\\s]+)%/y;
  const pieces: { text: string; name?: string }[] = [];
  let text = '';
  let lone = false;
  for (let at = 0; at < value.length; ) {
    const pair = value.slice(at, at + 2);
    placeholder.lastIndex = at;
    const [whole, name] = placeholder.exec(value) ?? [];
    if (escapes && (pair === '\\%' || pair === '\\\\')) {
      text += pair === '\\%' ? '%' : pair;
      at += 2;
    } else if (whole !== undefined && name !== undefined) {
      pieces.push({ text, name });
      text = '';
      at += whole.length;
    } else {
      lone ||= value[at] === '%';
      text += value[at] ?? '';
      at += 1;
    }
  }
  return { pieces: [...pieces, { text }], lone };
};

/**
 * Reads placeholders (rules specification v2.1, "Placeholders": `\%` is a plain percent sign). In `C:\%folder%\x` that
 * would leave a `%` on its own: there the backslash is a part of the path.
 */
const piecesOf = (value: string): Pieces => {
  const escaped = cut(value, true);
  return escaped.lone ? cut(value, false).pieces : escaped.pieces;
};

/** Names of the lists a value asks for (`%name%`), each once. */
export const placeholders = (value: string): readonly string[] => [
  ...new Set(piecesOf(value).flatMap(({ name }) => (name === undefined ? [] : [name]))),
];

/** Texts one value may stand for: two lists of a hundred. */
const MOST_TEXTS = 10_000;

/** The texts a value stands for with the entries of its lists filled in, every choice of them; or why it has none. */
export const fillIn = (
  value: string,
  lists: Lists,
): readonly string[] | { readonly missing: readonly string[] } | { readonly texts: number } => {
  const pieces = piecesOf(value);
  const names = placeholders(value);
  const missing = names.filter((name) => !Object.hasOwn(lists, name));
  if (missing.length > 0) return { missing };
  const texts = names.reduce((product, name) => product * (lists[name]?.length ?? 0), 1);
  if (texts > MOST_TEXTS) return { texts };
  const choices = names.reduce<readonly ReadonlyMap<string, string>[]>(
    (made, name) => made.flatMap((choice) => (lists[name] ?? []).map((entry) => new Map([...choice, [name, entry]]))),
    [new Map()],
  );
  return choices.map((choice) =>
    pieces.map(({ text, name }) => `${text}${name === undefined ? '' : (choice.get(name) ?? '')}`).join(''),
  );
};
