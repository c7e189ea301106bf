import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_RULES, readRuleDocuments } from '../cli/scan/rule-files.ts';
import { withoutTests } from '../deploy/compiled-rules.ts';
import { readLogFile } from '../engine/record/log-file.ts';
import { textAt } from '../engine/record/record.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { RuleDocument } from '../engine/rule/document.ts';
import { readRules } from '../engine/rule/read.ts';
import type { Lists } from '../engine/rule/rule.ts';
import { corpusFiles, mixed } from './corpus.ts';
import { CACHE, folder } from './folders.ts';
import { paddingRules } from './padding.ts';

/** A rule set as a function's bundle holds it: checked rules as JSON, and lists. */
export interface StoredRules {
  readonly documents: readonly RuleDocument[];
  readonly lists: Lists;
}

/**
 * Of a set, at most so much are the project's rules: else the smallest set would hold none of the generated shapes, and
 * comparing it with the largest would compare shapes, not numbers.
 */
const MOST_OWN = 0.6;

/** The rules of the project and how many there are. */
export const ownRules = (): readonly RuleDocument[] => readRuleDocuments([OWN_RULES]);

/** At most `count` of the items, taken at even distances: their order is the alphabet's, which is no sample. */
const evenly = <T>(items: readonly T[], count: number): readonly T[] =>
  items.filter(
    (_, at) =>
      items.length <= count ||
      Math.floor((at * count) / items.length) !== Math.floor(((at - 1) * count) / items.length),
  );

/** A value no record has for each list a rule wants: every rule is armed. */
const listsFor = (documents: readonly RuleDocument[]): Lists => {
  const { unarmed } = compileRules(documents).ruleSet;
  const names = new Set(unarmed.flatMap(({ missingLists }) => missingLists));
  return Object.fromEntries([...names].map((name) => [name, ['no-record-has-this-value']]));
};

/** Event names that occur in a small sample of the corpus. */
const everydayNames = (): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { bytes } of corpusFiles(mixed(8e6))) {
    const file = readLogFile(bytes, { maxBytes: 64 * 1024 * 1024 });
    if (file.kind !== 'records') continue;
    for (const { record } of file.records) names.add(textAt(record, 'eventName') ?? '');
  }
  return names;
};

/**
 * Writes a rule set of exactly `count` rules that CloudTrail records are tried on: the project's own, then generated
 * ones; gives the file's path.
 *
 * @throws Error when a rule does not load or is not evaluated: a figure for fewer rules would be a false one
 */
export const ruleSetFile = (count: number): string => {
  const padding = readRules(paddingRules(count, everydayNames()));
  const [problem] = padding.problems.filter(({ severity }) => severity === 'error');
  if (problem !== undefined) throw new Error(`${problem.file}:${problem.line}: ${problem.message}`);
  const [seldom, ...others] = padding.documents;
  if (seldom === undefined) throw new Error('there are no generated rules');
  const own = evenly(ownRules(), Math.floor(count * MOST_OWN));
  const documents = [seldom, ...own, ...others].slice(0, count);
  const lists = listsFor(documents);
  const armed = compileRules(documents, { lists }).ruleSet.rules.length;
  if (armed !== count) throw new Error(`${armed} of ${count} rules are evaluated`);
  const path = join(folder(CACHE), `rules-${count}.json`);
  writeFileSync(path, JSON.stringify({ documents: documents.map(withoutTests), lists }));
  return path;
};

/** Reads a file of `ruleSetFile`. */
export const readRuleSet = (path: string): StoredRules => {
  // Our own file, written a moment ago by the code above.
  const stored: StoredRules = JSON.parse(readFileSync(path, 'utf8'));
  return stored;
};
