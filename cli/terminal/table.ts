import Table from 'cli-table3';

/** A column: its heading, and how wide it may grow before its text wraps. */
export interface Column {
  readonly heading: string;
  readonly max?: number;
  readonly align?: 'left' | 'right';
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colour sequences this program itself writes
const COLOUR = /\u001b\[[0-9;]*m/g;

const lengthOf = (line: string): number => line.replace(COLOUR, '').length;

const longestLine = (cell: string): number => Math.max(...cell.split('\n').map(lengthOf));

const foldLine = (line: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let left = line;
  while (lengthOf(left) > width && !left.includes('\u001b')) {
    const space = left.lastIndexOf(' ', width);
    const at = space > width / 3 ? space : width;
    lines.push(left.slice(0, at));
    left = left.slice(at).trimStart();
  }
  return [...lines, left];
};

/** Lines of at most `width`: broken at a space where there is one, inside a long word (an ARN) otherwise. */
export const fold = (cell: string, width: number): string =>
  cell
    .split('\n')
    .flatMap((line) => foldLine(line, width))
    .join('\n');

const widthOf = (rows: readonly (readonly string[])[], at: number, { heading, max = 60 }: Column): number =>
  Math.min(
    max,
    rows.reduce((widest, row) => Math.max(widest, longestLine(row[at] ?? '')), heading.length),
  );

/**
 * Aligned columns without borders; a cell longer than its column's `max` goes on in further lines (a coloured cell is never
 * broken: keep those short).
 *
 * @param rows cells must be safe text already (terminalText), colours allowed
 * @returns lines joined by newlines, without one at the end
 */
export const table = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map((column, at) => widthOf(rows, at, column));
  const drawn = new Table({
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    head: columns.map(({ heading }) => heading),
    colWidths: widths,
    colAligns: columns.map(({ align = 'left' }) => align),
  });
  for (const row of rows) drawn.push(row.map((cell, at) => fold(cell, widths[at] ?? 60)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};
