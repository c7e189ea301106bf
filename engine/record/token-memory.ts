import type { Tokens } from './skim.ts';

/** Answers kept where nothing else is said; a power of two, and the most there can be. */
const SLOTS = 256;
/** Longer tokens are asked for each time. */
const LONGEST = 128;
const WORDS = LONGEST / 4;

/** What a token means, as a number that is not negative. */
export type Meaning = (tokens: Tokens, path: number) => number;

/** One of 256 numbers from the length and four words out of a token of four bytes and more. */
const mixOf = (view: DataView, start: number, length: number): number => {
  const last = length - 4;
  const mixed =
    Math.imul(view.getInt32(start + last, true), 0x9e3779b1) +
    Math.imul(view.getInt32(start + (last >> 1), true), 0x85ebca6b) +
    Math.imul(view.getInt32(start + (last >> 2), true), 0xc2b2ae35) +
    Math.imul(view.getInt32(start + last - (last >> 2), true), 0x27d4eb2f) +
    length;
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 24;
};

/**
 * Remembers what the tokens met last meant, by their very bytes: equal bytes are equal scalars, and most values come
 * again. No answer rests on a hash.
 *
 * @param meaning asked for tokens that are not remembered
 * @param slots a power of two, at most 256
 */
export const rememberTokens = (meaning: Meaning, slots = SLOTS): Meaning => {
  // Made with the first token: a Lambda that wakes for one record has no use for most fields.
  let held = new Int32Array(0);
  const lengths = new Int32Array(slots);
  const answers = new Int32Array(slots);

  const isHeld = (view: DataView, start: number, length: number, from: number): boolean => {
    const words = length >> 2;
    for (let word = 0; word < words; word += 1)
      if (view.getInt32(start + word * 4, true) !== held[from + word]) return false;
    const rest = length & 3;
    if (rest === 0) return true;
    return (view.getInt32(start + words * 4, true) & ((1 << (rest * 8)) - 1)) === held[from + words];
  };

  const hold = (view: DataView, start: number, length: number, from: number): void => {
    if (held.length === 0) held = new Int32Array(slots * WORDS);
    const words = length >> 2;
    for (let word = 0; word < words; word += 1) held[from + word] = view.getInt32(start + word * 4, true);
    const rest = length & 3;
    if (rest !== 0) held[from + words] = view.getInt32(start + words * 4, true) & ((1 << (rest * 8)) - 1);
  };

  return (tokens, path) => {
    const start = tokens.starts[path] ?? 0;
    const length = (tokens.ends[path] ?? 0) - start;
    const view = tokens.view();
    if (length < 4 || length > LONGEST || start + length + 4 > view.byteLength) return meaning(tokens, path);
    const slot = mixOf(view, start, length) & (slots - 1);
    if (lengths[slot] === length && isHeld(view, start, length, slot * WORDS)) return answers[slot] ?? 0;
    const answer = meaning(tokens, path);
    hold(view, start, length, slot * WORDS);
    lengths[slot] = length;
    answers[slot] = answer;
    return answer;
  };
};
