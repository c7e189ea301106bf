import type { Rule, RuleTest } from './rule.ts';

/** A scalar of a rule as YAML 1.2 (core schema) reads it. */
export type RuleValue = string | number | boolean | null;

/** `field|modifier|…: value(s)`: one entry of a search map, or a keyword (field null). */
export interface Item {
  readonly kind: 'item';
  /** Field path; null for keywords, which are searched in every leaf value. */
  readonly field: string | null;
  /** Modifiers in lower case, aliases resolved, in the order written. */
  readonly modifiers: readonly Modifier[];
  /** At least one. */
  readonly values: readonly RuleValue[];
  /** The key as written, e.g. `eventName|startswith`. */
  readonly key: string;
  readonly line: number;
}

/** `field[any]: {…}`: some single element of an array meets the whole map (SEP #212). */
interface ElementSearch {
  readonly kind: 'element';
  readonly field: string;
  readonly quantifier: 'any' | 'all' | 'all_or_empty' | 'none';
  readonly body: Search;
  readonly key: string;
  readonly line: number;
}

/** What a search identifier holds: maps are `all`, lists are `any`. */
export type Search =
  | { readonly kind: 'all'; readonly parts: readonly Search[] }
  | { readonly kind: 'any'; readonly parts: readonly Search[] }
  | Item
  | ElementSearch;

/** A search identifier of a detection or filter, and what it looks for. */
export interface NamedSearch {
  readonly name: string;
  readonly search: Search;
  readonly line: number;
}

/** A condition, with identifiers and patterns resolved. */
export type Condition =
  | { readonly kind: 'search'; readonly name: string }
  | { readonly kind: 'and'; readonly parts: readonly Condition[] }
  | { readonly kind: 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | {
      readonly kind: 'of';
      /** How many must hold; `all` of none holds, N of none does not. */
      readonly count: number | 'all';
      /** `them` or the pattern as written. */
      readonly pattern: string;
      readonly names: readonly string[];
    };

/** Searches and the condition that joins them: the body of a detection and of a filter. */
export interface Detection {
  readonly searches: readonly NamedSearch[];
  readonly condition: Condition;
  /** As written; a list of conditions is joined with ` or `. */
  readonly conditionText: string;
  readonly conditionLine: number;
}

/** A Sigma filter that applies to the rule: its condition is ANDed to the rule's, as written. */
export interface RuleFilter extends Detection {
  readonly title: string;
  readonly id?: string;
  readonly file: string;
  readonly line: number;
}

export interface LogSource {
  readonly product?: string;
  readonly service?: string;
  readonly category?: string;
}

/** A checked rule: plain JSON, made from YAML at build time and compiled without a YAML parser. */
export interface RuleDocument {
  readonly rule: Rule;
  readonly name?: string;
  readonly date?: string;
  readonly modified?: string;
  readonly logsource: LogSource;
  readonly detection: Detection;
  readonly filters: readonly RuleFilter[];
  readonly tests: readonly RuleTest[];
  /** Top-level keys in the order written, for checks of style. */
  readonly keys: readonly string[];
  /** SHA-256 (hex) over everything that decides what the rule matches and what is said of it; not over file and line. */
  readonly hash: string;
}

/** Every modifier of Sigma v2.1 by its first name; see modifier.ts for aliases and combinations. */
export const MODIFIERS = [
  'all',
  'base64',
  'base64offset',
  'cased',
  'cidr',
  'contains',
  'day',
  'endswith',
  'exists',
  'expand',
  'fieldref',
  'gt',
  'gte',
  'hour',
  'i',
  'lt',
  'lte',
  'm',
  'minute',
  'month',
  'neq',
  're',
  's',
  'startswith',
  'utf16',
  'utf16be',
  'utf16le',
  'week',
  'wide',
  'windash',
  'year',
] as const;
export type Modifier = (typeof MODIFIERS)[number];
