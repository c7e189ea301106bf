import { RE2JS } from 're2js';

/** Characters a pattern may have: RE2 compiles in time and memory proportional to it, times its counted repetitions. */
const MOST_REGEX = 4096;
/**
 * Characters of a value that are searched. Above what CloudTrail writes (requestParameters is cut at 100 KB, an event at
 * 1 MB), so that a longer text is no CloudTrail text.
 */
const MOST_SEARCHED = 1_048_576;

/** A compiled regular expression: whether it is found anywhere in a text. */
export type Found = (text: string) => boolean;

/** Flags of Sigma's `re`: ignore case, ^ and $ at every line, dot takes line breaks. */
export interface RegexFlags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Longer expressions are not looked at for being plain: with counts up to 99, RE2 has room for these. */
const MOST_PLAIN = 512;
const LITERAL = String.raw`[\w \-/:=@,;&%#!~'"<>]`;
const ESCAPED = String.raw`\\[dDwWsS.\\/+*?()[\]{}|^$\-:]`;
const RANGE = '[A-Za-z0-9]-[A-Za-z0-9]';
const CLASS = String.raw`\[\^?(?:${RANGE}|[\w ./:=@,+*?$()]|${ESCAPED})+-?\]`;
const ATOM = `(?:${LITERAL}|${ESCAPED}|${CLASS}|\\.)`;
const PIECE = String.raw`[\^$|]|${ATOM}(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})?`;
const PLAIN = new RegExp(String.raw`^(?:${PIECE}|\((?:\?:)?(?:${PIECE})*\)[*+?]?)*$`);

/**
 * Whether RE2 is sure to take an expression: it has nothing but ASCII literals, classes, simple counts and groups one
 * deep, which JavaScript writes alike. JavaScript is asked for what is left: ranges and counts in their order.
 */
const isPlain = (pattern: string): boolean => {
  if (pattern.length > MOST_PLAIN || !PLAIN.test(pattern)) return false;
  try {
    // Never run: parsing it costs a hundredth of what compiling it for RE2 does.
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
};

/**
 * Compiles a regular expression that runs in time linear in the text (RE2): event text is written by attackers, and a
 * backtracking engine can be made to stand still by it.
 *
 * @returns the search, or why RE2 refuses the expression (look-around and back-references cannot be linear)
 */
export const compileRegex = (
  pattern: string,
  { i, m, s }: RegexFlags,
): { readonly found: Found } | { readonly fault: string } => {
  if (pattern.length > MOST_REGEX) return { fault: `longer than ${MOST_REGEX} characters` };
  const flags = (i ? RE2JS.CASE_INSENSITIVE : 0) | (m ? RE2JS.MULTILINE : 0) | (s ? RE2JS.DOTALL : 0);
  let compiled: RE2JS | undefined;
  const compile = (): RE2JS => {
    compiled ??= RE2JS.compile(pattern, flags);
    return compiled;
  };
  const found: Found = (text) => compile().test(text.length > MOST_SEARCHED ? text.slice(0, MOST_SEARCHED) : text);
  // Compiling is the dearest part of reading a rule, and most expressions are never tried: their literals are not there.
  if (isPlain(pattern)) return { found };
  try {
    compile();
    return { found };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
};
