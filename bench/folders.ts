import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '..');
/** Corpora and rule sets, kept between runs. */
export const CACHE = join(import.meta.dirname, '.cache');
export const RESULTS = join(import.meta.dirname, 'results');
export const DOCUMENT = join(ROOT, 'docs', 'performance.md');

export const folder = (...parts: readonly string[]): string => {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
};
