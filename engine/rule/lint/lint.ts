import type { Detection, RuleDocument } from '../document.ts';
import type { RuleProblem } from '../rule.ts';
import { branchesOf, entriesOf } from './branches.ts';
import type { Complaint } from './complaint.ts';
import { checkCase, checkField, checkFieldPaths, checkReferences, checkValues } from './entries.ts';
import { checkAllowList, checkIndex, checkPossible } from './matching.ts';
import { checkNames, checkSources } from './names.ts';

const ENTRY_CHECKS = [checkField, checkFieldPaths, checkValues, checkCase, checkReferences] as const;

const complaintsOf = (detection: Detection): readonly Complaint[] => {
  const branches = branchesOf(detection) ?? [];
  return [
    ...entriesOf(detection).flatMap((literal) => ENTRY_CHECKS.flatMap((check) => check(literal))),
    ...checkSources(branches),
    ...checkNames(branches),
    ...checkPossible(branches),
    ...checkIndex(branches),
    ...checkAllowList(detection),
  ];
};

/** Path inside the document: `detection.selection.eventName`. */
const fieldOf = ({ searches }: Detection, { item }: Complaint): string => {
  if (item === undefined) return 'detection.condition';
  const holder = searches.find(({ search }) => JSON.stringify(search).includes(JSON.stringify(item)));
  return `detection.${holder === undefined ? '' : `${holder.name}.`}${item.key}`;
};

const problemsOf = ({ rule, detection, logsource }: RuleDocument): readonly RuleProblem[] => {
  if (logsource.service?.toLowerCase() !== 'cloudtrail') return [];
  return complaintsOf(detection).map((complaint) => {
    const { item, severity, code, message, hint } = complaint;
    return {
      ...{ severity, code, message },
      file: rule.source.file,
      line: item?.line ?? detection.conditionLine,
      rule: rule.title,
      field: fieldOf(detection, complaint),
      ...(hint === undefined ? {} : { hint }),
    };
  });
};

/**
 * Checks rules against what CloudTrail writes: fields, names of calls and values that no record has, entries that exclude
 * each other, filters a caller can talk past. `error`: the rule cannot do what it says. Rules for other logs are left alone.
 * Filters of their own documents are not checked: they are about the rules they name.
 */
export const lintRules = (documents: readonly RuleDocument[]): readonly RuleProblem[] => documents.flatMap(problemsOf);
