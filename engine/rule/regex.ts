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
  try {
    const compiled = RE2JS.compile(pattern, flags);
    return { found: (text) => compiled.test(text.length > MOST_SEARCHED ? text.slice(0, MOST_SEARCHED) : text) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
};
