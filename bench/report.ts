import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../cli/terminal/table.ts';
import { DOCUMENT, folder, RESULTS } from './folders.ts';
import { type BenchResult, type Section, targetSection } from './result.ts';

const sectionsOf = ({ sections, targets }: BenchResult): readonly Section[] =>
  targets.length === 0 ? sections : [...sections, targetSection(targets)];

/** Columns of figures stand right, words left. */
const aligned = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  columns.map((heading, at) => ({
    heading,
    align:
      rows.every((row) => /^[\d-]/.test(row[at] ?? '')) && rows.length > 0 ? ('right' as const) : ('left' as const),
    max: 70,
  }));

/** A result as text for a terminal. */
export const showResult = (result: BenchResult): string =>
  sectionsOf(result)
    .map(({ title, note, columns, rows }) => `${title}\n${note}\n\n${table(aligned(columns, rows), rows)}\n`)
    .join('\n');

/** Keeps a result where `--write-docs` finds it; also in `file`, if one is named. */
export const storeResult = (result: BenchResult, file: string | undefined): void => {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  writeFileSync(join(folder(RESULTS), `${result.bench}.json`), text);
  if (file !== undefined) writeFileSync(file, text);
};

const isResult = (value: unknown): value is BenchResult =>
  typeof value === 'object' && value !== null && 'bench' in value && 'sections' in value && 'targets' in value;

/** The last result of each bench. */
export const storedResults = (): readonly BenchResult[] => {
  if (!existsSync(RESULTS)) return [];
  const results = readdirSync(RESULTS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name): unknown => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')));
  return results.filter(isResult);
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const markdownTable = ({ columns, rows }: Section): string =>
  [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const markdown = (result: BenchResult): string =>
  [
    `Taken ${result.at.slice(0, 10)} with \`${result.command}\` on ${result.machine}.`,
    ...sectionsOf(result).map((section) => `### ${section.title}\n\n${section.note}\n\n${markdownTable(section)}`),
  ].join('\n\n');

const marks = (bench: string) => ({ begin: `<!-- ${bench}: begin -->`, end: `<!-- ${bench}: end -->` });

/**
 * Puts results into a document, between the marks of their bench; the rest of it stays as it is.
 *
 * @throws Error when a mark is missing
 */
export const withResults = (document: string, results: readonly BenchResult[]): string =>
  results.reduce((text, result) => {
    const { begin, end } = marks(result.bench);
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from)
      throw new Error(`the document has no place for ${result.bench}: expected ${begin} … ${end}`);
    return `${text.slice(0, from + begin.length)}\n\n${markdown(result)}\n\n${text.slice(to)}`;
  }, document);

/** Writes the last results into docs/performance.md. */
export const writeDocument = (): void =>
  writeFileSync(DOCUMENT, withResults(readFileSync(DOCUMENT, 'utf8'), storedResults()));
