import type { Severity } from '../../engine/finding/finding.ts';
import { own, textAt } from '../../engine/record/record.ts';
import type { Paint } from '../terminal/colour.ts';
import { fold, table } from '../terminal/table.ts';
import { terminalText } from '../terminal/text.ts';
import { plural, showCount, showDuration } from '../terminal/units.ts';
import type { Outcome, PlantedOutcome } from './outcome.ts';
import type { ReceivedFinding } from './pipeline.ts';

/** A short name of an object, for people: its file name, or the path of someone's own file. */
export type NameOf = (key: string) => string;

/** Lines of text for a terminal of a width, coloured or not. */
export interface Screen {
  readonly text: (text: string) => string;
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
const shorten = (text: string): string => text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{28,}\b/g, '$1…');

/** What the summary says already. */
const SAID = new Set(['eventSource', 'eventName', 'eventType']);

/** Which fields made it match, on one line; for integrity, what was compared. */
const evidenceLine = (finding: ReceivedFinding): string | undefined => {
  const evidence = own(finding, 'evidence');
  const all = Array.isArray(evidence) ? evidence : [];
  const telling = all.filter((one) => !SAID.has(textAt(one, 'field') ?? ''));
  const parts = telling.map((one) => {
    const [field = '', expected = '', actual = ''] = ['field', 'expected', 'actual'].map((name) => textAt(one, name));
    const integrity = textAt(finding, 'kind') === 'integrity';
    return integrity ? `expected ${shorten(expected)}, found ${shorten(actual)}` : `${field} = ${shorten(actual)}`;
  });
  return parts.length === 0 ? undefined : [...new Set(parts)].join(' · ');
};

/** A key ends where its file name does, whatever stands behind it in the sentence. */
const shortPlace = (place: string, nameOf: NameOf): string => {
  const end = /^.*?\.json(?:\.gz)?(?=[\s,:)(]|$)/.exec(place)?.[0] ?? place.split(' ', 1)[0] ?? '';
  return `${nameOf(end)}${place.slice(end.length)}`;
};

/** The summary, with objects by their file names: whole locations fill three lines, and are in the finding. */
const summaryOf = (finding: ReceivedFinding, nameOf: NameOf): string => {
  const summary = textAt(finding, 'summary') ?? '';
  const bucket = textAt(finding, 'seen', 'object', 'bucket');
  if (bucket === undefined) return summary;
  const [before = '', ...places] = summary.split(`s3://${bucket}/`);
  return [before, ...places.map((place) => shortPlace(place, nameOf))].join('');
};

/** What to do first, for findings no rule explains. */
const stepLine = (finding: ReceivedFinding): string | undefined => {
  const steps = own(finding, 'nextSteps');
  const [first] = Array.isArray(steps) ? steps : [];
  return typeof first === 'string' ? `→ ${first}` : undefined;
};

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

const findingText = (paint: Paint, width: number, finding: ReceivedFinding, nameOf: NameOf): string => {
  const room = Math.max(40, width - INDENT);
  const margin = ' '.repeat(INDENT);
  const severity = severityOf(finding);
  const badge = `${paint.severity(severity, severity.toUpperCase())}${' '.repeat(Math.max(1, 10 - severity.length))}`;
  const key = textAt(finding, 'seen', 'object', 'key');
  const summary = summaryOf(finding, nameOf);
  const named = key === undefined || summary.includes(nameOf(key)) ? undefined : `in ${nameOf(key)}`;
  const details = [evidenceLine(finding), named].flatMap((line) =>
    line === undefined ? [] : [paint.dim(clip(terminalText(line), room))],
  );
  const step = stepLine(finding);
  const steps = step === undefined ? [] : fold(terminalText(step, 400), room).split('\n');
  return [
    `${paint.dim(timeOf(finding))}  ${badge}${paint.bold(terminalText(textAt(finding, 'title') ?? '', 200))}`,
    ...[...fold(terminalText(summary, 1200), room).split('\n'), ...details, ...steps].map((line) => `${margin}${line}`),
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

const rest = (paint: Paint, count: number, words: string): string =>
  count === 0 ? '' : `, ${paint.yellow(`${showCount(count)} ${words}`)}`;

type Row = readonly [name: string, value: string];

const digestRows = (paint: Paint, { digests, verified, listed, asSigned }: Outcome): readonly Row[] =>
  digests === 0
    ? []
    : [
        [
          'Digests',
          `${showCount(digests)} delivered, ${showCount(verified)} in order (signature, chain, log files)${rest(paint, digests - verified, 'not')}`,
        ],
        [
          'Completeness',
          `${showCount(listed)} log files listed by digests, ${showCount(asSigned)} scanned as signed${rest(paint, listed - asSigned, 'not')}`,
        ],
      ];

const rowsOf = (paint: Paint, outcome: Outcome): readonly Row[] => [
  [
    'Log files',
    `${showCount(outcome.logFiles)} delivered, ${showCount(outcome.scanned)} scanned${rest(paint, outcome.logFiles - outcome.scanned, 'unreadable')}`,
  ],
  ['Records', `${showCount(outcome.records)} scanned${rest(paint, outcome.malformed, 'malformed')}`],
  ...digestRows(paint, outcome),
  ['Findings', `${showCount(outcome.findings.length)}: ${countBySeverity(paint, outcome.findings)}`],
  ...(outcome.dead === 0
    ? []
    : ([['Dead letters', `${plural(outcome.dead, 'message')} kept until the cause is mended`]] as const)),
];

const cameOf = ({ result, finding, planted }: PlantedOutcome): string =>
  result === 'missed' ? 'missed' : `${textAt(finding, 'code') ?? ''}: ${planted.how}`;

const plantedTable = (paint: Paint, width: number, planted: readonly PlantedOutcome[]): string => {
  const half = Math.floor((width - 6) / 2);
  return table(
    [
      { heading: '', max: 2 },
      { heading: 'Done to the trail', max: half },
      { heading: 'What came of it', max: half },
    ],
    planted.map((one) => [one.result === 'missed' ? paint.red('✗') : paint.green('✓'), one.planted.what, cameOf(one)]),
  );
};

const summaryText = (paint: Paint, width: number, outcome: Outcome): string =>
  [
    paint.bold(`After ${showDuration(outcome.seconds)}`),
    ...rowsOf(paint, outcome).map(([name, value]) => `  ${name.padEnd(14)}${value}`),
    ...(outcome.planted.length === 0 ? [] : ['', plantedTable(paint, width, outcome.planted)]),
  ].join('\n');

/**
 * What `trailwarden local` shows. Everything that came out of events is made safe for terminals here.
 *
 * @param width columns of the terminal; text is folded to at most 120
 * @param nameOf what an object is called
 */
export const screen = (paint: Paint, width: number, nameOf: NameOf): Screen => {
  const columns = Math.min(Math.max(width, 60), 120);
  return {
    text: (text) => `${fold(text, columns)}
`,
    act: (title) => `${paint.cyan(`── ${title} ${'─'.repeat(Math.max(2, columns - title.length - 4))}`)}\n`,
    finding: (finding) => findingText(paint, columns, finding, nameOf),
    summary: (outcome) => summaryText(paint, columns, outcome),
  };
};
