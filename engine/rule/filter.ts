import { type EmptyPattern, readDetection } from './detection.ts';
import type { LogSource, RuleDocument, RuleFilter } from './document.ts';
import { entryOf, type LocatedEntry, type LocatedMap } from './located.ts';
import { readLogSource, readMetadata } from './metadata.ts';
import type { Reporter } from './problems.ts';
import type { RuleProblem } from './rule.ts';

/** A Sigma filter and the rules it names; `any` (or an empty list) is every rule of its log source. */
export interface FilterDocument {
  readonly filter: RuleFilter;
  readonly rules: 'any' | readonly { readonly reference: string; readonly line: number }[];
  readonly logsource: LogSource;
}

const readReferences = (map: LocatedMap, reporter: Reporter): FilterDocument['rules'] | undefined => {
  const entry = entryOf(map, 'rules');
  const complain = (message: string): undefined => {
    reporter.report(entry?.value ?? map, {
      code: 'invalid-filter',
      message,
      hint: 'a list of rule ids or names, or `any`',
      field: 'filter.rules',
    });
  };
  if (entry === undefined) return complain('the filter has no `rules`');
  const { value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'string')
    return value.value === 'any' ? 'any' : [{ reference: value.value, line: value.line }];
  if (value.kind !== 'list') return complain('`filter.rules` must be a list of rule ids or names');
  const references = value.items.flatMap((item) =>
    item.kind === 'scalar' && item.value !== null ? [{ reference: item.text, line: item.line }] : [],
  );
  if (references.length < value.items.length) return complain('`filter.rules` must be a list of rule ids or names');
  return references.length === 0 ? 'any' : references;
};

/** Reads a Sigma filter document (filters specification v2.1); its condition is ANDed to the rules' as written. */
export const readFilter = (
  map: LocatedMap,
  entry: LocatedEntry,
  file: string,
  reporter: Reporter,
  empty: EmptyPattern,
): { readonly kind: 'filter'; readonly filter: FilterDocument } | undefined => {
  const { title, id } = readMetadata(map, reporter);
  const logsource = readLogSource(map, reporter, false);
  if (entry.value.kind !== 'map') {
    reporter.report(entry.value, { code: 'value-type', message: '`filter` must be a map', field: 'filter' });
    return undefined;
  }
  const rules = readReferences(entry.value, reporter);
  const condition = entryOf(entry.value, 'condition')?.value;
  if (condition?.kind === 'list')
    reporter.report(condition, {
      code: 'condition-syntax',
      message: 'a filter has one condition, not a list',
      hint: 'join them with `or`, as a list in a rule does',
      field: 'filter.condition',
    });
  const detection = readDetection(entry.value, reporter, 'filter', ['rules'], empty);
  if (rules === undefined || detection === undefined || reporter.failed()) return undefined;
  const filter = { ...detection, title, ...(id === undefined ? {} : { id }), file, line: map.line };
  return { kind: 'filter', filter: { filter, rules, logsource } };
};

const covers = (filter: LogSource, rule: LogSource): boolean =>
  (['product', 'service', 'category'] as const).every(
    (key) => filter[key] === undefined || filter[key].toLowerCase() === rule[key]?.toLowerCase(),
  );

type Unfiltered = Omit<RuleDocument, 'hash' | 'filters'>;

/**
 * The filters of each rule, in order. A filter that names a rule that is not there, or of another log source, is a
 * warning: nothing would be filtered, and nobody would know.
 */
export const applyFilters = (
  rules: readonly Unfiltered[],
  filters: readonly FilterDocument[],
  problems: RuleProblem[],
): readonly (readonly RuleFilter[])[] => {
  const applied: RuleFilter[][] = rules.map(() => []);
  const warn = ({ filter }: FilterDocument, line: number, message: string): void => {
    problems.push({
      severity: 'warning',
      code: 'filter-applies-to-nothing',
      file: filter.file,
      line,
      rule: filter.title,
      field: 'filter.rules',
      message,
    });
  };
  for (const document of filters) {
    const { filter, rules: references, logsource } = document;
    const isNamed = ({ rule, name }: Unfiltered, reference: string): boolean =>
      [name, rule.title].includes(reference) || rule.id.toLowerCase() === reference.toLowerCase();
    rules.forEach((rule, index) => {
      const named = references === 'any' || references.some(({ reference }) => isNamed(rule, reference));
      if (named && covers(logsource, rule.logsource)) applied[index]?.push(filter);
    });
    if (references === 'any') continue;
    for (const { reference, line } of references) {
      const found = rules.filter((rule) => isNamed(rule, reference));
      if (found.length === 0) warn(document, line, `no rule has the id or name '${reference}'`);
      else if (!found.some((rule) => covers(logsource, rule.logsource)))
        warn(document, line, `the rule '${reference}' has another log source than the filter`);
    }
  }
  return applied;
};
