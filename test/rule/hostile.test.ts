import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { explain } from '../../engine/rule/explain.ts';
import { readRules } from '../../engine/rule/read.ts';
import { aRule, LISTS } from '../oracle/arbitrary.ts';
import { matchesOf, problemsOf, ruleWith } from './try-rule.ts';

const nested = (depth: number, text: string): Json => {
  let value: Json = text;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

describe('no record can hurt', () => {
  test('any JSON is matched or not, never thrown at', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(aRule, fc.jsonValue({ maxDepth: 6 }), (rule, value) => {
        const { documents } = readRules([{ file: 'r.yml', text: stringify({ title: 'x', ...rule }) }]);
        const { ruleSet } = compileRules(documents, { lists: LISTS });
        const parsed: Json = JSON.parse(
          JSON.stringify({ f: value, a: value, list: value, doc: JSON.stringify(value) }),
        );
        const record: JsonObject = isJsonObject(parsed) ? parsed : {};
        expect(ruleSet.match(record).length).toBeLessThanOrEqual(1);
        for (const document of documents) explain(document, record, { lists: LISTS });
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["'|contains': x", 'keywords'],
    ['f.a.a.a|contains: x', 'a path'],
    ['f|fieldref: f.a', 'a reference'],
    ["f: '*x*'", 'a wildcard'],
  ])('nesting 100,000 deep: %s (%s)', (search) => {
    const text = ruleWith(`s:\n  ${search}\ncondition: s`);
    expect(matchesOf(text, { f: nested(100_000, 'y') })).toEqual([]);
  });

  test('documents in documents end', () => {
    let text = '{"k":"needle"}';
    for (let level = 0; level < 12; level += 1) text = JSON.stringify({ d: text });
    expect(matchesOf(ruleWith('s: { f|re: nowhere }\ncondition: s'), { f: text })).toEqual([]);
  });

  test('a regular expression takes time in line with the text: 1 MB of what makes others stand still', () => {
    const text = ruleWith("s: { f|re: '^(a+)+$' }\nt: { f|re|i: '(x+x+)+y' }\ncondition: s or t");
    const started = process.cpuUsage().user;
    expect(matchesOf(text, { f: `${'a'.repeat(500_000)}${'x'.repeat(500_000)}!` })).toEqual([]);
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });

  test('wildcards take time in line with the text', () => {
    const started = process.cpuUsage().user;
    expect(
      matchesOf(ruleWith("s: { f: '*a*a*a*a*a*a*a*a*b' }\nt: { f: '*a?a?a?a*?a?a*b' }\ncondition: s or t"), {
        f: 'a'.repeat(300_000),
      }),
    ).toEqual([]);
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });
});

describe('no rule file can hurt', () => {
  test('any text is read or refused', { timeout: 60_000 }, () => {
    const pieces = fc.constantFrom(
      'title: x\n',
      'detection:\n',
      '  s:\n',
      '    f|re: "("\n',
      '  condition: s',
      ' and ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ': ',
      '&a ',
      '*a',
      '---\n',
      'logsource: ',
      'filter:\n',
      "'",
      '"',
      '|',
      '\t',
      '%',
      'null',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          for (const problem of problemsOf(text)) expect(problem.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
