import type { Found } from './found.ts';
import type { Stats } from './output.ts';
export const writeReport = (_file: string, _found: Found, _stats: Stats): void => {};
