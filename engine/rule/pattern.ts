import { fold, type Subject } from './value.ts';

/** Any run of characters, also none (`*`). */
const ANY = -1;
/** One character (`?`): one code point, so that an emoji is one. */
const ONE = -2;
/** One of the characters Windows takes as a dash (`windash`). */
const DASH = -3;
type Token = string | typeof ANY | typeof ONE | typeof DASH;

/** `-`, `/`, en dash, em dash, horizontal bar: the characters of Sigma's `windash`. */
const DASHES = new Set(['-', '/', '\u2013', '\u2014', '\u2015']);

/** A compiled string value of a rule. */
export interface Pattern {
  /** For people: as written, with the wildcards that modifiers add. */
  readonly shown: string;
  readonly cased: boolean;
  /** Whether objects and decoded text are searched, too: it has wildcards, its own or from contains and the like. */
  readonly searches: boolean;
  /** Where `literal` must stand in any text that matches. */
  readonly anchor: 'whole' | 'start' | 'end' | 'inside';
  /** A piece every matching text has, in lower case; empty when there is none. */
  readonly literal: string;
  readonly test: (subject: Subject) => boolean;
}

const SPECIAL = /[\\*?]/;

/** The text between wildcards, escapes resolved: `\*`, `\?`, `\\` are literal, any other backslash is itself. */
export const readTokens = (text: string): readonly Token[] => {
  if (!SPECIAL.test(text)) return text === '' ? [] : [text];
  const tokens: Token[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') tokens.push(literal);
    literal = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const next = text[at + 1];
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      at += 1;
    } else if (char === '*' || char === '?') {
      flush();
      if (char === '?') tokens.push(ONE);
      else if (tokens.at(-1) !== ANY) tokens.push(ANY);
    } else literal += char;
  }
  flush();
  return tokens;
};

export const hasWildcard = (tokens: readonly Token[]): boolean => tokens.some((token) => typeof token === 'number');

/** A dash or slash that starts a word: `\B[-/]\b` in pySigma. */
const WORD_DASH = /\B[-/]\b/g;

/** Puts every dash a parameter may start with in place of the one written. */
const windashed = (tokens: readonly Token[]): readonly Token[] =>
  tokens.flatMap((token): readonly Token[] => {
    if (typeof token !== 'string') return [token];
    const parts = token.split(WORD_DASH);
    return parts.flatMap((part, index): readonly Token[] => [
      ...(index > 0 ? ([DASH] as const) : []),
      ...(part === '' ? [] : [part]),
    ]);
  });

/** Every way to write a text's dashes, for encodings, which have no pattern: 25 for two dashes. */
export const dashVariants = (text: string): readonly string[] =>
  text
    .split(WORD_DASH)
    .reduce<readonly string[]>(
      (done, part, index) =>
        index === 0 ? [part] : done.flatMap((start) => [...DASHES].map((dash) => `${start}${dash}${part}`)),
      [],
    );

/** Dashes a text may have for that. */
export const MOST_DASHES = 4;

/** Code points of a piece, with ONE and DASH as they are. */
type Piece = readonly (string | typeof ONE | typeof DASH)[];

const standsAt = (piece: Piece, text: readonly string[], at: number): boolean =>
  piece.every((want, index) => {
    const char = text[at + index];
    if (char === undefined) return false;
    return want === ONE || (want === DASH ? DASHES.has(char) : want === char);
  });

/** Matches pieces parted by `*` against a whole text, leftmost first: linear in the text for each piece. */
const globTest = (tokens: readonly Token[]) => {
  const pieces: Piece[] = [[]];
  for (const token of tokens) {
    if (token === ANY) pieces.push([]);
    else pieces.push([...(pieces.pop() ?? []), ...(typeof token === 'string' ? Array.from(token) : [token])]);
  }
  return (text: string): boolean => {
    const chars = Array.from(text);
    const first = pieces[0] ?? [];
    if (pieces.length === 1) return chars.length === first.length && standsAt(first, chars, 0);
    const last = pieces.at(-1) ?? [];
    const end = chars.length - last.length;
    let at = first.length;
    if (end < at || !standsAt(first, chars, 0) || !standsAt(last, chars, end)) return false;
    for (const piece of pieces.slice(1, -1)) {
      while (at + piece.length <= end && !standsAt(piece, chars, at)) at += 1;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    return true;
  };
};

/** Literals parted by `*` only: the string methods do it. */
const literalTest = (tokens: readonly Token[]) => {
  const pieces: string[] = [''];
  for (const token of tokens) {
    if (token === ANY) pieces.push('');
    else if (typeof token === 'string') pieces[pieces.length - 1] = token;
  }
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1);
  if (pieces.length === 1) return (text: string): boolean => text === first;
  return (text: string): boolean => {
    const end = text.length - last.length;
    let at = first.length;
    if (end < at || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (const piece of middle) {
      at = text.indexOf(piece, at);
      if (at < 0) return false;
      at += piece.length;
    }
    return at <= end;
  };
};

const showToken = (token: Token): string => {
  if (token === ANY) return '*';
  if (token === ONE) return '?';
  if (token === DASH) return '-';
  return token.replace(/[*?]/g, '\\$&');
};

/** The longest literal piece, and where it must stand. */
const anchorOf = (tokens: readonly Token[]): Pick<Pattern, 'anchor' | 'literal'> => {
  const [only] = tokens;
  if (tokens.length === 0) return { anchor: 'whole', literal: '' };
  if (tokens.length === 1 && typeof only === 'string') return { anchor: 'whole', literal: only };
  const literals = tokens.filter((token) => typeof token === 'string');
  const literal = literals.reduce((best, next) => (next.length > best.length ? next : best), '');
  if (literal === '') return { anchor: 'inside', literal };
  if (tokens[0] === literal && literals.indexOf(literal) === 0 && literals.length === 1)
    return { anchor: 'start', literal };
  if (tokens.at(-1) === literal && literals.length === 1) return { anchor: 'end', literal };
  return { anchor: 'inside', literal };
};

/** How a string value is to be read: by the modifiers of its item. */
export interface PatternOptions {
  readonly cased?: boolean;
  readonly windash?: boolean;
  /** Adds `*` in front (`endswith`, `contains`) and behind (`startswith`, `contains`). */
  readonly before?: boolean;
  readonly behind?: boolean;
}

/** A text without wildcards that must be the whole value: what most values of rules are. */
const wholePattern = (text: string, cased: boolean): Pattern => {
  const folded = fold(text);
  return {
    shown: showToken(text),
    cased,
    searches: false,
    anchor: 'whole',
    literal: folded,
    test: cased ? ({ raw }) => raw === text : (subject) => subject.folded === folded,
  };
};

/**
 * Compiles tokens to a pattern that is tried on whole texts.
 *
 * @param tokens from readTokens, or one literal string as it stands (encoded values)
 */
export const compilePattern = (written: readonly Token[], options: PatternOptions = {}): Pattern => {
  const cased = options.cased === true;
  const [only] = written;
  const bare = options.before !== true && options.behind !== true && options.windash !== true;
  if (bare && written.length === 1 && typeof only === 'string') return wholePattern(only, cased);
  const dashed = options.windash === true ? windashed(written) : written;
  const open = (token: Token | undefined): boolean => token === ANY;
  const tokens: readonly Token[] = [
    ...(options.before === true && !open(dashed[0]) ? ([ANY] as const) : []),
    ...dashed,
    ...(options.behind === true && !(dashed.length > 0 && open(dashed.at(-1))) ? ([ANY] as const) : []),
  ].filter((token, index, all) => token !== ANY || all[index - 1] !== ANY);
  const shaped = tokens.map((token) => (typeof token === 'string' && !cased ? fold(token) : token));
  const plain = shaped.every((token) => typeof token === 'string' || token === ANY);
  const test = plain ? literalTest(shaped) : globTest(shaped);
  const { anchor, literal } = anchorOf(shaped);
  return {
    shown: tokens.map(showToken).join(''),
    cased,
    searches: hasWildcard(tokens) && !tokens.every((token) => typeof token === 'string' || token === DASH),
    anchor,
    literal: cased ? fold(literal) : literal,
    test: cased ? ({ raw }) => test(raw) : ({ folded }) => test(folded),
  };
};

export type Tokens = readonly Token[];
/** A literal text as tokens. */
export const literalTokens = (text: string): Tokens => (text === '' ? [] : [text]);
