import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { detect } from '../../engine/detect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { readLogFile } from '../../engine/record/log-file.ts';
import { own } from '../../engine/record/record.ts';
import type { Sieve } from '../../engine/record/sift.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { oracleMatches } from './evaluator.ts';

const ROOT = join(import.meta.dirname, '../..');
const RULES = join(ROOT, 'rules');
const ATTACK = join(ROOT, '../shared/data/attack');

const files = readdirSync(RULES)
  .filter((name) => name.endsWith('.yml'))
  .map((file) => ({ file, text: readFileSync(join(RULES, file), 'utf8') }));

/** Lists the shipped rules may ask for: any names will do, as long as both evaluators have the same. */
const LISTS = Object.fromEntries(
  files.flatMap(({ text }) =>
    [...text.matchAll(/%([a-z_]+)%/g)].map(([, name = '']) => [name, ['example-*', '123456789012']] as const),
  ),
);

const { documents } = readRules(files);
const { ruleSet, matchPlainly } = compileRules(documents, { lists: LISTS });
/** The first document of each file, as YAML gives it. */
const plainRules = new Map(files.map(({ file, text }): readonly [string, Json] => [file, parse(text)]));

const disagreements = (records: readonly JsonObject[]): readonly unknown[] =>
  records.flatMap((record) => {
    const fast = ruleSet.match(record);
    const plain = matchPlainly(record);
    const wanted = ruleSet.rules.filter((rule) => {
      const object = plainRules.get(rule.source.file);
      return isJsonObject(object) && oracleMatches(object, record, LISTS);
    });
    const ids = plain.map(({ rule }) => rule.id);
    const same =
      JSON.stringify(fast) === JSON.stringify(plain) &&
      JSON.stringify(ids) === JSON.stringify(wanted.map(({ id }) => id));
    return same ? [] : [{ record, ids, wanted: wanted.map(({ title }) => title) }];
  });

/** Detections in a log file of these records, with the sieve and without. */
const siftedAndParsed = (records: readonly JsonObject[]) => {
  const bytes = gzipSync(JSON.stringify({ Records: records }));
  const read = (sieve?: Sieve) => {
    const file = readLogFile(bytes, { maxBytes: 2 ** 28, ...(sieve === undefined ? {} : { sieve }) });
    if (file.kind !== 'records') throw new Error(`not read: ${file.kind}`);
    return { quiet: file.quiet, all: file.quiet + file.records.length, detections: detect(file.records, ruleSet) };
  };
  // Of attacks nearly every record is looked at: the sieve would rest.
  return { sifted: read({ ...ruleSet.sieve(), isWorthwhile: () => true }), parsed: read() };
};

const recordsIn = (value: Json): readonly JsonObject[] => {
  if (Array.isArray(value)) return value.flatMap(recordsIn);
  if (!isJsonObject(value)) return [];
  const records = own(value, 'Records');
  return records === undefined ? [value] : recordsIn(records);
};

describe('every rule we ship, on every record there is', () => {
  test('records of the rules’ own tests', { timeout: 60_000 }, () => {
    const records = documents.flatMap(({ tests }) => tests.map(({ record }) => record));
    expect(records.length).toBeGreaterThan(0);
    expect(disagreements(records)).toEqual([]);
    const { sifted, parsed } = siftedAndParsed(records);
    expect(sifted.detections).toEqual(parsed.detections);
    expect(sifted.all).toBe(parsed.all);
    expect(sifted.quiet).toBeGreaterThan(records.length / 4);
  });

  test.skipIf(!existsSync(ATTACK))('records of real attacks', { timeout: 120_000 }, () => {
    const found = readdirSync(ATTACK, { recursive: true, withFileTypes: true }).filter(({ name }) =>
      name.endsWith('.json'),
    );
    const records = found.flatMap(({ parentPath, name }) => {
      const read: Json = JSON.parse(readFileSync(join(parentPath, name), 'utf8'));
      return recordsIn(read).filter((record) => own(record, 'eventName') !== undefined);
    });
    expect(records.length).toBeGreaterThan(100);
    expect(disagreements(records)).toEqual([]);
    const { sifted, parsed } = siftedAndParsed(records);
    expect(sifted.detections).toEqual(parsed.detections);
    expect(sifted.quiet).toBeGreaterThan(records.length / 20);
  });
});
