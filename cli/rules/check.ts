import { compileRules } from '../../engine/rule/compile.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import { lintRules } from '../../engine/rule/lint/lint.ts';
import { type RuleFile, readRules } from '../../engine/rule/read.ts';
import type { Lists, RuleProblem } from '../../engine/rule/rule.ts';
import type { Paint } from '../terminal/colour.ts';
import { terminalText } from '../terminal/text.ts';
import { plural } from '../terminal/units.ts';

/** What is to be said of rule files: everything wrong with them, in order of file and line. */
export interface Checked {
  readonly documents: readonly RuleDocument[];
  readonly problems: readonly RuleProblem[];
}

const unarmed = (documents: readonly RuleDocument[], lists: Lists): readonly RuleProblem[] =>
  compileRules(documents, { lists }).ruleSet.unarmed.map(({ rule, missingLists }) => ({
    severity: 'info',
    code: 'not-armed',
    file: rule.source.file,
    line: rule.source.line,
    rule: rule.title,
    message: `not evaluated until ${plural(missingLists.length, 'list is', 'lists are')} given: ${missingLists.join(', ')}`,
    hint: 'name the values in the file of lists (--lists, lists.yml)',
  }));

const untested = (documents: readonly RuleDocument[]): readonly RuleProblem[] =>
  documents.flatMap(({ rule, tests }) =>
    tests.some(({ match }) => match) && tests.some(({ match }) => !match)
      ? []
      : [
          {
            severity: 'info' as const,
            code: 'untested',
            file: rule.source.file,
            line: rule.source.line,
            rule: rule.title,
            field: 'tests',
            message: 'no test shows both a record that matches and one that must not',
            hint: 'add `tests:` with `match: true` and `match: false`',
          },
        ],
  );

const inOrder = (a: RuleProblem, b: RuleProblem): number =>
  a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;

/** Reads, compiles and lints rules: structure first, then what CloudTrail has to say about them. */
export const checkRules = (files: readonly RuleFile[], lists: Lists): Checked => {
  const { documents, problems } = readRules(files);
  const compiled = compileRules(documents, { lists }).problems;
  const all = [...problems, ...compiled, ...lintRules(documents), ...unarmed(documents, lists), ...untested(documents)];
  return { documents, problems: all.toSorted(inOrder) };
};

/** A problem as two or three lines: how bad, where, what; what to write instead. */
export const showChecked = (problem: RuleProblem, paint: Paint): string => {
  const { severity, code, file, line, rule, field, message, hint } = problem;
  const colour = { error: paint.red, warning: paint.yellow, info: paint.dim }[severity];
  const place = [`${file}:${line}`, rule, field].filter((part) => part !== undefined).join(' › ');
  const lines = [
    `${colour(severity)} ${terminalText(place, 400)} ${paint.dim(`(${code})`)}`,
    `    ${terminalText(message, 1000)}`,
    ...(hint === undefined ? [] : [`    ${paint.cyan('→')} ${terminalText(hint, 1000)}`]),
  ];
  return lines.join('\n');
};
