import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules } from '../../engine/rule/compile.ts';
import { lintRules } from '../../engine/rule/lint/lint.ts';
import { readRules } from '../../engine/rule/read.ts';

const FIELDS = ['eventName', 'errorCode', 'userAgent'] as const;
const VALUES = ['Alpha', 'alphabet', 'Beta', '', 'Al*'] as const;
const SUFFIXES = ['', '', '', '|contains', '|startswith', '|endswith', '|cased', '|neq', '|re'] as const;

const quoted = (text: string): string => `'${text}'`;

const entry = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...FIELDS),
      fc.constantFrom(...SUFFIXES),
      fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 }),
    )
    .map(([field, suffix, values]) => `${field}${suffix}: [${values.map(quoted).join(', ')}]`),
  fc.tuple(fc.constantFrom(...FIELDS), fc.boolean()).map(([field, want]) => `${field}|exists: ${want}`),
  fc.constantFrom(...FIELDS).map((field) => `${field}: null`),
);

const key = (line: string): string => line.slice(0, line.indexOf(':'));
const search = fc.uniqueArray(entry, { selector: key, minLength: 1, maxLength: 3 });
const condition = fc.constantFrom(
  'one and two',
  'one and not two',
  'one or (two and three)',
  'not one and not two and three',
  'all of them',
  '1 of them and not three',
  'one and not (two or not three)',
  '2 of them',
);

const RECORDS = ['Alpha', 'alphabet', 'BETA', '', 'gamma', null, undefined].flatMap((eventName) =>
  ['Alpha', 'Beta', null, undefined].flatMap((errorCode) =>
    ['alphabet', 'Beta', undefined].map((userAgent) => ({
      ...(eventName === undefined ? {} : { eventName }),
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(userAgent === undefined ? {} : { userAgent }),
    })),
  ),
);

describe('a rule of which the lint says that no record can match it', () => {
  it('matches none', () => {
    let said = 0;
    fc.assert(
      fc.property(search, search, search, condition, (one, two, three, text) => {
        const part = (name: string, lines: readonly string[]): string =>
          `    ${name}:\n${lines.map((line) => `        ${line}\n`).join('')}`;
        const yaml = `title: generated\nlogsource: { product: aws, service: cloudtrail }\ndetection:\n${part('one', one)}${part('two', two)}${part('three', three)}    condition: ${text}\n`;
        const { documents } = readRules([{ file: 'a.yml', text: yaml }]);
        if (!lintRules(documents).some(({ code }) => code === 'never-matches')) return true;
        said += 1;
        const { ruleSet } = compileRules(documents);
        return RECORDS.every((record) => ruleSet.match(record).length === 0);
      }),
      { numRuns: 4000, seed: 20261121 },
    );
    expect(said).toBeGreaterThan(50);
  });
});
