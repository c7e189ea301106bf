import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { isJsonObject } from '../engine/record/json.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { RuleDocument } from '../engine/rule/document.ts';
import { readRules } from '../engine/rule/read.ts';
import type { Lists, RuleProblem, RuleSet } from '../engine/rule/rule.ts';

/** Thrown when a rule or a list cannot be used: a stack with a rule missing would be a quiet gap, so nothing is built. */
export class BrokenRulesError extends Error {
  override readonly name = 'BrokenRulesError';
}

/** What rules.json beside each handler holds: rules and lists as plain JSON, so that no YAML parser ships in Lambda. */
export interface CompiledRules {
  readonly documents: readonly RuleDocument[];
  readonly lists: Lists;
}

/** A rule as a function needs it: without its tests and what is for checks of style, a third of the text to parse. */
export const withoutTests = (document: RuleDocument): RuleDocument => ({ ...document, tests: [], keys: [] });

const isRuleFile = (name: string): boolean => /\.ya?ml$/.test(name);

const filesUnder = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .toSorted()
        .flatMap((name) => {
          const inner = join(path, name);
          return statSync(inner).isDirectory() || isRuleFile(name) ? filesUnder(inner) : [];
        })
    : [path];

const show = ({ severity, file, line, rule, field, message, hint }: RuleProblem): string =>
  `${severity} ${file}:${line}${rule === undefined ? '' : ` › ${rule}`}${field === undefined ? '' : ` › ${field}`}: ` +
  `${message}${hint === undefined ? '' : ` (${hint})`}`;

const listsIn = (file: string): Lists => {
  if (!existsSync(file)) return {};
  const content: unknown = parse(readFileSync(file, 'utf8')) ?? {};
  if (!isJsonObject(content))
    throw new BrokenRulesError(`${file}: expected a mapping of list names to lists of strings`);
  return Object.fromEntries(
    Object.entries(content).map(([name, values]) => {
      if (!Array.isArray(values)) throw new BrokenRulesError(`${file} › ${name}: expected a list of strings`);
      return [name, values.map((value: unknown, index) => textOf(value, `${file} › ${name}[${index}]`))];
    }),
  );
};

// YAML reads an unquoted 012345678901 as a number and drops its zero: a list would then never match that account.
const textOf = (value: unknown, address: string): string => {
  if (typeof value === 'string') return value;
  throw new BrokenRulesError(`${address}: expected a string, found ${typeof value}; put it in quotes`);
};

/**
 * Reads every rule file under the paths, and the lists.
 *
 * @param root what paths in messages are relative to
 * @param paths files and folders of rules
 * @param lists YAML file of list name → strings, which need not exist, and lists known otherwise; the file's win
 * @returns the documents for rules.json, the rule set they compile to, and warnings for people
 * @throws BrokenRulesError naming every broken rule with file and line
 */
export const readCompiledRules = (
  root: string,
  paths: readonly string[],
  lists: { readonly file: string; readonly known: Lists },
): { readonly rules: CompiledRules; readonly ruleSet: RuleSet; readonly warnings: readonly string[] } => {
  const files = paths
    .flatMap(filesUnder)
    .filter((file) => file !== lists.file)
    .map((file) => ({ file: relative(root, file), text: readFileSync(file, 'utf8') }));
  const read = readRules(files);
  const known = { ...lists.known, ...listsIn(lists.file) };
  const { ruleSet, problems } = compileRules(read.documents, { lists: known });
  const all = [...read.problems, ...problems];
  const errors = all.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new BrokenRulesError(`Rules are broken (${errors.length} errors); nothing was built\n${showByFile(errors)}`);
  const rules = { documents: read.documents.map(withoutTests), lists: known };
  return { rules, ruleSet, warnings: all.filter(isWarning).map(show) };
};

/** A quote left open makes a hundred errors of YAML's: the first few of a file say where it is. */
const MOST_PER_FILE = 5;

const showByFile = (errors: readonly RuleProblem[]): string =>
  [...Map.groupBy(errors, ({ file }) => file)]
    .flatMap(([file, all]) => {
      const rest = all.length - MOST_PER_FILE;
      return [...all.slice(0, MOST_PER_FILE).map(show), ...(rest > 0 ? [`${file}: and ${rest} more`] : [])];
    })
    .join('\n');

const isWarning = ({ severity }: RuleProblem): boolean => severity === 'warning';
