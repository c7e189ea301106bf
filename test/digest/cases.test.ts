import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, '../shared/data/digest-cases');

describe.skipIf(!existsSync(folder))('the digest cases', () => {
  it('are all judged right', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('aws-'));
    const output = execFileSync(
      process.execPath,
      [join(root, 'test/conformance/digests.ts'), ...files.map((name) => join(folder, name))],
      { encoding: 'utf8' },
    );
    expect(output.trim().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  });
});
