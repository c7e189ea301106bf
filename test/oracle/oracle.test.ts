import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { aRecord, aRule, LISTS } from './arbitrary.ts';
import { oracleMatches, type Value } from './evaluator.ts';

/** Rules of one generated set, and records each is tried on. */
const RULES = 5;
const RECORDS = 20;
/** How many rule × record pairs to try; more by night. */
const PAIRS = Number(process.env['TRAILWARDEN_ORACLE_PAIRS'] ?? 20_000);

type Fields = { readonly [key: string]: Value };

const compile = (rules: readonly Fields[]) => {
  const files = rules.map((rule, at) => ({ file: `${at}.yml`, text: stringify({ title: `${at}`, ...rule }) }));
  const { documents, problems } = readRules(files);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return compileRules(documents, { lists: LISTS });
};

describe('the engine and the oracle', () => {
  test('agree on every generated rule and record, and the fast path with the plain one', { timeout: 600_000 }, () => {
    const rules = fc.array(aRule, { minLength: RULES, maxLength: RULES });
    const records = fc.array(aRecord, { minLength: RECORDS, maxLength: RECORDS });
    let held = 0;
    fc.assert(
      fc.property(rules, records, (some, tried) => {
        const { ruleSet, matchPlainly } = compile(some);
        for (const record of tried) {
          const plain = matchPlainly(record);
          expect(ruleSet.match(record)).toEqual(plain);
          const wanted = some.flatMap((rule, at) => (oracleMatches(rule, record, LISTS) ? [`${at}`] : []));
          expect(plain.map(({ rule }) => rule.title)).toEqual(wanted);
          held += wanted.length;
        }
      }),
      { numRuns: Math.ceil(PAIRS / (RULES * RECORDS)) },
    );
    // Rules that never match would agree about nothing.
    expect(held).toBeGreaterThan(PAIRS / 20);
  });
});
