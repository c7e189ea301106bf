import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileRules } from '../engine/rule/compile.ts';
import { readRules } from '../engine/rule/read.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const rule = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';

describe('the rule in the README', () => {
  const { documents, problems } = readRules([{ file: 'README.md', text: rule }]);
  const { ruleSet } = compileRules(documents);

  it('loads without a word', () => {
    expect(problems).toEqual([]);
    expect(documents).toHaveLength(1);
  });

  it.each(documents.flatMap(({ tests }) => tests.map((test) => [test.name, test] as const)))('%s', (_name, test) => {
    expect(ruleSet.match(test.record).length > 0).toBe(test.match);
  });
});
