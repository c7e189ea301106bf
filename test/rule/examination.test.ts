import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Json, JsonObject } from '../../engine/record/json.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import type { Item } from '../../engine/rule/document.ts';
import { itemHits } from '../../engine/rule/holds.ts';
import { compileItem } from '../../engine/rule/item.ts';
import { readRules } from '../../engine/rule/read.ts';
import type { RuleSet } from '../../engine/rule/rule.ts';
import { ruleWith, searchMatches } from './try-rule.ts';

/** One rule for each detection. */
const rulesOf = (detections: readonly string[]): RuleSet => {
  const { documents, problems } = readRules(
    detections.map((detection, number) => ({
      file: `${number}.yml`,
      text: ruleWith(detection).replace('Tried', `Tried ${number}`),
    })),
  );
  if (problems.length > 0) throw new Error(problems[0]?.message);
  return compileRules(documents).ruleSet;
};

/** A list that counts how often an element is read. */
const counted = (elements: readonly Json[]): { readonly list: readonly Json[]; readonly reads: () => number } => {
  let reads = 0;
  const list = new Proxy(elements, {
    get: (target, key, receiver) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  return { list, reads: () => reads };
};

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `Call${index}`);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a field of thousands of values', () => {
  const COUNT = 5000;
  const equal = names(100).map((name) => `s: { f: 'no-${name}', g: x }\ncondition: s`);
  const shapes = [
    's: { f|contains: needle, g: x }\ncondition: s',
    "s: { f|re: 'needle[0-9]+', g: x }\ncondition: s",
    's: { f|startswith: [no-a, no-b], g: x }\nnot_s: { f: call7 }\ncondition: s and not not_s',
    's: { f|fieldref: h, g: x }\ncondition: s',
    's: { f|neq: no-such, g: x }\ncondition: not s',
    "s: { f|exists: false, g: x }\nt: { 'list[any]': { a: b, f: c } }\ncondition: s or t",
  ];

  test('is walked as often for a hundred rules as for one, and so is each text made lower case', () => {
    const { list, reads } = counted(names(COUNT));
    const folded = vi.spyOn(String.prototype, 'toLowerCase');
    const elements = names(50).map((name) => ({ a: 'b', d: name }));
    const detections = [...equal, ...shapes].flatMap((one) => [
      one,
      one.replace('g: x', 'g: y'),
      one.replace('no-', 'yes-'),
    ]);
    const ruleSet = rulesOf(detections);
    folded.mockClear();
    ruleSet.match({ f: list, g: ['x', 'y'], h: 'nothing', list: elements });
    expect(detections.length).toBeGreaterThan(300);
    expect(reads()).toBeLessThanOrEqual(2 * COUNT);
    // Each value for itself, and once more among the texts that are searched.
    expect(folded.mock.calls.length).toBeLessThanOrEqual(2 * COUNT + 2000);
  });

  test('is looked up in a table, not tried value by value, by what asks for whole texts', () => {
    const item: Item = { kind: 'item', field: 'f', modifiers: [], values: ['no', 'Call4999'], key: 'f', line: 1 };
    const compiled = compileItem(item, {});
    if (compiled.kind !== 'item') throw new Error('not compiled');
    const tried = vi.fn(() => false);
    const tests = compiled.tests.map((one) =>
      one.kind === 'text'
        ? {
            ...one,
            patterns: one.patterns.map((pattern) => ({ ...pattern, test: tried })),
          }
        : one,
    );
    expect(itemHits({ ...compiled, tests }, { f: names(COUNT) })).toEqual([
      undefined,
      { at: 'f[4999]', actual: 'Call4999' },
    ]);
    expect(tried).not.toHaveBeenCalled();
  });

  test('is compared with another as large in a thousand times a thousand pairs, not in all', () => {
    const others = names(1000);
    const mine = (place: number): JsonObject => ({
      f: Array.from({ length: 2000 }, (_, index) => (index === place ? 'CALL999' : `other${index}`)),
      h: others,
    });
    expect(searchMatches('f|fieldref: h', mine(999))).toBe(true);
    expect(searchMatches('f|fieldref: h', mine(1000))).toBe(false);
  });
});

describe('what is kept of a record', () => {
  test('is never taken for that of another', () => {
    const ruleSet = rulesOf([
      's: { f: call3, g: x }\ncondition: s',
      's: { f|contains: all3, g: [x, z] }\ncondition: s',
    ]);
    const many: JsonObject = { f: names(40), g: 'x' };
    const fewer: JsonObject = { f: names(40).slice(4, 30), g: 'x' };
    const long: JsonObject = { f: `${'-'.repeat(400)}call3`, g: 'z' };
    const counts = (records: readonly JsonObject[]) => records.map((record) => ruleSet.match(record).length);
    expect(counts([many, fewer, long, many, long, fewer, fewer])).toEqual([2, 0, 1, 2, 1, 0, 0]);
  });

  const scalar = fc.constantFrom<Json>(
    'a',
    'A',
    'b',
    'B',
    'Ss',
    '1',
    '1.0',
    'true',
    '',
    'ς',
    'Σ',
    1,
    2,
    true,
    false,
    null,
  );
  const value = fc.oneof(
    { weight: 6, arbitrary: scalar },
    fc.array(scalar, { maxLength: 3 }),
    fc.constant({ a: 'a' }),
    fc.constant('["a"]'),
  );

  test('a table gives the value that trying one after another would', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 17, maxLength: 24 }),
        fc.array(fc.constantFrom('a', 'B', 'no', '1', 'true', 'Σ'), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (values, wanted, cased) => {
          const item: Item = {
            kind: 'item',
            field: 'f',
            modifiers: cased ? ['expand', 'cased'] : ['expand'],
            values: ['%list%'],
            key: 'f|expand',
            line: 1,
          };
          const compiled = compileItem(item, { list: wanted });
          if (compiled.kind !== 'item') throw new Error('not compiled');
          // One value at a time is below the size where a table is made.
          const alone = values.flatMap((one, index) =>
            itemHits(compiled, { f: one }).flatMap((hit) =>
              hit === undefined ? [] : [{ at: `f[${index}]${hit.at.slice(1)}`, actual: hit.actual }],
            ),
          );
          expect(itemHits(compiled, { f: values })).toEqual([alone[0]]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
