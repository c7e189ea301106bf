import { createHash } from 'node:crypto';
import type { Json } from '../record/json.ts';
import type { CloudTrailRecord } from '../record/record.ts';
import type { LogSource, RuleDocument } from './document.ts';
import { evaluate, evidenceOf } from './evaluate.ts';
import { compileDocument, type Expression, type ItemPool } from './expression.ts';
import type { Lists, Match, Rule, RuleProblem, RuleSet, UnarmedRule } from './rule.ts';
import { sieveOf } from './sieve.ts';
import { decideRules } from './verdicts.ts';

export interface CompileOptions {
  /** Values of `|expand: '%name%'`. */
  readonly lists?: Lists;
  /** Evaluates rules of every log source, not CloudTrail's only. */
  readonly anyLogsource?: boolean;
  /** Evaluates rules of status deprecated and unsupported, too. */
  readonly anyStatus?: boolean;
}

export interface Compilation {
  readonly ruleSet: RuleSet;
  readonly problems: readonly RuleProblem[];
  /** Matches without the fast path: every rule tried on the record, one by one. What `ruleSet.match` must agree with. */
  readonly matchPlainly: (record: CloudTrailRecord) => readonly Match[];
}

/** A rule and what it asks. */
interface Armed {
  readonly rule: Rule;
  readonly expression: Expression;
}

/** Whether a log source says CloudTrail: `service: cloudtrail`, and nothing that contradicts it. */
const isCloudTrail = ({ product, service, category }: LogSource): boolean =>
  service?.toLowerCase() === 'cloudtrail' &&
  (product === undefined || product.toLowerCase() === 'aws') &&
  category === undefined;

const showLogSource = ({ product, service, category }: LogSource): string =>
  Object.entries({ product, service, category })
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]))
    .join(', ') || 'nothing';

const problemOf = (
  { rule }: RuleDocument,
  problem: Pick<RuleProblem, 'severity' | 'code' | 'message'> & Partial<RuleProblem>,
): RuleProblem => ({
  file: rule.source.file,
  line: rule.source.line,
  rule: rule.title,
  ...problem,
});

/** Why a rule is left out though nothing is wrong with it, or undefined. */
const setAside = (document: RuleDocument, { anyLogsource, anyStatus }: CompileOptions): RuleProblem | undefined => {
  const { status } = document.rule;
  if (anyStatus !== true && (status === 'deprecated' || status === 'unsupported'))
    return problemOf(document, {
      severity: 'info',
      code: 'status-not-loaded',
      message: `rules of status ${status} are not evaluated`,
      field: 'status',
    });
  if (anyLogsource === true || isCloudTrail(document.logsource)) return undefined;
  return problemOf(document, {
    severity: 'warning',
    code: 'other-logsource',
    message: `the rule is about another log (${showLogSource(document.logsource)}) and is not evaluated`,
    hint: 'rules for CloudTrail say `product: aws`, `service: cloudtrail`',
    field: 'logsource',
  });
};

const versionOf = (documents: readonly RuleDocument[], lists: Lists): string => {
  const sorted = Object.entries(lists).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([documents.map(({ hash }) => hash).sort(), sorted]))
    .digest('hex')
    .slice(0, 16);
};

const matchOf = ({ rule, expression }: Armed, record: Json): Match => ({
  rule,
  evidence: evidenceOf(expression, record),
});

/** Tries every rule on a record. */
const matchPlainly =
  (rules: readonly Armed[]) =>
  (record: CloudTrailRecord): readonly Match[] =>
    rules.filter(({ expression }) => evaluate(expression, record)).map((armed) => matchOf(armed, record));

const NONE: readonly Match[] = [];

/** Tries the rules of these numbers on a record. */
const matchAmong = (rules: readonly Armed[], numbers: readonly number[], record: CloudTrailRecord): readonly Match[] =>
  matchPlainly(numbers.flatMap((number) => rules[number] ?? []))(record);

/**
 * Compiles checked rules into a rule set. No YAML here: a Lambda runs this on JSON made at build time.
 *
 * @returns the rule set; and, as problems, every rule that is not in it and why
 */
export const compileRules = (documents: readonly RuleDocument[], options: CompileOptions = {}): Compilation => {
  const lists = options.lists ?? {};
  const pool: ItemPool = { lists, items: new Map() };
  const problems: RuleProblem[] = [];
  const armed: Armed[] = [];
  const unarmed: UnarmedRule[] = [];
  for (const document of documents) {
    const aside = setAside(document, options);
    if (aside !== undefined) {
      problems.push(aside);
      continue;
    }
    const compiled = compileDocument(document, pool);
    if (compiled.kind === 'expression') armed.push({ rule: document.rule, expression: compiled.expression });
    else if (compiled.kind === 'missing') unarmed.push({ rule: document.rule, missingLists: compiled.lists });
    else {
      const { code, message, hint } = compiled.fault;
      const at = { line: compiled.item.line, field: compiled.item.key, ...(hint === undefined ? {} : { hint }) };
      problems.push(problemOf(document, { severity: 'error', code, message, ...at }));
    }
  }
  const verdicts = decideRules(armed.map(({ expression }) => expression));
  const ruleSet: RuleSet = {
    version: versionOf(documents, lists),
    rules: armed.map(({ rule }) => rule),
    unarmed,
    match: (record) => {
      const numbers = verdicts.possibleRules(record);
      // Most records: nothing may match, and nothing is allocated.
      return numbers.length === 0 ? NONE : matchAmong(armed, numbers, record);
    },
    sieve: sieveOf(verdicts),
  };
  return {
    ruleSet,
    problems,
    matchPlainly: matchPlainly(armed),
  };
};
