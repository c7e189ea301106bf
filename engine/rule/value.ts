import type { Json } from '../record/json.ts';

/** A value without parts: what patterns are compared with. */
export type Scalar = string | number | boolean | null;

export const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null;

/**
 * The text a number, boolean or string is compared by: `true`, `42`, `0.5`. Sigma: "all values are treated as
 * case-insensitive strings".
 */
export const textOf = (value: string | number | boolean): string => (typeof value === 'string' ? value : String(value));

/**
 * Lower case, the same for every context: JavaScript's own makes ς of a Σ that ends a word, so that a pattern and the
 * text it stands in would differ.
 */
export const fold = (text: string): string => {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower;
};

const JSON_NUMBER = /^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/;

/**
 * The number a text of a rule writes, in JSON's grammar: `022` and `1.2.3` are none, `7045.0` is 7045. Beyond 2^53 it is
 * rounded, as the numbers of records are when they are read.
 */
export const writtenNumber = (text: string): number | undefined => {
  if (text.length > 64 || !JSON_NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
};

/** The number a text of a record writes; undefined also where it is too large to be told from its neighbours. */
export const numberIn = (text: string): number | undefined => {
  const number = writtenNumber(text);
  return number !== undefined && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
};

/** What a pattern is tried on: the text as it stands and in lower case. */
export interface Subject {
  readonly raw: string;
  readonly folded: string;
}

export const subject = (raw: string): Subject => ({ raw, folded: fold(raw) });
