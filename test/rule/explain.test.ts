import { expect, test } from 'vitest';
import { explain } from '../../engine/rule/explain.ts';
import { readRules } from '../../engine/rule/read.ts';
import { ruleWith } from './try-rule.ts';

const documentOf = (detection: string) => {
  const [document] = readRules([{ file: 'rule.yml', text: ruleWith(detection) }]).documents;
  if (document === undefined) throw new Error('not read');
  return document;
};

test('a rule that did not match shows which entry failed on which value', () => {
  const document = documentOf(
    'selection:\n  eventSource: s3.amazonaws.com\n  eventName: [PutObject, GetObject]\ncondition: selection',
  );
  const { matched, conditions } = explain(document, { eventSource: 's3.amazonaws.com', eventName: 'ListBuckets' });
  expect(matched).toBe(false);
  expect(conditions).toMatchObject([
    {
      of: 'rule',
      text: 'selection',
      explained: {
        kind: 'search',
        name: 'selection',
        holds: false,
        part: {
          kind: 'and',
          parts: [
            { kind: 'item', holds: true, met: [{ field: 'eventSource', value: 's3.amazonaws.com' }] },
            {
              kind: 'item',
              holds: false,
              expected: ['PutObject', 'GetObject'],
              actual: [{ field: 'eventName', value: 'ListBuckets' }],
              met: [],
            },
          ],
        },
      },
    },
  ]);
});

test('elements of an array are shown one by one, an absent field as absent', () => {
  const document = documentOf('selection:\n  s[any]:\n    a: 1\n  f: x\ncondition: not selection');
  const { matched, conditions } = explain(document, { s: [{ a: 1 }, { a: 2 }] });
  expect(matched).toBe(true);
  expect(conditions[0]?.explained).toMatchObject({
    kind: 'not',
    holds: true,
    parts: [
      {
        part: {
          parts: [
            {
              kind: 'element',
              holds: true,
              elements: [
                { field: 's[0]', part: { holds: true } },
                { field: 's[1]', part: { holds: false } },
              ],
            },
            { kind: 'item', holds: false, present: false, actual: [] },
          ],
        },
      },
    ],
  });
});

test('a rule that lacks a list says which', () => {
  const document = documentOf("selection:\n  f|expand: '%known%'\ncondition: selection");
  expect(explain(document, {})).toMatchObject({ matched: false, missingLists: ['known'], conditions: [] });
  expect(explain(document, { f: 'a' }, { lists: { known: ['a'] } }).matched).toBe(true);
});
