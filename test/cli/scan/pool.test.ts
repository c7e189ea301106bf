import { expect, it } from 'vitest';
import { startPool } from '../../../cli/scan/pool.ts';
import type { Source } from '../../../cli/scan/sources.ts';
import type { Lists } from '../../../engine/rule/rule.ts';

const sources = ['a', 'b'].map((path): Source => ({ kind: 'file', path, size: 1, named: true }));

it('a scan fails as soon as a thread does, and leaves no failure unheard', async () => {
  let asked = 0;
  const lists: Lists = {
    get names(): readonly string[] {
      asked += 1;
      throw new Error('no list');
    },
  };
  const pool = startPool(2);
  const given = { documents: [], lists, anyLogsource: false, range: {} };
  const scanned = pool.scan(sources, given, 2, { found: () => {}, done: () => {} });
  await expect(scanned).rejects.toThrow('no list');
  pool.close();
  // By the thread it was sent to, and by this one.
  expect(asked).toBe(2);
});
