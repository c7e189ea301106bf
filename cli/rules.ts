import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compileRules } from '../engine/rule/compile.ts';
import { explain } from '../engine/rule/explain.ts';
import { LEVELS, type Lists } from '../engine/rule/rule.ts';
import { checkRules, showChecked } from './rules/check.ts';
import { coverageOf, showCoverage } from './rules/coverage.ts';
import { showExplanation } from './rules/explain.ts';
import { readEvents, rulesNamed } from './rules/named.ts';
import { scaffold } from './rules/scaffold.ts';
import { failedTests } from './rules/tests.ts';
import { OWN_RULES, readLists, readRuleDocuments, readRuleFiles } from './scan/rule-files.ts';
import { paint } from './terminal/colour.ts';
import { table } from './terminal/table.ts';
import { terminalText } from './terminal/text.ts';
import { plural } from './terminal/units.ts';
import { UsageError } from './usage-error.ts';

export interface RuleOptions {
  /** File of lists for `|expand`. */
  readonly lists?: string;
  readonly format?: 'table' | 'json';
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
const listsOf = ({ lists }: RuleOptions): Lists => (lists === undefined ? {} : readLists(lists));

/** Paths as people type them: relative to where they stand, when that is shorter. */
const shorter = (file: string): string => {
  const near = relative(process.cwd(), file);
  return near.length < file.length && near !== '' ? near : file;
};

/**
 * `rules check`: everything wrong with the rules under the paths, with what to write instead.
 *
 * @param options `all` also shows notes (severity info) in the table; JSON always has them
 * @returns 1 when any rule is in error, 0 otherwise
 */
export const check = async (
  paths: readonly string[],
  options: RuleOptions & { readonly all?: boolean } = {},
): Promise<number> => {
  const files = readRuleFiles(paths).map(({ file, text }) => ({ file: shorter(file), text }));
  const { documents, problems } = checkRules(files, listsOf(options));
  const count = (severity: string): number => problems.filter((problem) => problem.severity === severity).length;
  if (options.format === 'json') printJson({ rules: documents.length, problems });
  else {
    const shown = problems.filter(({ severity }) => severity !== 'info' || options.all === true);
    for (const problem of shown) print(showChecked(problem, paint(process.stdout)));
    const notes = count('info');
    const hidden = notes > 0 && options.all !== true ? ' (--all shows them)' : '';
    print(
      `${plural(documents.length, 'rule')} read: ${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(notes, 'note')}${hidden}`,
    );
  }
  return count('error') > 0 ? 1 : 0;
};

/**
 * `rules test`: runs the tests inside the rules. Lists that are not given get the values the rule's own hits have.
 *
 * @returns 1 when a test fails, 0 otherwise
 * @throws UsageError when a rule does not load
 */
export const test = async (paths: readonly string[], options: RuleOptions = {}): Promise<number> => {
  const documents = readRuleDocuments(paths);
  const lists = listsOf(options);
  const failed = documents.flatMap((document) => failedTests(document, lists));
  const tests = documents.reduce((sum, document) => sum + document.tests.length, 0);
  if (options.format === 'json')
    printJson({
      rules: documents.length,
      tests,
      failed: failed.map(({ document: { rule }, test: { name, line, match } }) => ({
        ...{ file: shorter(rule.source.file), line, rule: rule.title, test: name, expected: match },
      })),
    });
  else {
    const colours = paint(process.stdout);
    for (const { document, test: each } of failed) {
      const expected = each.match ? 'expected a match, found none' : 'expected no match, found one';
      print(
        `${colours.red('failed')} ${terminalText(`${shorter(document.rule.source.file)}:${each.line} › ${each.name}: ${expected}`)}`,
      );
      print(showExplanation(explain(document, each.record, { lists }), colours));
    }
    const bare = documents.filter((document) => document.tests.length === 0).length;
    const without = bare === 0 ? '' : `; ${plural(bare, 'rule has', 'rules have')} no tests`;
    print(`${plural(tests, 'test')} of ${plural(documents.length, 'rule')}: ${failed.length} failed${without}`);
  }
  return failed.length > 0 ? 1 : 0;
};

/** `rules list`: level, state, title and file of every rule, the gravest first. */
export const list = async (paths: readonly string[], options: RuleOptions = {}): Promise<number> => {
  const documents = readRuleDocuments(paths);
  const { ruleSet } = compileRules(documents, { lists: listsOf(options), anyLogsource: true });
  const missing = new Map(ruleSet.unarmed.map(({ rule, missingLists }) => [rule.id, missingLists]));
  const sorted = documents
    .map(({ rule }) => rule)
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || (a.title < b.title ? -1 : 1));
  if (options.format === 'json')
    printJson(sorted.map((rule) => ({ ...rule, missingLists: missing.get(rule.id) ?? [] })));
  else {
    const colours = paint(process.stdout);
    const rows = sorted.map(({ id, level, status, title, source }) => [
      colours.severity(level),
      status,
      terminalText(title, 200),
      missing.has(id) ? `needs ${terminalText((missing.get(id) ?? []).join(', '), 60)}` : '',
      terminalText(shorter(source.file), 200),
    ]);
    const headings = ['LEVEL', 'STATUS', 'TITLE', 'NOT ARMED', 'FILE'];
    print(
      table(
        headings.map((heading) => ({ heading, max: 80 })),
        rows,
      ),
    );
    print(`\n${plural(documents.length, 'rule')}, ${missing.size} not armed`);
  }
  return 0;
};

/** `rules coverage`: rules by ATT&CK tactic and technique, and by control of the CIS benchmark. */
export const coverage = async (paths: readonly string[], options: RuleOptions = {}): Promise<number> => {
  const rules = readRuleDocuments(paths).map(({ rule }) => rule);
  const covered = coverageOf(rules);
  if (options.format === 'json') printJson(covered);
  else print(showCoverage(covered, rules, paint(process.stdout)));
  return 0;
};

/**
 * `rules new NAME`: writes a scaffold whose tests fail until it is a rule.
 *
 * @param options `dir`: folder to write to; the project's own rules by default
 */
export const create = async (name: string, options: { readonly dir?: string } = {}): Promise<number> => {
  const stem = name.replace(/\.ya?ml$/, '');
  if (!/^[a-z0-9_]{10,70}$/.test(stem))
    throw new UsageError(`'${name}': expected 10 to 70 of a-z, 0-9 and _, as aws_iam_user_created`);
  const folder = options.dir ?? OWN_RULES;
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UsageError(`${folder}: there is no such folder`);
  const file = join(folder, `${stem}.yml`);
  if (existsSync(file)) throw new UsageError(`${file} is there already`);
  writeFileSync(file, scaffold(stem, new Date().toISOString().slice(0, 10)), { flag: 'wx' });
  print(`${shorter(file)} written; its test fails until it is a rule: trailwarden rules test ${shorter(file)}`);
  return 0;
};

/** Records explained at once; more is a scan. */
const MOST_EXPLAINED = 20;

/**
 * `rules explain RULE --event FILE`: how every part of the rule came out on each record, matched or not.
 *
 * @param wanted rule file, or id, title or file name of a rule
 */
export const explainRule = async (
  wanted: string,
  options: RuleOptions & { readonly event: string; readonly rules?: readonly string[] },
): Promise<number> => {
  const documents = rulesNamed(wanted, options.rules ?? []);
  const records = await readEvents(options.event);
  const lists = listsOf(options);
  const shown = records.slice(0, MOST_EXPLAINED);
  const explanations = shown.flatMap((record) =>
    documents.map((document) => ({ record, explanation: explain(document, record, { lists }) })),
  );
  if (options.format === 'json') printJson(explanations.map(({ explanation }) => explanation));
  else
    for (const { record, explanation } of explanations) {
      const { eventTime, eventSource, eventName, eventID } = record;
      const name = [eventTime, eventSource, eventName, eventID].filter((each) => typeof each === 'string').join(' ');
      if (records.length > 1) print(paint(process.stdout).dim(terminalText(name, 300)));
      print(showExplanation(explanation, paint(process.stdout)));
    }
  if (records.length > shown.length)
    process.stderr.write(`the first ${shown.length} of ${records.length} records; use scan for many\n`);
  return 0;
};
