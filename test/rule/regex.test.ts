import fc from 'fast-check';
import { RE2JS } from 're2js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileRegex, type RegexFlags } from '../../engine/rule/regex.ts';

const NO_FLAGS: RegexFlags = { i: false, m: false, s: false };
const bits = ({ i, m, s }: RegexFlags): number =>
  (i ? RE2JS.CASE_INSENSITIVE : 0) | (m ? RE2JS.MULTILINE : 0) | (s ? RE2JS.DOTALL : 0);

const flags = fc.record({ i: fc.boolean(), m: fc.boolean(), s: fc.boolean() });

/** Pieces that make plain expressions, and others that make nearly plain ones. */
const piece = fc.constantFrom(
  ...['a', 'Z', '9', '-', ' ', '.', '^', '$', '|', '(', '(?:', ')', '[a-f]', '[^0-9]', '[a.-]', '[z-a]', '[9-0]'],
  ...['[', ']', '[]', '[^]', '[\\d-]', '[\\]]', '[a\\-z]', '[a-\\d]', '[[:alpha:]]', '\\d', '\\S', '\\.', '\\\\', '\\'],
  ...['*', '+', '?', '{2}', '{3,}', '{3,2}', '{1,99}', '{100}', '{', '}', '{,2}', '??', '(?i)', '\\b', '\\1', 'é'],
);
const nearlyPlain = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: fc.constantFrom(...'aZ09-.^$|()[]{}*+?\\:,dw'), maxLength: 12 }),
);

/** What RE2 itself says: the search, or undefined where it refuses. */
const asked = (pattern: string, set: RegexFlags): RE2JS | undefined => {
  try {
    return RE2JS.compile(pattern, bits(set));
  } catch {
    return undefined;
  }
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a regular expression', () => {
  it.each([
    '^[0-9]{12}$',
    ':i-[0-9a-fA-F]{8,17}$',
    '^(p[2-9]|g[3-9])[a-z]*\\.',
    '^\\[?aws-cli/1\\.1[5-8]\\.',
    '^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:',
    'curl[0-9]+\\.[a-z]',
  ])('that is plain is compiled when a text is first searched, not before: %s', (pattern) => {
    const compile = vi.spyOn(RE2JS, 'compile');
    const regex = compileRegex(pattern, NO_FLAGS);
    expect(compile).not.toHaveBeenCalled();
    if (!('found' in regex)) throw new Error(regex.fault);
    regex.found('arn:aws:iam::123456789012:user/a');
    regex.found('123456789012');
    expect(compile).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['look-ahead', 'a(?=b)'],
    ['look-behind', '(?<=a)b'],
    ['a back-reference', '(a)\\1'],
    ['an open group', '(a'],
    ['an open class', '[a'],
    ['a range that runs backwards', '[z-a]'],
    ['a range of digits that runs backwards', 'x[a9-0]'],
    ['a count that runs backwards', 'a{3,2}'],
    ['a count above 1,000', 'a{1001}'],
    ['nothing to repeat', '*a'],
    ['a repetition repeated', 'a**'],
    ['a backslash at the end', 'a\\'],
  ])('with %s is refused when the rule is compiled', (_, pattern) => {
    expect(compileRegex(pattern, NO_FLAGS)).toHaveProperty('fault');
  });

  it('is refused at once if RE2 refuses it, and finds what RE2 finds, however plain it looks', () => {
    fc.assert(
      fc.property(
        nearlyPlain,
        flags,
        fc.string({ unit: fc.constantFrom(...'aZ9- .bé\n'), maxLength: 8 }),
        (pattern, set, text) => {
          const regex = compileRegex(pattern, set);
          const there = asked(pattern, set);
          expect('found' in regex, pattern).toBe(there !== undefined);
          if ('found' in regex) expect(regex.found(text), pattern).toBe(there?.test(text));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    '\\S{99}'.repeat(73),
    '[^a]{1,99}'.repeat(51),
    '.{99}'.repeat(102),
    `(${'[\\w.]{99}'.repeat(56)})*`,
    'a*'.repeat(256),
    `(${'a|'.repeat(254)}a)`,
    '()'.repeat(256),
  ])('as large as a plain one may be has room in RE2: %#', (pattern) => {
    const regex = compileRegex(pattern, { i: true, m: true, s: true });
    if (!('found' in regex)) throw new Error(regex.fault);
    expect(() => regex.found('aB9.-\n'.repeat(20))).not.toThrow();
  });
});
