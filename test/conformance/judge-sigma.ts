import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { own, textAt } from '../../engine/record/record.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import type { Lists } from '../../engine/rule/rule.ts';

/** What judging a case gave: how it should be, how it is. */
export interface Verdict {
  readonly passed: boolean;
  readonly expected: string;
  readonly got: string;
}

const textsOf = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map((entry) =>
    typeof entry === 'string' ? entry : JSON.stringify(entry),
  );

const listsOf = (value: Json | undefined): Lists =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, entries]) => [name, textsOf(entries)]))
    : {};

const rulesOf = (found: JsonObject): string => textAt(found, 'rule_yaml') ?? '';

/** `kind: error` and `kind: valid`: is the rule refused when it is loaded, at its default settings? */
const judgeLoading = (found: JsonObject, refused: boolean): Verdict | undefined => {
  const { problems } = readRules([{ file: 'case.yml', text: rulesOf(found) }]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  // Whether a correlation is well formed is not known here: every one is refused.
  if (!refused && errors.length > 0 && errors.every(({ code }) => code === 'correlation-unsupported')) return undefined;
  const got = errors.length === 0 ? 'loads' : `refused: ${errors.map(({ code }) => code).join(', ')}`;
  return { passed: errors.length > 0 === refused, expected: refused ? 'refused' : 'loads', got };
};

/** `kind: match`, `multi`, `filter`: which rules match the event, on the fast path and on the plain one? */
const judgeMatching = (found: JsonObject): Verdict => {
  // The suites take `all of x*` that names nothing as true, and rules without a log source; we refuse both unless asked.
  const read = readRules([{ file: 'case.yml', text: rulesOf(found) }], { emptyPattern: 'holds', anyLogsource: true });
  const { ruleSet, problems, matchPlainly } = compileRules(read.documents, {
    anyLogsource: true,
    anyStatus: true,
    lists: listsOf(own(found, 'placeholders')),
  });
  const event = own(found, 'event');
  const record = isJsonObject(event) ? event : {};
  const titles = ruleSet.match(record).map(({ rule }) => rule.title);
  const plain = matchPlainly(record).map(({ rule }) => rule.title);
  const errors = [...read.problems, ...problems].filter(({ severity }) => severity === 'error');
  const wantedTitles = own(found, 'expected_titles');
  const count = own(found, 'expected_count');
  const passed =
    titles.length > 0 === (own(found, 'expected') ?? titles.length > 0) &&
    (typeof count !== 'number' || titles.length === count) &&
    (!Array.isArray(wantedTitles) || JSON.stringify([...titles].sort()) === JSON.stringify([...wantedTitles].sort())) &&
    JSON.stringify(titles) === JSON.stringify(plain);
  const expected = JSON.stringify({ match: own(found, 'expected'), count, titles: wantedTitles });
  const said = errors.map(({ code, message }) => `${code}: ${message}`).join('; ');
  return { passed, expected, got: `${JSON.stringify(titles)}${said === '' ? '' : ` (${said})`}` };
};

/** Judges a Sigma conformance case; undefined for a correlation. */
export const judge = (found: JsonObject): Verdict | undefined => {
  const kind = textAt(found, 'kind') ?? 'match';
  if (kind === 'correlation') return undefined;
  if (kind === 'error' || kind === 'valid') return judgeLoading(found, kind === 'error');
  return judgeMatching(found);
};

/** The cases of a file: a JSON array. */
export const casesIn = (file: string): readonly JsonObject[] => {
  const read: Json = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(read)) throw new Error(`${file} is no list of cases`);
  return read.filter(isJsonObject);
};
