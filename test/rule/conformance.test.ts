import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { textAt } from '../../engine/record/record.ts';
import { casesIn, judge } from '../conformance/judge-sigma.ts';

const CASES = join(import.meta.dirname, '../../../shared/data/sigma-cases');
const files = existsSync(CASES) ? readdirSync(CASES).filter((name) => name.endsWith('.json')) : [];

describe.skipIf(files.length === 0)('conformance cases of public suites', () => {
  test.each(files)('%s: every core case passes, every structural error is refused', (name) => {
    const failed = casesIn(join(CASES, name)).filter((found) => {
      const tier = textAt(found, 'tier');
      return (tier === 'core' || tier === 'strict-validation') && judge(found)?.passed === false;
    });
    expect(failed.map((found) => textAt(found, 'name'))).toEqual([]);
  });
});
