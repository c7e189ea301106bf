import { fold } from './value.ts';

/** Shorter pieces are in every text. */
const SHORTEST = 2;
const LITERAL_ESCAPES = /[.\\/+*?()[\]{}|^$\-_:;,@#%&=!~'"<> ]/;

/** Index behind a group or class that opens at `at`, or -1 where it does not close. */
const closing = (pattern: string, at: number): number => {
  const open = pattern[at];
  let depth = 0;
  for (let index = at; index < pattern.length; index += 1) {
    const char = pattern[index];
    if (char === '\\') index += 1;
    else if (open === '[' && index === at && (pattern[index + 1] === ']' || pattern.startsWith('^]', index + 1)))
      index += pattern[index + 1] === '^' ? 2 : 1;
    else if (open === '[' && char === '[' && pattern[index + 1] === ':') index = pattern.indexOf(':]', index) + 1;
    else if (open === '[' ? char === ']' : char === ')') {
      depth -= 1;
      if (open === '[' || depth === 0) return index + 1;
    } else if (open === '(' && char === '[') {
      const end = closing(pattern, index);
      if (end < 0) return -1;
      index = end - 1;
    } else if (open === '(' && char === '(') depth += 1;
  }
  return -1;
};

/**
 * A piece of text, in lower case, that every match of a regular expression has: the longest run of plain characters at
 * the top level. Empty where none is sure: alternatives, flags inside the expression, quoted runs.
 */
export const requiredLiteral = (pattern: string): string => {
  // `(?:` is the only group taken; `\Q`, `\x`, `\u`, `\p` and numbers spell characters in ways not read here.
  if (/\(\?(?!:)|\\[QExupPC0-9]/.test(pattern)) return '';
  let best = '';
  let run = '';
  const stop = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at] ?? '';
    if (char === '|') return '';
    if (char === '(' || char === '[') {
      stop();
      at = closing(pattern, at);
      if (at < 0) return '';
    } else if (char === '*' || char === '?' || char === '{') {
      // The character in front may be there any number of times, also none.
      run = run.slice(0, -1);
      stop();
      if (char === '{' && !/^\{\d+(?:,\d*)?\}/.test(pattern.slice(at, at + 16))) return '';
      at = char === '{' ? pattern.indexOf('}', at) + 1 : at + 1;
    } else if (char === '\\' && LITERAL_ESCAPES.test(pattern[at + 1] ?? 'a')) {
      run += pattern[at + 1] ?? '';
      at += 2;
    } else if (char === '\\' || char === '.' || char === '^' || char === '$' || char === '+' || char === ')') {
      stop();
      at += char === '\\' ? 2 : 1;
    } else {
      run += char;
      at += 1;
    }
  }
  stop();
  return best.length < SHORTEST || /[\ud800-\udfff]/.test(best) ? '' : fold(best);
};
