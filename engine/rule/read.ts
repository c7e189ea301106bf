import { createHash } from 'node:crypto';
import { type Acted, applyActions } from './action.ts';
import { type EmptyPattern, readDetection } from './detection.ts';
import type { RuleDocument, RuleFilter } from './document.ts';
import { applyFilters, type FilterDocument, readFilter } from './filter.ts';
import { entryOf, type LocatedMap, readYaml } from './located.ts';
import { type Metadata, readLogSource, readMetadata } from './metadata.ts';
import { readAlert, readTests } from './own-keys.ts';
import { type Reporter, reporter } from './problems.ts';
import type { Rule, RuleProblem } from './rule.ts';

/** A rule file: its path, as it is to be shown, and its text. */
export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

export interface ReadOptions {
  /**
   * What `all of x*` that names nothing is. The specification does not say; as a condition it holds on every record, so
   * it is refused unless asked for (some engines take it as true).
   */
  readonly emptyPattern?: EmptyPattern;
  /** Rules that do not say which log they are about are read, too: for runs that try rules of every log. */
  readonly anyLogsource?: boolean;
}

export interface RulesRead {
  readonly documents: readonly RuleDocument[];
  readonly problems: readonly RuleProblem[];
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** An id for a rule that has none of its own: the same for the same text, in the form of a UUID. */
const derivedId = (text: string): string =>
  sha256(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

/** Hashes what decides matching and description; where a rule stands and what tests it has changes neither. */
const contentHash = (document: Omit<RuleDocument, 'hash'>): string => {
  const skipped = new Set(['source', 'tests', 'line', 'conditionLine', 'file', 'keys']);
  return sha256(JSON.stringify(document, (key, value: unknown) => (skipped.has(key) ? undefined : value)));
};

const ruleOf = (map: LocatedMap, file: string, said: Metadata, inherited: boolean, report: Reporter): Rule => {
  const { title, level, status, name: _name, date: _date, modified: _modified, id, ...rest } = said;
  // What tells apart the rules of one `action: global`, which share a title and may share the detection or all but it.
  const telling = JSON.stringify(
    map.entries.filter(({ key }) => ['detection', 'logsource', 'level'].includes(key)).map(({ value }) => value),
    (key, value: unknown) => (key === 'line' || key === 'column' ? undefined : value),
  );
  return {
    ...rest,
    title,
    id: id === undefined || inherited ? derivedId(`${id ?? ''}\n${title}\n${telling}`) : id,
    level: level ?? 'medium',
    status: status ?? 'experimental',
    alert: readAlert(map, report),
    source: { file, line: map.line },
  };
};

/** What a document of a file turned out to be. */
type Loaded =
  | { readonly kind: 'rule'; readonly document: Omit<RuleDocument, 'hash' | 'filters'> }
  | { readonly kind: 'filter'; readonly filter: FilterDocument };

const readRule = (
  acted: Acted & { kind: 'document' },
  file: string,
  report: Reporter,
  { emptyPattern = 'refuse', anyLogsource = false }: ReadOptions,
): Loaded | undefined => {
  const { map, inheritedId } = acted;
  const said = readMetadata(map, report);
  const logsource = readLogSource(map, report, !anyLogsource);
  const rule = ruleOf(map, file, said, inheritedId, report);
  const tests = readTests(map, report);
  const entry = entryOf(map, 'detection');
  if (entry === undefined) report.report(map, { code: 'no-detection', message: 'the rule has no `detection`' });
  else if (entry.value.kind !== 'map')
    report.report(entry.value, { code: 'value-type', message: '`detection` must be a map', field: 'detection' });
  const detection =
    entry?.value.kind === 'map' ? readDetection(entry.value, report, 'detection', [], emptyPattern) : undefined;
  if (detection === undefined || report.failed()) return undefined;
  const { name, date, modified } = said;
  return {
    kind: 'rule',
    document: {
      rule,
      ...(name === undefined ? {} : { name }),
      ...(date === undefined ? {} : { date }),
      ...(modified === undefined ? {} : { modified }),
      logsource,
      detection,
      tests,
      keys: map.entries.map(({ key }) => key),
    },
  };
};

const readDocument = (acted: Acted, file: string, problems: RuleProblem[], options: ReadOptions): readonly Loaded[] => {
  if (acted.kind === 'fault') {
    const report = reporter(file, undefined);
    report.report(acted.at, acted.complaint);
    problems.push(...report.problems);
    return [];
  }
  const title = entryOf(acted.map, 'title')?.value;
  const report = reporter(file, title?.kind === 'scalar' ? title.text : undefined);
  const correlation = entryOf(acted.map, 'correlation');
  if (correlation !== undefined) {
    report.report(correlation.place, {
      code: 'correlation-unsupported',
      message: 'correlation rules are not evaluated yet: this document is not loaded',
      hint: 'the rules it refers to are evaluated on their own',
      field: 'correlation',
    });
    problems.push(...report.problems);
    return [];
  }
  const filter = entryOf(acted.map, 'filter');
  const loaded =
    filter === undefined
      ? readRule(acted, file, report, options)
      : readFilter(acted.map, filter, file, report, options.emptyPattern ?? 'refuse');
  problems.push(...report.problems);
  return loaded === undefined ? [] : [loaded];
};

const readFile = ({ file, text }: RuleFile, problems: RuleProblem[], options: ReadOptions): readonly Loaded[] => {
  const roots: LocatedMap[] = [];
  const read = readYaml(text);
  const complain = (line: number, column: number, code: string, message: string, hint?: string): void => {
    problems.push({ severity: 'error', code, file, line, column, message, ...(hint === undefined ? {} : { hint }) });
  };
  if (read.length === 0) complain(1, 1, 'empty-file', 'the file holds no rule');
  for (const root of read) {
    if ('kind' in root) {
      if (root.kind === 'map') roots.push(root);
      else complain(root.line, root.column, 'not-a-rule', `a rule is a map, this document is a ${root.kind}`);
    } else for (const { line, column, message } of root) complain(line, column, 'yaml', message);
  }
  return applyActions(roots).flatMap((acted) => readDocument(acted, file, problems, options));
};

/** Two rules with one id would share their findings' ids: the second one's would be lost. */
const refuseDuplicates = (documents: readonly RuleDocument[], problems: RuleProblem[]): readonly RuleDocument[] => {
  const seen = new Map<string, RuleDocument>();
  return documents.filter((document) => {
    const { id, title, source } = document.rule;
    const first = seen.get(id);
    seen.set(id, first ?? document);
    if (first === undefined) return true;
    const same = first.hash === document.hash;
    problems.push({
      severity: same ? 'info' : 'error',
      code: 'duplicate-id',
      file: source.file,
      line: source.line,
      rule: title,
      field: 'id',
      message: `the id ${id} is taken by '${first.rule.title}' (${first.rule.source.file}:${first.rule.source.line})`,
      hint: same ? 'the same rule was given twice; once is enough' : 'give the rule an id of its own',
    });
    return false;
  });
};

const withFilters = (
  document: Omit<RuleDocument, 'hash' | 'filters'>,
  filters: readonly RuleFilter[],
): RuleDocument => {
  const whole = { ...document, filters };
  return { ...whole, hash: contentHash(whole) };
};

/**
 * Reads rule files: Sigma v2.1 detection rules and filters, several documents a file.
 *
 * A document that cannot be honoured exactly is a problem of severity `error`, with its line, and is left out; all others
 * load. Filters are put into the documents of the rules they name.
 */
export const readRules = (files: readonly RuleFile[], options: ReadOptions = {}): RulesRead => {
  const problems: RuleProblem[] = [];
  const loaded = files.flatMap((file) => readFile(file, problems, options));
  const rules = loaded.flatMap((each) => (each.kind === 'rule' ? [each.document] : []));
  const filters = loaded.flatMap((each) => (each.kind === 'filter' ? [each.filter] : []));
  const applied = applyFilters(rules, filters, problems);
  const documents = rules.map((document, index) => withFilters(document, applied[index] ?? []));
  return { documents: refuseDuplicates(documents, problems), problems };
};
