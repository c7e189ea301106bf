import type { Tokens } from './skim.ts';

/** Answers kept where nothing else is said; a power of two, and the most there can be. */
const SLOTS = 256;
/** Longer tokens are asked for each time. */
const LONGEST = 256;
/** Words of a slot, of eight bytes: length, answer, the token's last eight bytes, all of it; a multiple of 64 bytes. */
const STRIDE = 40;

/** What a token means, as a number that is not negative. */
export type Meaning = (tokens: Tokens, path: number) => number;

/**
 * Two of 256 numbers, sixteen bits in all, from five words and the length of a token of four bytes and more. The first
 * characters tell event sources apart, those further on ARNs.
 */
const mixOf = (view: DataView, start: number, length: number): number => {
  const last = length - 4;
  const mixed =
    Math.imul(view.getInt32(start + Math.min(last, 2), true), 0x165667b1) +
    Math.imul(view.getInt32(start + (last >> 2), true), 0xc2b2ae35) +
    Math.imul(view.getInt32(start + (last >> 1), true), 0x85ebca6b) +
    Math.imul(view.getInt32(start + last - (last >> 2), true), 0x27d4eb2f) +
    Math.imul(view.getInt32(start + last, true), 0x9e3779b1) +
    length;
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 16;
};

/**
 * Remembers what the tokens met last meant, by their very bytes: equal bytes are equal scalars, and most values come
 * again. No answer rests on a hash.
 *
 * @param meaning asked for tokens that are not remembered
 * @param slots a power of two, at most 256
 */
export const rememberTokens = (meaning: Meaning, slots = SLOTS): Meaning => {
  /**
   * For each slot the length of its token, the answer, and the token's bytes: together, because what this costs is
   * memory out of reach. Eight bytes are compared as one number: two that are equal have the same bits, because zero,
   * which has two forms, needs bytes that no JSON has; a NaN equals nothing and is asked for again. Made with the first
   * token: a Lambda that wakes for one record has no use for most fields.
   */
  let held = new Float64Array(0);
  /** Which of the two slots a token has is given up for the next. */
  let turn = false;

  const isHeld = (view: DataView, start: number, length: number, from: number): boolean => {
    const slot = held;
    if (slot[from] !== length) return false;
    let text = from + 2;
    if (length < 8)
      return view.getInt32(start, true) === slot[text] && view.getInt32(start + length - 4, true) === slot[text + 1];
    const last = start + length - 8;
    if (view.getFloat64(last, true) !== slot[text]) return false;
    for (let at = start; at < last; at += 8) {
      text += 1;
      if (view.getFloat64(at, true) !== slot[text]) return false;
    }
    return true;
  };

  const hold = (view: DataView, start: number, length: number, from: number, answer: number): void => {
    held[from] = length;
    held[from + 1] = answer;
    const text = from + 2;
    if (length < 8) {
      held[text] = view.getInt32(start, true);
      held[text + 1] = view.getInt32(start + length - 4, true);
      return;
    }
    const last = start + length - 8;
    held[text] = view.getFloat64(last, true);
    for (let at = start, word = text + 1; at < last; at += 8, word += 1) held[word] = view.getFloat64(at, true);
  };

  return (tokens, path) => {
    const start = tokens.starts[path] ?? 0;
    const length = (tokens.ends[path] ?? 0) - start;
    const { view } = tokens;
    if (length < 4 || length > LONGEST || start + length > tokens.wide) return meaning(tokens, path);
    if (held.length === 0) held = new Float64Array(slots * STRIDE);
    const mix = mixOf(view, start, length);
    const one = (mix & (slots - 1)) * STRIDE;
    if (isHeld(view, start, length, one)) return held[one + 1] ?? 0;
    const other = ((mix >> 8) & (slots - 1)) * STRIDE;
    if (isHeld(view, start, length, other)) return held[other + 1] ?? 0;
    const answer = meaning(tokens, path);
    turn = !turn;
    hold(view, start, length, turn ? one : other, answer);
    return answer;
  };
};
