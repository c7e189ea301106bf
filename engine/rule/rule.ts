import type { JsonObject } from '../record/json.ts';
import type { CloudTrailRecord } from '../record/record.ts';
import type { Sieve, SieveOptions } from '../record/sift.ts';

/** Levels of the Sigma specification (rules, "Level"), lowest first; findings use the same words for severity. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** Where a rule stands: file path as given to the loader, and the line of its document, counted from 1. */
interface RuleSource {
  readonly file: string;
  readonly line: number;
}

/** How matches of a rule become findings (our own key `alert:`; see docs). */
export interface AlertSettings {
  /** Record fields whose values make the group of a finding. */
  readonly groupBy: readonly string[];
  /** Further matches of the group within this many seconds are counted, not published. */
  readonly suppressSeconds?: number;
  /** `shadow`: evaluated and counted, not published. */
  readonly mode: 'publish' | 'shadow';
}

/** An inline test (our own key `tests:`): whether the rule matches the record. */
export interface RuleTest {
  readonly name: string;
  readonly match: boolean;
  readonly record: JsonObject;
  readonly line: number;
}

/** What is said of a rule wherever it is shown; no detection logic. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly status: string;
  readonly description?: string;
  readonly author?: string;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  /** Fields the reader of a finding wants first. */
  readonly fields: readonly string[];
  readonly runbook?: string;
  readonly alert: AlertSettings;
  readonly source: RuleSource;
}

/** Something wrong with a rule file. `error` keeps the rule from loading. */
export interface RuleProblem {
  readonly severity: 'error' | 'warning' | 'info';
  /** Stable kebab-case name of the check, e.g. `unknown-modifier`. */
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  /** Title (or id) of the rule, where it could be read. */
  readonly rule?: string;
  /** Path inside the document, e.g. `detection.selection.eventName|contans`. */
  readonly field?: string;
  /** What is wrong. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** Why a selection held: the field path with array indices, what the rule wanted and what the record says (bounded text). */
export interface Evidence {
  readonly selection: string;
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** A rule that matched a record. */
export interface Match {
  readonly rule: Rule;
  readonly evidence: readonly Evidence[];
}

/** A rule that cannot be evaluated because a list it needs (`|expand`) is not configured. */
export interface UnarmedRule {
  readonly rule: Rule;
  readonly missingLists: readonly string[];
}

/** Compiled rules. Matching never throws, whatever the record. */
export interface RuleSet {
  /** Hash over the rules' content and lists; the same rules give the same version on every machine. */
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly unarmed: readonly UnarmedRule[];
  readonly match: (record: CloudTrailRecord) => readonly Match[];
  /** Tells from the bytes of a log file which of its records `match` has to see: nearly all match nothing, and need no parsing. */
  readonly sieve: (options?: SieveOptions) => Sieve;
}

/** Values of `|expand: '%name%'` placeholders: own accounts, log buckets, approved Regions … */
export type Lists = { readonly [name: string]: readonly string[] };
