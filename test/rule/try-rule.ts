import type { JsonObject } from '../../engine/record/json.ts';
import { type CompileOptions, compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import type { Match, RuleProblem } from '../../engine/rule/rule.ts';

const HEAD = 'title: Tried\nlogsource: { product: aws, service: cloudtrail }\n';

/** A rule with this detection, indented as it stands. */
export const ruleWith = (detection: string): string => `${HEAD}detection:\n${detection.replace(/^/gm, '  ')}\n`;

/** Problems of one rule text. */
export const problemsOf = (text: string): readonly RuleProblem[] => readRules([{ file: 'rule.yml', text }]).problems;

/** Matches of a rule text on a record; the fast path and the plain one must agree. Throws where the rule is refused. */
export const matchesOf = (text: string, record: JsonObject, options: CompileOptions = {}): readonly Match[] => {
  const { documents, problems } = readRules([{ file: 'rule.yml', text }]);
  const [refused] = problems.filter(({ severity }) => severity === 'error');
  if (refused !== undefined) throw new Error(`${refused.code}: ${refused.message}`);
  const { ruleSet, matchPlainly } = compileRules(documents, options);
  const plain = matchPlainly(record);
  if (JSON.stringify(ruleSet.match(record)) !== JSON.stringify(plain)) throw new Error('fast and plain differ');
  return plain;
};

/** Whether a search (the body of one identifier) matches a record. */
export const searchMatches = (search: string, record: JsonObject, options: CompileOptions = {}): boolean =>
  matchesOf(ruleWith(`selection:\n${search.replace(/^/gm, '  ')}\ncondition: selection`), record, options).length > 0;
