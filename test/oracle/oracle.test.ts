import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sift } from '../../engine/record/sift.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { STYLES, writeJson } from '../record/json-text.ts';
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

/** Fields by which a sieve knows a record from an envelope. */
const SIGNS = { eventVersion: '1.11', eventID: 'e' };

/** The records of a log file that the sieve has someone look at, by their places. */
const looksAt = (compiled: ReturnType<typeof compile>, records: readonly Fields[], style: (typeof STYLES)[number]) => {
  const text = `{"Records":[${records.map((record) => writeJson(record, style)).join(',')}]}`;
  const sifted = sift(Buffer.from(text), compiled.ruleSet.sieve());
  expect(sifted?.elements).toBe(records.length);
  return new Map(sifted?.looks.map(({ index, value }) => [index, value]));
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

  test('agree about what a sieve passes over, however the bytes are written', { timeout: 600_000 }, () => {
    const rules = fc.array(aRule, { minLength: 1, maxLength: 3 });
    const records = fc.array(
      aRecord.map((record) => ({ ...record, ...SIGNS })),
      { minLength: RECORDS, maxLength: RECORDS },
    );
    let [passed, matched] = [0, 0];
    fc.assert(
      fc.property(rules, records, fc.constantFrom(...STYLES), (some, tried, style) => {
        const compiled = compile(some);
        const looks = looksAt(compiled, tried, style);
        tried.forEach((record, at) => {
          const plain = compiled.matchPlainly(record);
          if (!looks.has(at)) {
            passed += 1;
            expect(plain).toEqual([]);
          } else {
            matched += plain.length;
            expect(looks.get(at)).toEqual(JSON.parse(JSON.stringify(record)));
          }
        });
      }),
      { numRuns: Math.ceil(PAIRS / (2 * RECORDS)) },
    );
    expect(passed).toBeGreaterThan(PAIRS / 50);
    expect(matched).toBeGreaterThan(PAIRS / 20);
  });
});
