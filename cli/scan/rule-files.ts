import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isJsonObject } from '../../engine/record/json.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import { type RuleFile, readRules } from '../../engine/rule/read.ts';
import type { Lists, RuleProblem } from '../../engine/rule/rule.ts';
import { terminalText } from '../terminal/text.ts';
import { plural } from '../terminal/units.ts';
import { UsageError } from '../usage-error.ts';

/** The rules that come with the project. */
export const OWN_RULES = fileURLToPath(new URL('../../rules', import.meta.url));
const LISTS_NAME = /^lists\.ya?ml$/;

const isRuleFile = (name: string): boolean => /\.ya?ml$/.test(name) && !LISTS_NAME.test(name) && !name.startsWith('.');

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path);
      return isRuleFile(entry.name) ? [path] : [];
    });

const ruleFiles = (path: string): readonly string[] => {
  if (!existsSync(path)) throw new UsageError(`rules ${path}: there is no such file or folder`);
  if (!statSync(path).isDirectory()) return [path];
  const files = filesUnder(path);
  if (files.length === 0) throw new UsageError(`rules ${path}: the folder holds no .yml files`);
  return files;
};

/** One line (two with a hint) about a rule problem: where, what, what to write instead. */
const showProblem = ({ file, line, rule, field, message, hint }: RuleProblem): string => {
  const place = [`${file}:${line}`, rule, field].filter((part) => part !== undefined).join(' › ');
  return terminalText(`${place}: ${message}${hint === undefined ? '' : `; ${hint}`}`, 2000);
};

const listValues = (file: string, name: string, values: unknown): readonly string[] => {
  if (!Array.isArray(values)) throw new UsageError(`${file} › ${name}: expected a list of strings`);
  return values.map((value: unknown, at) => {
    if (typeof value === 'string') return value;
    // YAML reads an unquoted 012345678901 as a number and drops its zero: the list would never match that account.
    throw new UsageError(`${file} › ${name}[${at}]: expected a string, found a ${typeof value}; put it in quotes`);
  });
};

/**
 * Reads the lists of `|expand: '%name%'` from a YAML file of name → strings.
 *
 * @throws UsageError where the file cannot be read or holds anything else
 */
export const readLists = (file: string): Lists => {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw new UsageError(`--lists ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!isJsonObject(content)) throw new UsageError(`--lists ${file}: expected a mapping of list names to strings`);
  return Object.fromEntries(Object.entries(content).map(([name, values]) => [name, listValues(file, name, values)]));
};

/**
 * Rule files under the paths (folders recursively) and their text; the project's own where no path is given.
 *
 * @throws UsageError where a path does not exist or a folder holds no rules
 */
export const readRuleFiles = (paths: readonly string[]): readonly RuleFile[] =>
  (paths.length === 0 ? [OWN_RULES] : paths)
    .flatMap(ruleFiles)
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }));

/**
 * Reads the rules under the paths; the project's own where none is given.
 *
 * @throws UsageError with every broken rule, because scanning with a rule missing would look like a clean result
 */
export const readRuleDocuments = (paths: readonly string[]): readonly RuleDocument[] => {
  const { documents, problems } = readRules(readRuleFiles(paths));
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new UsageError(
      `${plural(errors.length, 'rule error')}; nothing was scanned\n${errors.map((error) => `  ${showProblem(error)}`).join('\n')}`,
    );
  return documents;
};
