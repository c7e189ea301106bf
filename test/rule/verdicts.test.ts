import { expect, test } from 'vitest';
import type { JsonObject } from '../../engine/record/json.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { requiredLiteral } from '../../engine/rule/required.ts';
import { ruleWith } from './try-rule.ts';

const rules = (detections: readonly string[]) =>
  compileRules(
    readRules(
      detections.map((detection, at) => ({
        file: `${at}.yml`,
        text: ruleWith(detection).replace('Tried', `rule ${at}`),
      })),
    ).documents,
  );

test('more values, classes and tuples than are remembered change nothing', { timeout: 60_000 }, () => {
  const words = Array.from({ length: 14 }, (_, at) => `tool${String.fromCharCode(97 + at)}`);
  const { ruleSet, matchPlainly } = rules([
    ...words.map((word) => `s: { userAgent|contains: ${word}, eventName: Go }\ncondition: s`),
    ...words.map((word) => `s: { arn|endswith: ${word} }\nt: { ip|cidr: '10.0.0.0/9' }\ncondition: s and not t`),
  ]);
  let matched = 0;
  for (let at = 0; at < 60_000; at += 1) {
    // Every subset of the words in turn: as many classes as there can be, and every value a new one.
    const subset = words.filter((_, bit) => ((at * 7919) >> bit) & 1).join(' ');
    const record: JsonObject = {
      eventName: at % 3 === 0 ? 'Go' : `Other${at}`,
      userAgent: `${subset} ${at}`,
      arn: `user/${at}/${words[at % 29] ?? 'none'}`,
      ip: `10.${at % 256}.${(at >> 8) % 256}.1`,
    };
    const fast = ruleSet.match(record);
    matched += fast.length;
    if (at % 16 === 0) expect(fast).toEqual(matchPlainly(record));
  }
  expect(matched).toBeGreaterThan(10_000);
});

test('nothing is allocated for records no rule can match', () => {
  const { ruleSet } = rules(['s: { eventName: Go }\ncondition: s']);
  expect(ruleSet.match({ eventName: 'Stay' })).toBe(ruleSet.match({ eventName: 'Other' }));
});

test('a rule that holds on anything is always tried', () => {
  const { ruleSet } = rules(['s: { eventName: Go }\ncondition: not s', 's: { f|fieldref: g }\ncondition: s']);
  expect(ruleSet.match({ eventName: 'Stay', f: 'x', g: 'X' }).map(({ rule }) => rule.title)).toEqual([
    'rule 0',
    'rule 1',
  ]);
});

test.each([
  ['assumed-role/abc.+/i-', 'assumed-role/abc'],
  ['ab+c', 'ab'],
  ['abc?d', 'ab'],
  ['abc*', 'ab'],
  ['abc{2,3}', 'ab'],
  ['(?:foo|bar)bazz', 'bazz'],
  ['foo|barbaz', ''],
  ['(?i)abc', ''],
  ['\\QA.B\\E', ''],
  ['\\x41bcd', ''],
  ['[a|b]cde', 'cde'],
  ['[]a]xyz', 'xyz'],
  ['[^]|]xyz', 'xyz'],
  ['[[:alpha:]]xyz', 'xyz'],
  ['(a[)]b)xyz', 'xyz'],
  ['a\\.b\\|c', 'a.b|c'],
  ['a{b|c}', ''],
  ['ABC', 'abc'],
  ['^\\d+$', ''],
])('every text that meets /%s/ has %s', (pattern, literal) => {
  expect(requiredLiteral(pattern)).toBe(literal);
});
