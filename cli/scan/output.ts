import { once } from 'node:events';
import type { Finding } from '../../engine/finding/finding.ts';
import { ocsfFinding } from '../../engine/finding/ocsf.ts';
import { LEVELS } from '../../engine/rule/rule.ts';
import { paint } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural } from '../terminal/units.ts';
import type { Found } from './found.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'ocsf'] as const;
export type Format = (typeof FORMATS)[number];

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

/** Sentences for people: each finding in two or three lines, then how many of which severity. */
const TABLE_ROWS = 1000;
const MAX_CELL = 400;

const rowOf = (finding: Finding): readonly string[] => {
  const { severity, title, summary, firstSeen } = finding;
  const { severity: colour, dim } = paint(process.stdout);
  return [
    dim(firstSeen.replace('T', ' ').replace('Z', '')),
    colour(severity),
    `${terminalText(title, 200)}\n${terminalText(summary, MAX_CELL)}`,
  ];
};

const writeTable = async (found: Found): Promise<void> => {
  const rows: (readonly string[])[] = [];
  for (const line of found.lines()) {
    rows.push(rowOf(findingOf(line)));
    if (rows.length >= TABLE_ROWS) break;
  }
  const width = Math.max(40, Math.min(process.stdout.columns ?? 120, 160) - 38);
  if (rows.length > 0)
    await write(
      `${table([{ heading: 'TIME (UTC)' }, { heading: 'SEVERITY' }, { heading: 'FINDING', max: width }], rows)}\n\n`,
    );
  if (found.count() > rows.length)
    await write(
      `… and ${plural(found.count() - rows.length, 'more finding')}: --format ndjson or --report shows all\n\n`,
    );
  await write(`${headline(found)}\n`);
  if (found.count() > MANY) await write(`\n${countsByRule(found)}\n`);
};

/** With more findings than one looks through, what matched how often comes last, where it is seen. */
const MANY = 15;

const countsByRule = (found: Found): string => {
  const { severity: colour } = paint(process.stdout);
  const rows = found
    .byRule()
    .map(({ title, severity, count }) => [String(count), colour(severity), terminalText(title, 200)]);
  return table([{ heading: 'COUNT', align: 'right' }, { heading: 'SEVERITY' }, { heading: 'RULE', max: 100 }], rows);
};

/** `12 findings: 2 critical, 10 high`. */
const headline = (found: Found): string => {
  const { severity: colour, green } = paint(process.stdout);
  const counts = found.bySeverity();
  const shown = LEVELS.toReversed().flatMap((level) => {
    const count = counts.get(level);
    return count === undefined ? [] : [`${count} ${colour(level)}`];
  });
  return shown.length === 0 ? green('No findings.') : `${plural(found.count(), 'finding')}: ${shown.join(', ')}`;
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
