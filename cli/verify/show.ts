import type { Chain } from '../../engine/digest/chain.ts';
import { DAY, HOUR, writtenTime } from '../../engine/digest/time.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import type { ChainReport } from '../../engine/verify-range.ts';
import type { Paint } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural, showCount } from '../terminal/units.ts';

const LAST_SHOWN = 200;

const placeText = ({ organization, account, region }: Chain): string =>
  [...(organization === undefined ? [] : [organization]), account, region].join(' ');

/** Hours of the range that a valid digest covers, whole or in part. */
const hoursCovered = ({ digests }: ChainReport): number => {
  const spans = digests.filter(({ valid, backfill }) => valid && !backfill);
  return spans.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0) / HOUR;
};

const GAPS = new Set(['DIGEST_MISSING', 'CHAIN_GAP', 'CHAIN_TIME_GAP', 'DIGEST_SILENCE']);

const row = (report: ChainReport, paint: Paint): readonly string[] => {
  const { chain, digests, problems } = report;
  const sum = (pick: (logs: { listed: number; valid: number; invalid: number }) => number): number =>
    digests.reduce((total, { logs }) => total + pick(logs), 0);
  const valid = digests.filter((digest) => digest.valid).length;
  const gaps = problems.filter(({ code }) => GAPS.has(code)).length;
  const verdict = problems.length === 0 ? paint.green('whole') : paint.red(plural(problems.length, 'problem'));
  return [
    terminalText(placeText(chain)),
    terminalText(chain.trail, 60),
    `${Math.round(hoursCovered(report) * 10) / 10}`,
    `${showCount(valid)}/${showCount(digests.length)}`,
    `${showCount(sum(({ valid: whole }) => whole))}/${showCount(sum(({ listed }) => listed))}`,
    `${gaps}`,
    verdict,
  ];
};

const cell = (report: ChainReport, from: number, paint: Paint): string => {
  const to = from + HOUR;
  const there = report.digests.filter(({ start, end, backfill }) => !backfill && start < to && end > from);
  const bad = there.some(({ valid, logs }) => !valid || logs.invalid > 0);
  if (there.length === 0) return paint.red('·');
  return bad ? paint.red('✗') : paint.green('■');
};

/** A line a day, a sign an hour: `■` vouched for, `✗` something wrong, `·` nothing there. */
const strip = (report: ChainReport, start: number, end: number, paint: Paint): string => {
  const lines: string[] = [];
  for (let day = Math.floor(start / DAY) * DAY; day < end; day += DAY) {
    const hours = Array.from({ length: 24 }, (_, hour) => day + hour * HOUR);
    const cells = hours.map((from) => (from + HOUR <= start || from >= end ? ' ' : cell(report, from, paint)));
    lines.push(`  ${writtenTime(day).slice(0, 10)}  ${cells.join('')}`);
  }
  return lines.join('\n');
};

const findingText = ({ severity, code = '', summary }: Finding, paint: Paint): string =>
  `${paint.severity(severity)} ${paint.bold(code)}\n  ${terminalText(summary, 2000)}`;

/** What a run came to, for people. */
export interface Shown {
  readonly chains: readonly ChainReport[];
  readonly findings: readonly Finding[];
  readonly start: number;
  readonly end: number;
  readonly seconds: number;
  /** A strip per chain, on terminals. */
  readonly strips: boolean;
}

const COLUMNS = [
  { heading: 'chain' },
  { heading: 'trail' },
  { heading: 'hours', align: 'right' },
  { heading: 'digests valid', align: 'right' },
  { heading: 'logs valid', align: 'right' },
  { heading: 'gaps', align: 'right' },
  { heading: 'verdict' },
] as const;

/** The table, the strips and the findings as text, without a newline at the end. */
export const showRange = ({ chains, findings, start, end, seconds, strips }: Shown, paint: Paint): string => {
  const checked = chains.flatMap(({ digests }) => digests);
  const logs = checked.reduce((sum, digest) => sum + digest.logs.listed, 0);
  const took = `${plural(checked.length, 'digest')} and ${plural(logs, 'log file')} in ${seconds.toFixed(1)} s`;
  const shown = findings.slice(0, LAST_SHOWN).map((finding) => findingText(finding, paint));
  const rest = findings.length - shown.length;
  return [
    `${writtenTime(start)} to ${writtenTime(end)}: ${took}`,
    ...(chains.length === 0
      ? []
      : [
          '',
          table(
            COLUMNS,
            chains.map((report) => row(report, paint)),
          ),
        ]),
    ...(strips
      ? chains.flatMap((report) => [
          '',
          `${terminalText(placeText(report.chain))} ${terminalText(report.chain.trail, 60)}`,
          strip(report, start, end, paint),
        ])
      : []),
    ...(shown.length === 0 ? [] : ['', ...shown]),
    ...(rest > 0 ? [`… and ${plural(rest, 'more problem')} (--format ndjson gives all)`] : []),
  ].join('\n');
};
