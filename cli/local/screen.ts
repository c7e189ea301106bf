import { basename } from 'node:path/posix';
import type { Severity } from '../../engine/finding/finding.ts';
import { own, textAt } from '../../engine/record/record.ts';
import type { Paint } from '../terminal/colour.ts';
import { fold, table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural, showCount, showDuration } from '../terminal/units.ts';
import type { Outcome, PlantedOutcome } from './outcome.ts';
import type { ReceivedFinding } from './pipeline.ts';

/** Lines of text for a terminal of a width, coloured or not. */
export interface Screen {
  readonly opening: (lines: readonly string[]) => string;
  readonly act: (title: string) => string;
  readonly finding: (finding: ReceivedFinding) => string;
  readonly summary: (outcome: Outcome) => string;
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'] as const satisfies readonly Severity[];
/** Time, two spaces, the longest severity worth aligning to, two spaces. */
const INDENT = 20;

const severityOf = (finding: ReceivedFinding): Severity =>
  SEVERITIES.find((severity) => severity === textAt(finding, 'severity')) ?? 'informational';

const timeOf = (finding: ReceivedFinding): string => (textAt(finding, 'firstSeen') ?? '').slice(11, 19).padEnd(8);

/** Hashes are compared by their first digits; the whole ones are in the finding. */
const shorten = (text: string): string => (/^[0-9a-f]{40,}$/.test(text) ? `${text.slice(0, 12)}…` : text);

/** Which fields made it match, on one line. */
const evidenceLine = (finding: ReceivedFinding): string | undefined => {
  const evidence = own(finding, 'evidence');
  const parts = (Array.isArray(evidence) ? evidence : []).map((one) => {
    const [field = '', expected = '', actual = ''] = ['field', 'expected', 'actual'].map((name) => textAt(one, name));
    const integrity = textAt(finding, 'kind') === 'integrity';
    return integrity ? `expected ${shorten(expected)}, found ${shorten(actual)}` : `${field} = ${shorten(actual)}`;
  });
  return parts.length === 0 ? undefined : [...new Set(parts)].join(' · ');
};

const objectLine = (finding: ReceivedFinding): string | undefined => {
  const key = textAt(finding, 'seen', 'object', 'key');
  return key === undefined ? undefined : `in ${basename(key)}`;
};

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

const findingText = (paint: Paint, width: number, finding: ReceivedFinding): string => {
  const room = Math.max(40, width - INDENT);
  const margin = ' '.repeat(INDENT);
  const severity = severityOf(finding);
  const badge = `${paint.severity(severity, severity.toUpperCase())}${' '.repeat(Math.max(1, 10 - severity.length))}`;
  const title = terminalText(textAt(finding, 'title') ?? '', 200);
  const summary = fold(terminalText(textAt(finding, 'summary') ?? '', 1200), room).split('\n');
  const details = [evidenceLine(finding), objectLine(finding)].flatMap((line) =>
    line === undefined ? [] : [paint.dim(clip(terminalText(line), room))],
  );
  return [
    `${paint.dim(timeOf(finding))}  ${badge}${paint.bold(title)}`,
    ...[...summary, ...details].map((line) => `${margin}${line}`),
    '',
  ].join('\n');
};

const countBySeverity = (paint: Paint, findings: readonly ReceivedFinding[]): string => {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => severityOf(finding) === severity).length,
  })).filter(({ count }) => count > 0);
  if (counts.length === 0) return 'none';
  return counts.map(({ severity, count }) => paint.severity(severity, `${count} ${severity}`)).join(', ');
};

const of = (paint: Paint, count: number, all: number, verb: string): string =>
  `${showCount(count)} ${verb}${count === all ? '' : paint.yellow(` of ${showCount(all)}`)}`;

const figures = (paint: Paint, outcome: Outcome): readonly (readonly [string, string])[] => [
  ['Log files', `${showCount(outcome.logFiles)} delivered, ${of(paint, outcome.scanned, outcome.logFiles, 'scanned')}`],
  [
    'Records',
    `${showCount(outcome.records)} scanned${outcome.malformed > 0 ? `, ${showCount(outcome.malformed)} malformed` : ''}`,
  ],
  ...(outcome.digests === 0
    ? []
    : ([
        [
          'Digests',
          `${showCount(outcome.digests)} delivered, ${of(paint, outcome.verified, outcome.digests, 'in order with all they vouch for')}`,
        ],
        ['Vouched for', `${showCount(outcome.vouched)} log files listed by a signed digest and scanned as signed`],
      ] as const)),
  ['Findings', `${showCount(outcome.findings.length)}: ${countBySeverity(paint, outcome.findings)}`],
  ...(outcome.dead === 0
    ? []
    : ([['Dead letters', `${plural(outcome.dead, 'message')} kept until someone mends the cause`]] as const)),
];

const howFound = ({ result, finding, planted }: PlantedOutcome, paint: Paint): string => {
  switch (result) {
    case 'found': {
      const by = planted.kind === 'broken-file' ? 'when it was read' : "by CloudTrail's signed digest";
      return `${paint.green('found')} ${by}: ${textAt(finding, 'code') ?? ''}`;
    }
    case 'healed':
      return `${paint.green('healed')}: the digest lists it, so it was queued again and scanned`;
    case 'missed':
      return paint.red('missed');
  }
};

const summaryText = (paint: Paint, width: number, outcome: Outcome): string => {
  const rows = figures(paint, outcome).map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  const planted = table(
    [
      { heading: '', max: 2 },
      { heading: 'Done to the trail', max: Math.max(24, Math.floor(width / 2) - 4) },
      { heading: 'What came of it', max: 80 },
    ],
    outcome.planted.map((one) => [
      one.result === 'missed' ? paint.red('✗') : paint.green('✓'),
      one.planted.what,
      howFound(one, paint),
    ]),
  );
  return [
    paint.bold(`In ${showDuration(outcome.seconds)}`),
    ...rows,
    ...(outcome.planted.length === 0 ? [] : ['', planted]),
    '',
  ].join('\n');
};

/**
 * What `trailwarden local` shows. Everything that came out of events is made safe for terminals here.
 *
 * @param width columns of the terminal; text is folded to at most 120
 */
export const screen = (paint: Paint, width: number): Screen => {
  const columns = Math.min(Math.max(width, 60), 120);
  return {
    opening: ([title = '', ...lines]) =>
      [paint.bold(title), ...lines.flatMap((line) => fold(line, columns).split('\n')), ''].join('\n'),
    act: (title) => `${paint.cyan(`── ${title} ${'─'.repeat(Math.max(2, columns - title.length - 4))}`)}\n`,
    finding: (finding) => findingText(paint, columns, finding),
    summary: (outcome) => summaryText(paint, columns, outcome),
  };
};
