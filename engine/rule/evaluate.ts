import { isJsonObject, type Json } from '../record/json.ts';
import type { CompiledElement, Expression } from './expression.ts';
import { itemHits, itemHolds } from './holds.ts';
import type { CompiledItem } from './item.ts';
import { resolve } from './path.ts';
import type { Evidence } from './rule.ts';

/** Whether the elements of an array meet the body as the quantifier asks; one object counts as an array of one. */
const elementHolds = ({ path, quantifier, body }: CompiledElement, root: Json): boolean => {
  const elements = resolve(root, path).values.filter(({ value }) => isJsonObject(value));
  const meets = ({ value }: { readonly value: Json }): boolean => evaluate(body, value);
  if (quantifier === 'any') return elements.some(meets);
  if (quantifier === 'none') return !elements.some(meets);
  return (quantifier === 'all_or_empty' || elements.length > 0) && elements.every(meets);
};

/**
 * Whether an expression holds on a record. Plain on purpose: this is what a rule means, and what the fast path must
 * agree with.
 */
export const evaluate = (expression: Expression, record: Json): boolean => {
  switch (expression.kind) {
    case 'item':
      return itemHolds(expression, record);
    case 'element':
      return elementHolds(expression, record);
    case 'and':
      return expression.parts.every((part) => evaluate(part, record));
    case 'or':
      return expression.parts.some((part) => evaluate(part, record));
    case 'not':
      return !evaluate(expression.part, record);
    case 'some': {
      let left = expression.count;
      return expression.parts.some((part) => {
        if (evaluate(part, record)) left -= 1;
        return left <= 0;
      });
    }
    case 'named':
      return evaluate(expression.part, record);
  }
};

/** Characters of a value shown in evidence. */
const MOST_SHOWN = 256;
/** Entries of one match: enough to see why, and a bound for rules with hundreds of fields. */
const MOST_EVIDENCE = 50;

export const shorten = (text: string): string =>
  text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}… (${text.length} characters)`;

/** The entries for one item that held: the values that met its tests. */
const itemEvidence = (item: CompiledItem, record: Json, selection: string, under: string): readonly Evidence[] => {
  const field = `${under}${item.path?.join('.') ?? 'any value'}`;
  const expected = `${item.negated ? 'not ' : ''}${item.tests.map(({ shown }) => shown).join(item.all ? ' and ' : ' or ')}`;
  const hits = itemHits(item, record);
  if (item.negated) {
    const actual = item.path === null ? '' : showValues(resolve(record, item.path).values.map(({ value }) => value));
    return [{ selection, field, expected: shorten(expected), actual }];
  }
  const found = hits.flatMap((hit, index) => (hit === undefined ? [] : [{ hit, test: item.tests[index] }]));
  return (item.all ? found : found.slice(0, 1)).map(({ hit, test }) => ({
    selection,
    field: `${under}${hit.at}`,
    expected: shorten(test?.shown ?? expected),
    actual: shorten(hit.actual),
  }));
};

const showValues = (values: readonly Json[]): string =>
  values.length === 0
    ? 'absent'
    : shorten(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', '));

const collect = (expression: Expression, record: Json, selection: string, under: string): readonly Evidence[] => {
  switch (expression.kind) {
    case 'item':
      return itemEvidence(expression, record, selection, under);
    case 'element': {
      if (expression.quantifier === 'none') return [];
      const met = resolve(record, expression.path).values.find(
        ({ value }) => isJsonObject(value) && evaluate(expression.body, value),
      );
      return met === undefined ? [] : collect(expression.body, met.value, selection, `${under}${met.at}.`);
    }
    case 'named':
      return collect(expression.part, record, expression.name, under);
    case 'not':
      return [];
    default:
      return expression.parts.flatMap((part) =>
        evaluate(part, record) ? collect(part, record, selection, under) : [],
      );
  }
};

/**
 * Why an expression holds on a record: for every search that made it hold, the values that met it. Parts under `not`
 * held by not being met and have no entry. Built for matches only.
 */
export const evidenceOf = (expression: Expression, record: Json): readonly Evidence[] => {
  const seen = new Set<string>();
  return collect(expression, record, 'condition', '')
    .filter((entry) => {
      const key = JSON.stringify(entry);
      return seen.has(key) ? false : seen.add(key) !== undefined;
    })
    .slice(0, MOST_EVIDENCE);
};
