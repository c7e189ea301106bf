import { once } from 'node:events';
import type { Finding } from '../../engine/finding/finding.ts';
import { ocsfFinding } from '../../engine/finding/ocsf.ts';
import { LEVELS } from '../../engine/rule/rule.ts';
import { paint } from '../terminal/colour.ts';
import { type Column, table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural, showCount } from '../terminal/units.ts';
import type { Format } from './formats.ts';
import type { Found, FoundGroup } from './found.ts';

/** Figures of a scan. */
export interface Stats {
  readonly files: number;
  readonly records: number;
  readonly matches: number;
  readonly findings: number;
  /** Inflated. */
  readonly bytes: number;
  readonly seconds: number;
  readonly digestsSkipped: number;
  readonly aggregatedSkipped: number;
  readonly notCloudTrail: number;
  readonly unreadable: number;
}

/** Writes to standard output and waits while the reader is slower. */
const write = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
};

/** JSON.parse of what this program itself made a moment ago: a finding. */
const findingOf = (json: string): Finding => JSON.parse(json);

/** Groups shown; a terminal keeps no more lines, and no one reads them. */
const MOST_GROUPS = 300;
const MAX_CELL = 400;
/** On narrower terminals times stand below the sentence: beside it, it would be a third of the line. */
const WIDE = 110;
/** What stands left of the column of sentences: severity and count, then a time. */
const LEFT = 17;
const TIME = 21;

const showTime = (time: number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** One time, or two: from, to. */
const timesOf = ({ first, last }: FoundGroup): readonly string[] =>
  first === last ? [showTime(first)] : [showTime(first), showTime(last)];

const showPlace = ({ seen }: Finding, sources: number): readonly string[] => {
  const place = seen.file ?? (seen.object && `s3://${seen.object.bucket}/${seen.object.key}`);
  if (place === undefined) return [];
  const others = sources > 1 ? ` and ${plural(sources - 1, 'more file')}` : '';
  return [`in ${terminalText(place, MAX_CELL)}${others}`];
};

const rowOf = (found: Found, group: FoundGroup, wide: boolean): readonly string[] => {
  const { severity: colour } = paint(process.stdout);
  const finding = findingOf(found.example(group));
  const times = timesOf(group);
  const sentence = `${group.count > 1 ? 'e.g. ' : ''}${terminalText(finding.summary, MAX_CELL)}`;
  const below = [sentence, ...(wide ? [] : [times.join(' to ')]), ...showPlace(finding, group.sources)];
  return [
    colour(group.severity),
    showCount(group.count),
    ...(wide ? [times.join('\n')] : []),
    [terminalText(group.title, 200), ...below].join('\n'),
  ];
};

/** For people: findings of one rule and one caller together, the severest first. */
const writeTable = async (found: Found): Promise<void> => {
  const groups = found.groups();
  await write(`${headline(found, groups.length)}\n`);
  if (groups.length === 0) return;
  const columns = Math.min(process.stdout.columns ?? 120, 160);
  const wide = columns >= WIDE;
  const rows = groups.slice(0, MOST_GROUPS).map((group) => rowOf(found, group, wide));
  const left = LEFT + (wide ? TIME : 0) + Math.max(...rows.map(([, count = '']) => count.length - 5), 0);
  const heads: readonly Column[] = [
    ...[{ heading: 'SEVERITY' }, { heading: 'COUNT', align: 'right' as const }],
    ...(wide ? [{ heading: 'TIME (UTC)' }] : []),
    { heading: wide ? 'FINDING' : 'FINDING, TIME (UTC)', max: Math.max(36, columns - left) },
  ];
  await write(`\n${table(heads, rows)}\n\n`);
  if (groups.length > rows.length) await write(`… and ${plural(groups.length - rows.length, 'more group')}\n`);
  await write(
    `${paint(process.stdout).dim('Every finding, with its record: --format ndjson, or --report FILE.html')}\n`,
  );
};

/** `12 findings: 2 critical, 10 high; in 3 groups by rule and caller`. */
const headline = (found: Found, groups: number): string => {
  const { severity: colour, green } = paint(process.stdout);
  const counts = found.bySeverity();
  const shown = LEVELS.toReversed().flatMap((level) => {
    const count = counts.get(level);
    return count === undefined ? [] : [`${showCount(count)} ${colour(level)}`];
  });
  if (shown.length === 0) return green('No findings.');
  const grouped = groups < found.count() ? `; in ${plural(groups, 'group')} by rule and caller` : '';
  return `${plural(found.count(), 'finding')}: ${shown.join(', ')}${grouped}`;
};

/** Portions of about this size are written at once: one write per finding would cost more than the scan. */
const PORTION = 64 * 1024;

const writeLines = async (lines: Iterable<string>, between: string): Promise<void> => {
  let portion = '';
  let first = true;
  for (const line of lines) {
    portion += first ? line : `${between}${line}`;
    first = false;
    if (portion.length < PORTION) continue;
    await write(portion);
    portion = '';
  }
  await write(portion);
};

function* ocsfLines(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield JSON.stringify(ocsfFinding(findingOf(line)));
}

/**
 * Writes the findings to standard output: `ndjson` and `ocsf` one object a line and nothing else, `json` one document
 * `{ findings, stats }`, `table` for people.
 */
export const writeFindings = async (format: Format, found: Found, stats: Stats): Promise<void> => {
  switch (format) {
    case 'table':
      return writeTable(found);
    case 'json':
      await write('{\n"findings": [\n');
      await writeLines(found.lines(), ',\n');
      return write(`${found.count() > 0 ? '\n' : ''}],\n"stats": ${JSON.stringify(stats)}\n}\n`);
    case 'ndjson':
      return endLines(found.lines(), found.count());
    case 'ocsf':
      return endLines(ocsfLines(found.lines()), found.count());
  }
};

const endLines = async (lines: Iterable<string>, count: number): Promise<void> => {
  await writeLines(lines, '\n');
  if (count > 0) await write('\n');
};
