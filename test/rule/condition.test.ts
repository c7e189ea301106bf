import { describe, expect, test } from 'vitest';
import { parseCondition } from '../../engine/rule/condition.ts';
import type { Condition } from '../../engine/rule/document.ts';

const NAMES = ['a', 'b', 'c', 'sel_1', 'sel_2', '_x', 'note'];

/** Writes a condition with all its parentheses. */
const show = (condition: Condition): string => {
  if (condition.kind === 'search') return condition.name;
  if (condition.kind === 'not') return `!${show(condition.part)}`;
  if (condition.kind === 'of') return `${condition.count}<${condition.names.join(' ')}>`;
  return `(${condition.parts.map(show).join(condition.kind === 'and' ? ' & ' : ' | ')})`;
};

describe('conditions', () => {
  test.each([
    ['a', 'a'],
    ['a and b or c', '((a & b) | c)'],
    ['a or b and c', '(a | (b & c))'],
    ['(a or b) and c', '((a | b) & c)'],
    ['not a and b', '(!a & b)'],
    ['not (a and b)', '!(a & b)'],
    ['not not a', '!!a'],
    ['a AND NOT b', '(a & !b)'],
    ['note and a', '(note & a)'],
    ['1 of sel_*', '1<sel_1 sel_2>'],
    ['all of s*_1', 'all<sel_1>'],
    ['2 of them', '2<a b c sel_1 sel_2 note>'],
    ['any of sel*', '1<sel_1 sel_2>'],
    ['1 of _*', '1<_x>'],
    ['1 of *', '1<a b c sel_1 sel_2 note>'],
    ['all of a', 'all<a>'],
    ['not 1 of sel_* and a', '(!1<sel_1 sel_2> & a)'],
    ['((a))', 'a'],
  ])('%s is read as %s', (text, wanted) => {
    const condition = parseCondition(text, NAMES);
    expect(condition.kind === 'fault' ? condition.fault : show(condition)).toBe(wanted);
  });

  test.each([
    ['', 'condition-syntax'],
    ['a b', 'condition-syntax'],
    ['(a b', 'condition-syntax'],
    ['(a', 'condition-syntax'],
    ['a)', 'condition-syntax'],
    ['not', 'condition-syntax'],
    ['a and', 'condition-syntax'],
    ['and a', 'condition-syntax'],
    ['a and and b', 'condition-syntax'],
    ['1 of', 'condition-syntax'],
    ['0 of them', 'condition-syntax'],
    ['some of them', 'condition-syntax'],
    ['sel_*', 'condition-syntax'],
    ['missing', 'undefined-identifier'],
    ['1 of nothing*', 'condition-names-nothing'],
    ['all of nothing*', 'condition-names-nothing'],
    ['a | count() > 5', 'aggregation'],
    ['a | count() by userIdentity.arn > 5', 'aggregation'],
    ['a near b', 'near-unsupported'],
    ['near a', 'near-unsupported'],
    [`${'('.repeat(500)}a${')'.repeat(500)}`, 'condition-syntax'],
  ])('%s is refused', (text, code) => {
    const condition = parseCondition(text, NAMES);
    expect(condition.kind === 'fault' ? condition.fault.code : show(condition)).toBe(code);
  });
});
