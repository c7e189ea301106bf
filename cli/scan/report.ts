import { writeFileSync } from 'node:fs';
import { htmlText } from '../../engine/finding/escape.ts';
import type { Finding, Severity } from '../../engine/finding/finding.ts';
import { LEVELS } from '../../engine/rule/rule.ts';
import { plural, showBytes, showCount, showDuration } from '../terminal/units.ts';
import { UsageError } from '../usage-error.ts';
import type { Found } from './found.ts';
import type { Stats } from './output.ts';
import { barsChart, SEVERITY_COLOURS, timelineChart } from './report-charts.ts';
import { type Bar, countFigures } from './report-figures.ts';

/** Findings shown one by one; a browser slows down beyond. */
const MAX_ROWS = 1000;
const MAX_RECORD = 20_000;

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --soft: #656d76; --line: #d0d7de; --page: #f6f8fa; --card: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #8b949e; --line: #30363d; --page: #0d1117; --card: #161b22; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 15px; margin: 0 0 10px; }
.soft { color: var(--soft); } .lead { margin: 4px 0 20px; }
.counts { display: flex; flex-wrap: wrap; gap: 10px; margin-bottom: 16px; }
.count { background: var(--card); border: 1px solid var(--line); border-top: 4px solid; border-radius: 8px; padding: 8px 18px; min-width: 120px; }
.count b { display: block; font-size: 24px; line-height: 1.25; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; margin-top: 16px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; overflow: hidden; }
.card svg { display: block; width: 100%; height: auto; }
.list { margin-top: 16px; padding: 0; }
.list h2 { padding: 16px 16px 0; }
details { border-top: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 150px 110px 1fr; gap: 12px; padding: 9px 16px; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: color-mix(in srgb, var(--line) 25%, transparent); }
summary span { overflow-wrap: anywhere; }
.level { font-size: 12px; font-weight: 600; color: #fff; border-radius: 10px; padding: 1px 9px; justify-self: start; align-self: start; }
.more { padding: 4px 16px 16px; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
td, th { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 10px; overflow: auto; max-height: 420px; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 720px) { summary { grid-template-columns: 1fr; gap: 2px; } }
@media print { details { break-inside: avoid; } body { background: none; } }
`;

const badge = (severity: Severity): string =>
  `<span class="level" style="background:${SEVERITY_COLOURS[severity]}">${severity}</span>`;

const factsOf = (finding: Finding): readonly (readonly [string, string | undefined])[] => [
  ['Rule', finding.rule === undefined ? finding.code : `${finding.rule.title} (${finding.rule.id})`],
  ['Tags', finding.rule?.tags.join(', ')],
  ['Account, Region', [finding.account, finding.region].filter((part) => part !== undefined).join(' ')],
  ['Principal', finding.principal?.arn ?? finding.principal?.name],
  ['Access key', finding.principal?.accessKeyId],
  ['Source', finding.source?.ip ?? finding.source?.service],
  ['User agent', finding.source?.userAgent],
  ['Resources', finding.resources.join(', ')],
  ['Event id', finding.event?.id],
  [
    'Found in',
    finding.seen.file ?? (finding.seen.object && `s3://${finding.seen.object.bucket}/${finding.seen.object.key}`),
  ],
  ['May be', finding.rule?.falsepositives.join('; ')],
  ['Runbook', finding.rule?.runbook],
  ['Finding id', finding.id],
];

const rows = (cells: readonly (readonly (string | undefined)[])[]): string =>
  cells
    .map(
      (row) =>
        `<tr>${row.map((cell, at) => (at === 0 ? `<th>${htmlText(cell ?? '')}</th>` : `<td>${htmlText(cell ?? '')}</td>`)).join('')}</tr>`,
    )
    .join('');

/** JSON keeps its line breaks; each line is escaped by itself. */
const recordText = (finding: Finding): string =>
  JSON.stringify(finding.event?.record ?? {}, undefined, 2)
    .slice(0, MAX_RECORD)
    .split('\n')
    .map((line) => htmlText(line))
    .join('\n');

const findingRow = (finding: Finding): string => {
  const facts = factsOf(finding).filter(([, value]) => value !== undefined && value !== '');
  const evidence = finding.evidence.map(({ selection, field, expected, actual }) => [
    selection,
    field,
    expected,
    actual,
  ]);
  return `<details><summary><span class="soft">${htmlText(finding.firstSeen.replace('T', ' ').replace('Z', ''))}</span>${badge(finding.severity)}<span><b>${htmlText(finding.title)}</b><br>${htmlText(finding.summary)}</span></summary>
<div class="more"><table>${rows(facts)}</table>
${evidence.length === 0 ? '' : `<table><tr><th>Selection</th><th>Field</th><th>Expected</th><th>Found</th></tr>${rows(evidence)}</table>`}
<pre>${recordText(finding)}</pre></div></details>`;
};

const chartCard = (title: string, bars: readonly Bar[]): string =>
  bars.length === 0 ? '' : `<section class="card"><h2>${title}</h2>${barsChart(bars)}</section>`;

const countCards = (found: Found): string =>
  LEVELS.toReversed()
    .map((level) => {
      const count = found.bySeverity().get(level) ?? 0;
      return `<div class="count" style="border-top-color:${SEVERITY_COLOURS[level]}"><b>${showCount(count)}</b><span class="soft">${level}</span></div>`;
    })
    .join('');

const leadOf = (stats: Stats): string =>
  [
    plural(stats.records, 'record'),
    plural(stats.files, 'file'),
    `${showBytes(stats.bytes)} in ${showDuration(stats.seconds)}`,
    ...(stats.unreadable > 0 ? [`${plural(stats.unreadable, 'input')} not wholly read`] : []),
  ].join(' · ');

const page = (found: Found, stats: Stats): string => {
  const { add, figures } = countFigures();
  const list: string[] = [];
  for (const line of found.lines()) {
    // A finding this program made a moment ago.
    const finding: Finding = JSON.parse(line);
    add(finding);
    if (list.length < MAX_ROWS) list.push(findingRow(finding));
  }
  const { timeline, rules, principals, places } = figures();
  const more = found.count() - list.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<title>Trailwarden: ${plural(found.count(), 'finding')}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${plural(found.count(), 'finding')}</h1>
<p class="soft lead">${leadOf(stats)}</p>
<div class="counts">${countCards(found)}</div>
${timeline.length === 0 ? '' : `<section class="card"><h2>Findings over time (UTC)</h2>${timelineChart(timeline)}</section>`}
<div class="grid">${chartCard('By rule', rules)}${chartCard('By principal', principals)}${chartCard('By account and Region', places)}</div>
<section class="card list"><h2>Findings</h2>
${list.length === 0 ? '<p class="more soft">No rule matched.</p>' : list.join('\n')}
${more > 0 ? `<p class="more soft">${plural(more, 'more finding')}: --format ndjson gives all.</p>` : ''}
</section>
</main>
</body>
</html>
`;
};

/**
 * Writes the report: one HTML file without scripts that works offline, in light and dark. All text from events is
 * escaped, and the page's own policy forbids loading anything.
 *
 * @throws UsageError when the file cannot be written
 */
export const writeReport = (file: string, found: Found, stats: Stats): void => {
  try {
    writeFileSync(file, page(found, stats));
  } catch (cause) {
    throw new UsageError(`--report ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};
