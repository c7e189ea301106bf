import { isJsonObject, type Json } from '../record/json.ts';
import { isScalar, type Subject, subject, textOf } from './value.ts';

/** Characters of a text that is looked into: CloudTrail cuts requestParameters at 100 KB. */
const MOST_DECODED = 1_048_576;
/** Documents inside strings inside documents: a policy inside a template inside a request is three. */
const MOST_LEVELS = 4;
/** Values one search looks at: far above any record, and a bound for a hostile one. */
const MOST_LEAVES = 250_000;
/** Shorter texts are words, not scripts. */
const SHORTEST_BASE64 = 16;

const parsed = (text: string): Json | undefined => {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
};

/** First characters of JSON that has parts, or of a string that may hold some; `%7B`, `%5B`, `%22` percent-encoded. */
const START = /^\s{0,64}(?:[[{"]|%(?:7b|5b|22))/i;

/** Whether a string may be a document: false only for one that is none. */
export const mayBeDocument = (text: string): boolean => START.test(text);

/**
 * The document a string is: JSON, or percent-encoded JSON, as CloudTrail writes `policyDocument`,
 * `assumeRolePolicyDocument`, `policy`, `templateBody`.
 *
 * @returns an object or array, or undefined where the string is none
 */
export const documentIn = (text: string): Json | undefined => {
  if (text.length < 2 || text.length > MOST_DECODED || !START.test(text)) return undefined;
  let value: Json | undefined = text;
  for (let level = 0; level < MOST_LEVELS && typeof value === 'string'; level += 1) value = parsed(unescaped(value));
  return typeof value === 'object' && value !== null ? value : undefined;
};

/** The text behind percent-encoding, or the text itself. */
const unescaped = (text: string): string => {
  if (!/^\s*%/.test(text)) return text;
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return text;
  }
};

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary data from text
const BINARY = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f]/;

/** The text that base64 holds (`userData` scripts), or undefined where it is no base64 of text. */
const textInBase64 = (text: string): string | undefined => {
  if (text.length < SHORTEST_BASE64 || text.length > MOST_DECODED || text.length % 4 !== 0 || !BASE64.test(text))
    return undefined;
  try {
    const decoded = UTF8.decode(Buffer.from(text, 'base64'));
    return BINARY.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
};

/** Whether a string may have more in it than its own text: cheap, and never false for one that has. */
export const mayHide = (text: string): boolean =>
  START.test(text) || (text.length >= SHORTEST_BASE64 && text.length % 4 === 0 && BASE64.test(text));

/**
 * All texts a search (contains, startswith, endswith, re, wildcards, keywords) looks through: the value itself; of an
 * object or array its leaf values; of a string that is JSON, percent-encoded JSON or base64 text also what is inside,
 * once as compact JSON (so that spacing does not matter) and leaf by leaf.
 *
 * @returns texts with the place below the value where they stand (`.Statement[0].Action`); null has no text
 */
export const searchTexts = (value: Json): readonly { readonly at: string; readonly subject: Subject }[] => {
  const texts: { at: string; subject: Subject }[] = [];
  const open: { value: Json; at: string; level: number }[] = [{ value, at: '', level: 0 }];
  const add = (at: string, text: string): void => {
    texts.push({ at, subject: subject(text) });
  };
  for (let next = open.pop(); next !== undefined && texts.length < MOST_LEAVES; next = open.pop()) {
    const { value: here, at, level } = next;
    if (Array.isArray(here)) {
      for (let index = here.length - 1; index >= 0; index -= 1)
        open.push({ value: here[index] ?? null, at: `${at}[${index}]`, level });
    } else if (isJsonObject(here)) {
      for (const key of Object.keys(here).reverse()) open.push({ value: here[key] ?? null, at: `${at}.${key}`, level });
    } else if (here !== null && isScalar(here)) {
      add(at, textOf(here));
      if (typeof here !== 'string' || level >= MOST_LEVELS || !mayHide(here)) continue;
      const script = textInBase64(here);
      if (script !== undefined) open.push({ value: script, at, level: level + 1 });
      const inside = documentIn(here);
      if (inside !== undefined) {
        add(at, JSON.stringify(inside));
        open.push({ value: inside, at, level: level + 1 });
      }
    }
  }
  return texts;
};
