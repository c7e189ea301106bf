import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../engine/record/json.ts';
import { CALLED_VALID, GIVES_UP, NOT_LOOKED_AT, ONLY_THE_CLI } from '../aws-cli/differences.ts';
import { readCase, verifyCase } from '../conformance/digest-case.ts';

const folder = resolve(import.meta.dirname, '../../../shared/data/digest-cases');
const file = join(folder, 'aws-cli-verdicts.json');

const invalidIds = (): readonly string[] => {
  const verdicts: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(verdicts)) throw new Error('the verdicts are no list');
  return verdicts.flatMap((verdict: unknown) => {
    const cli = isJsonObject(verdict) && isJsonObject(verdict['cli']) ? verdict['cli']['v1-1.45.55'] : undefined;
    const invalid = isJsonObject(cli) && cli['rc'] === 1;
    return invalid && isJsonObject(verdict) ? [String(verdict['id'])] : [];
  });
};

describe.skipIf(!existsSync(file))('beside the AWS CLI 1.45.55', () => {
  it.each(existsSync(file) ? invalidIds() : [])('%s, which it calls INVALID, we do not call whole', async (id) => {
    const problems = await verifyCase(readCase(readFileSync(join(folder, `${id}.json`), 'utf8')));
    expect(problems.length > 0 || ONLY_THE_CLI[id] !== undefined).toBe(true);
  });
});

describe('docs/verify.md', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/verify.md'), 'utf8');
  const codesOf = (heading: string): readonly string[] => {
    const [section = ''] = (page.split(`${heading}\n`)[1] ?? '').split(/\n#/);
    return [...section.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code).sort();
  };

  it.each([
    ['### What it calls valid', CALLED_VALID],
    ['### What it does not look at', NOT_LOOKED_AT],
    ['### What makes it give up', GIVES_UP],
  ])('names under “%s” the codes the comparison knows, no more and no fewer', (heading, list) => {
    expect(codesOf(heading)).toEqual(Object.keys(list).sort());
  });
});
