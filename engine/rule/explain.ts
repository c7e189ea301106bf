import { isJsonObject, type Json } from '../record/json.ts';
import type { CloudTrailRecord } from '../record/record.ts';
import type { Detection, RuleDocument } from './document.ts';
import { evaluate, shorten } from './evaluate.ts';
import { type CompiledElement, compileDetection, type Expression } from './expression.ts';
import { itemHits, itemHolds } from './holds.ts';
import type { CompiledItem } from './item.ts';
import { resolve } from './path.ts';
import type { Lists, Rule } from './rule.ts';

/** A value a record has where a rule looks: the field path with array indices, and the value (bounded text). */
export interface SeenValue {
  readonly field: string;
  readonly value: string;
}

/** A part of a rule and how it came out on a record. */
export type Explained = { readonly holds: boolean } & (
  | { readonly kind: 'and' | 'or' | 'not'; readonly parts: readonly Explained[] }
  | { readonly kind: 'some'; readonly count: number; readonly parts: readonly Explained[] }
  /** A search identifier. */
  | { readonly kind: 'search'; readonly name: string; readonly part: Explained }
  /** An entry of a search: what it wants, what is there, and which of it met the wish. */
  | {
      readonly kind: 'item';
      /** As written: `eventName|startswith`; empty for keywords. */
      readonly key: string;
      readonly expected: readonly string[];
      readonly all: boolean;
      readonly negated: boolean;
      readonly present: boolean;
      /** Empty for keywords that were not found: they are looked for in every value. */
      readonly actual: readonly SeenValue[];
      readonly met: readonly SeenValue[];
    }
  /** One element of an array against a map: each element in turn. */
  | {
      readonly kind: 'element';
      readonly key: string;
      readonly elements: readonly { readonly field: string; readonly part: Explained }[];
    }
);

/** The rule's own condition, or a filter's. */
interface ExplainedCondition {
  readonly of: 'rule' | 'filter';
  readonly title: string;
  readonly text: string;
  readonly explained: Explained;
}

/** Why a rule does or does not match a record. */
export interface Explanation {
  readonly rule: Rule;
  readonly matched: boolean;
  /** Lists the rule needs and has not: it is not evaluated then, and there are no conditions. */
  readonly missingLists: readonly string[];
  /** All must hold. */
  readonly conditions: readonly ExplainedCondition[];
}

/** Values shown of one field. */
const MOST_VALUES = 20;

const show = (value: Json): string => shorten(typeof value === 'string' ? value : JSON.stringify(value));

const explainItem = (item: CompiledItem, root: Json): Explained => {
  const { present, values } = item.path === null ? { present: true, values: [] } : resolve(root, item.path);
  const met = itemHits(item, root).flatMap((hit) =>
    hit === undefined ? [] : [{ field: hit.at, value: shorten(hit.actual) }],
  );
  return {
    kind: 'item',
    holds: itemHolds(item, root),
    key: item.key,
    expected: item.tests.map(({ shown }) => shown),
    all: item.all,
    negated: item.negated,
    present,
    actual: values.slice(0, MOST_VALUES).map(({ at, value }) => ({ field: at, value: show(value) })),
    met,
  };
};

const explainElement = (element: CompiledElement, root: Json): Explained => ({
  kind: 'element',
  holds: evaluate(element, root),
  key: element.key,
  elements: resolve(root, element.path)
    .values.filter(({ value }) => isJsonObject(value))
    .slice(0, MOST_VALUES)
    .map(({ at, value }) => ({ field: at, part: explainExpression(element.body, value) })),
});

const explainExpression = (expression: Expression, root: Json): Explained => {
  switch (expression.kind) {
    case 'item':
      return explainItem(expression, root);
    case 'element':
      return explainElement(expression, root);
    case 'named': {
      const part = explainExpression(expression.part, root);
      return { kind: 'search', holds: part.holds, name: expression.name, part };
    }
    case 'not':
      return { kind: 'not', holds: evaluate(expression, root), parts: [explainExpression(expression.part, root)] };
    default: {
      const holds = evaluate(expression, root);
      const parts = expression.parts.map((part) => explainExpression(part, root));
      return expression.kind === 'some'
        ? { kind: 'some', holds, count: expression.count, parts }
        : { kind: expression.kind, holds, parts };
    }
  }
};

/**
 * Shows how every part of a rule came out on a record, also where it did not match.
 *
 * @param document a rule as the reader gave it; its log source is not looked at
 */
export const explain = (
  document: RuleDocument,
  record: CloudTrailRecord,
  options: { readonly lists?: Lists } = {},
): Explanation => {
  const pool = { lists: options.lists ?? {}, items: new Map() };
  const missing = new Set<string>();
  const condition = (of: 'rule' | 'filter', title: string, detection: Detection): ExplainedCondition => ({
    of,
    title,
    text: detection.conditionText,
    explained: explainExpression(compileDetection(detection, pool, missing), record),
  });
  const conditions = [
    condition('rule', document.rule.title, document.detection),
    ...document.filters.map((filter) => condition('filter', filter.title, filter)),
  ];
  const missingLists = [...missing].sort();
  return {
    rule: document.rule,
    matched: missingLists.length === 0 && conditions.every(({ explained }) => explained.holds),
    missingLists,
    conditions: missingLists.length === 0 ? conditions : [],
  };
};
