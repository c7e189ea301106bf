import { readFileSync } from 'node:fs';
import { isJsonObject } from '../engine/record/json.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { RuleDocument } from '../engine/rule/document.ts';
import type { Lists, RuleProblem, RuleSet } from '../engine/rule/rule.ts';

/** rules.json could not be read, or holds no rule that can be evaluated: a function without rules would look healthy. */
export class RuleFileError extends Error {
  override readonly name = 'RuleFileError';
}

/** What deploy/build.ts writes: rules already read from YAML and checked, so that no YAML parser ships. */
interface RuleFile {
  readonly documents: readonly RuleDocument[];
  readonly lists: Lists;
}

const parseRuleFile = (file: string): RuleFile => {
  // JSON.parse gives `any`, typed here without a check of each field: the file is our own build's, made from checked
  // documents and packed into the same zip as this code.
  const content: RuleFile = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(content) || !Array.isArray(content.documents))
    throw new RuleFileError(`${file}: expected { documents, lists }, as npm run build writes it`);
  return content;
};

/**
 * Reads and compiles rules.json.
 *
 * @param file a path; deployed functions have the file beside their bundle
 * @returns the rule set, and problems of single rules: the others are loaded all the same
 * @throws RuleFileError when there is no file, or no rule at all in it
 */
export const readRuleFile = (
  file: string,
): { readonly ruleSet: RuleSet; readonly problems: readonly RuleProblem[] } => {
  try {
    const { documents, lists } = parseRuleFile(file);
    const compiled = compileRules(documents, { lists });
    if (compiled.ruleSet.rules.length === 0) throw new RuleFileError(`${file}: no rule in it can be evaluated`);
    return compiled;
  } catch (cause) {
    if (cause instanceof RuleFileError) throw cause;
    throw new RuleFileError(`${file}: cannot be read; npm run build writes it`, { cause });
  }
};
