import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { compileRules } from '../engine/rule/compile.ts';
import type { RuleDocument } from '../engine/rule/document.ts';
import { LEVELS, type Level } from '../engine/rule/rule.ts';
import type { Format } from './scan/formats.ts';
import { type Found, foundFindings } from './scan/found.ts';
import { objectSources } from './scan/objects.ts';
import { type Stats, writeFindings } from './scan/output.ts';
import { defaultJobs, type Given, type Pool, startPool } from './scan/pool.ts';
import { readLists, readRuleDocuments } from './scan/rule-files.ts';
import type { Tally } from './scan/scan-source.ts';
import { localSources, type Source, showSource, type Unread } from './scan/sources.ts';
import { readTime } from './scan/times.ts';
import { paint } from './terminal/colour.ts';
import { startProgress } from './terminal/progress.ts';
import { terminalText } from './terminal/text.ts';
import { plural, showBytes, showCount, showDuration } from './terminal/units.ts';
import { UsageError } from './usage-error.ts';

/** Options of `trailwarden scan`, as the command line gives them. */
export interface ScanOptions {
  readonly rules?: readonly string[];
  readonly lists?: string;
  readonly minLevel?: Level;
  readonly format?: Format;
  readonly report?: string;
  readonly failOn?: Level;
  readonly since?: string;
  readonly until?: string;
  readonly anyLogsource?: boolean;
  readonly stats?: boolean;
  readonly jobs?: number;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const atLeast = (level: Level, least: Level): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(least);

interface Listed {
  readonly sources: readonly Source[];
  readonly unread: readonly Unread[];
}

const isObjects = (path: string): boolean => path.startsWith('s3://');

/** Sources in the order of the command line; what is on this machine was listed before. */
const withObjects = async (paths: readonly string[], local: ReadonlyMap<string, Listed>): Promise<Listed> => {
  const all: Listed[] = [];
  for (const path of paths)
    all.push(local.get(path) ?? { sources: isObjects(path) ? await objectSources(path) : [], unread: [] });
  return { sources: all.flatMap(({ sources }) => sources), unread: all.flatMap(({ unread }) => unread) };
};

const givenOf = (options: ScanOptions): Given => {
  const now = Date.now();
  const least = options.minLevel ?? 'informational';
  const since = options.since === undefined ? undefined : readTime('--since', options.since, now);
  const until = options.until === undefined ? undefined : readTime('--until', options.until, now);
  if (since !== undefined && until !== undefined && since >= until)
    throw new UsageError('--since must be before --until');
  return {
    documents: readRuleDocuments(options.rules ?? []).filter(({ rule }) => atLeast(rule.level, least)),
    lists: options.lists === undefined ? {} : readLists(options.lists),
    anyLogsource: options.anyLogsource ?? false,
    range: { ...(since !== undefined && { since }), ...(until !== undefined && { until }) },
  };
};

/** Says which rules will not be evaluated, and why; throws where a rule cannot be compiled. */
const checkRules = (documents: readonly RuleDocument[], given: Given, least: Level | undefined): void => {
  if (documents.length === 0) throw new UsageError(`none of the rules is of level ${least ?? ''} or above`);
  const { ruleSet, problems } = compileRules(documents, given);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new UsageError(errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
  if (ruleSet.rules.length === 0)
    throw new UsageError('none of the rules reads CloudTrail; --any-logsource evaluates rules of every log source');
  const missing = new Set(ruleSet.unarmed.flatMap(({ missingLists }) => missingLists));
  if (ruleSet.unarmed.length === 0) return;
  const { yellow } = paint(process.stderr);
  say(
    `${yellow('not armed:')} ${plural(ruleSet.unarmed.length, 'rule needs', 'rules need')} lists that are not configured (--lists F): ${[...missing].sort().join(', ')}`,
  );
  for (const { rule, missingLists } of ruleSet.unarmed)
    say(`  ${terminalText(rule.title)} (%${missingLists.join('%, %')}%)`);
};

const statsOf = (tallies: readonly Tally[], found: Found, unreadable: number, seconds: number): Stats => {
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  return {
    files: tallies.length,
    records: sum(({ records }) => records),
    matches: sum(({ matches }) => matches),
    findings: found.count(),
    bytes: sum(({ bytes }) => bytes),
    seconds: Math.round(seconds * 1000) / 1000,
    digestsSkipped: sum(({ digests }) => digests),
    aggregatedSkipped: sum(({ aggregated }) => aggregated),
    notCloudTrail: sum(({ foreign }) => (foreign ? 1 : 0)),
    unreadable,
  };
};

const showStats = (stats: Stats): string =>
  [
    plural(stats.files, 'file'),
    plural(stats.records, 'record'),
    plural(stats.matches, 'match', 'matches'),
    plural(stats.findings, 'finding'),
    `${showBytes(stats.bytes)} inflated`,
    `${showDuration(stats.seconds)}${stats.seconds > 0 ? ` (${showCount(Math.round(stats.records / stats.seconds))} records/s)` : ''}`,
    ...(stats.digestsSkipped > 0 ? [`${plural(stats.digestsSkipped, 'digest')} skipped`] : []),
    ...(stats.aggregatedSkipped > 0 ? [`${plural(stats.aggregatedSkipped, 'aggregated record')} skipped`] : []),
    ...(stats.notCloudTrail > 0 ? [`${plural(stats.notCloudTrail, 'file')} not CloudTrail's`] : []),
    ...(stats.unreadable > 0 ? [`${plural(stats.unreadable, 'input')} not wholly read`] : []),
  ].join(' · ');

/** A file named on the command line must hold records; JSON met in a folder may be anything. */
const isUnread = (tally: Tally, source: Source | undefined): boolean =>
  tally.faultCount > 0 || (tally.foreign && (source?.kind !== 'file' || source.named));

const sayUnread = (tallies: readonly Tally[], sources: readonly Source[]): number => {
  const { red, dim } = paint(process.stderr);
  let unread = 0;
  for (const tally of tallies) {
    const source = sources[tally.source];
    const name = source === undefined ? '?' : terminalText(showSource(source));
    if (isUnread(tally, source)) {
      unread += 1;
      // Where nothing could be read, the first reason tells: the others are what junk looks like as JSON.
      const told = tally.records === 0 ? tally.faults.slice(0, 1) : tally.faults;
      const faults = told.length > 0 ? told : ['JSON, but no CloudTrail records: expected {"Records": […]}'];
      for (const fault of faults) say(`${red('not read:')} ${name}: ${terminalText(fault)}`);
      const more = tally.faultCount - told.length;
      if (more > 0) say(`${red('not read:')} ${name}: and ${plural(more, 'further fault')}`);
    } else if (tally.foreign) say(dim(`skipped: ${name}: JSON, but not CloudTrail's`));
  }
  return unread;
};

const scanSources = async (
  pool: Pool,
  sources: readonly Source[],
  given: Given,
  options: ScanOptions,
  found: Found,
): Promise<readonly Tally[]> => {
  const tallies: Tally[] = [];
  const progress = startProgress(sources.length, 'files');
  try {
    await pool.scan(sources, given, options.jobs ?? defaultJobs(sources), {
      found: found.add,
      done: (tally) => {
        tallies.push(tally);
        progress.advance(1, tally.matches > 0 ? plural(tally.matches, 'match', 'matches') : '');
      },
    });
  } finally {
    progress.stop();
  }
  return tallies.toSorted((a, b) => a.source - b.source);
};

const exitCode = (found: Found, failOn: Level | undefined, unread: number): number => {
  const failed = failOn !== undefined && [...found.bySeverity().keys()].some((severity) => atLeast(severity, failOn));
  if (failed) return 1;
  return unread > 0 ? 3 : 0;
};

const NO_PATH =
  "missing required argument 'path': what to scan. Behind --rules every word is a rule file; paths come before it, or behind --";

/** A report that cannot be written is told before the hour of scanning, not after. */
const checkReport = (file: string): void => {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UsageError(`--report ${file}: there is no folder ${folder}`);
  if (existsSync(file) && statSync(file).isDirectory())
    throw new UsageError(`--report ${file}: is a folder; expected a file name`);
};

const scanAndTell = async (
  pool: Pool,
  { sources, unread }: Listed,
  given: Given,
  options: ScanOptions,
  started: number,
): Promise<number> => {
  const found = foundFindings();
  try {
    const tallies = await scanSources(pool, sources, given, options, found);
    const unreadable = unread.length + tallies.filter((tally) => isUnread(tally, sources[tally.source])).length;
    const stats = statsOf(tallies, found, unreadable, (performance.now() - started) / 1000);
    await writeFindings(options.format ?? 'table', found, stats);
    if (options.report !== undefined) {
      const { writeReport } = await import('./scan/report.ts');
      writeReport(options.report, found, stats);
      say(`report: ${terminalText(options.report)}`);
    }
    for (const { place, reason } of unread) say(`not read: ${terminalText(place)}: ${terminalText(reason)}`);
    sayUnread(tallies, sources);
    if (options.stats === true) say(showStats(stats));
    return exitCode(found, options.failOn, unreadable);
  } finally {
    found.close();
  }
};

/**
 * Evaluates rules on log files, folders, S3 prefixes or standard input.
 *
 * @param paths files, folders, `s3://bucket/prefix`, `-`
 * @returns exit code: 0, 1 findings at or above `failOn`, 3 some input could not be read
 * @throws UsageError for a wrong option, a path that does not exist, a rule that does not load
 */
export const run = async (paths: readonly string[], options: ScanOptions): Promise<number> => {
  const started = performance.now();
  if (paths.length === 0) throw new UsageError(NO_PATH);
  if (options.report !== undefined) checkReport(options.report);
  const local = new Map(paths.filter((path) => !isObjects(path)).map((path) => [path, localSources([path])]));
  const near = [...local.values()].flatMap(({ sources }) => sources);
  const pool = startPool(Math.min(near.length, options.jobs ?? defaultJobs(near)));
  try {
    const given = givenOf(options);
    checkRules(given.documents, given, options.minLevel);
    const listed = await withObjects(paths, local);
    if (listed.sources.length === 0 && listed.unread.length === 0)
      throw new UsageError(`${paths.join(', ')}: no .json, .json.gz or .ndjson files there`);
    return await scanAndTell(pool, listed, given, options, started);
  } finally {
    pool.close();
  }
};
