import { isJsonObject, type Json } from '../../engine/record/json.ts';

/**
 * EventBridge's matching of a pattern on an event, as far as Trailwarden's patterns use it (user guide, "Comparison
 * operators"): written from the documentation, apart from the code that makes the patterns.
 */
export const matchesPattern = (pattern: unknown, event: Json | undefined): boolean => {
  if (!isJsonObject(pattern)) throw new Error(`not a pattern: ${JSON.stringify(pattern)}`);
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') {
      if (!Array.isArray(wanted) || wanted.length < 2) throw new Error('$or needs two alternatives or more');
      return wanted.some((alternative) => matchesPattern(alternative, event));
    }
    const value = isJsonObject(event) && Object.hasOwn(event, field) ? event[field] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted, value);
    if (wanted.length === 0) throw new Error(`${field}: an empty list of values`);
    const values = Array.isArray(value) ? value : [value];
    return values.some((one) => wanted.some((condition) => matchesValue(condition, one)));
  });
};

const textIn = (condition: Json | undefined): { readonly text: string; readonly fold: boolean } => {
  if (typeof condition === 'string') return { text: condition, fold: false };
  const text = isJsonObject(condition) ? condition['equals-ignore-case'] : undefined;
  if (typeof text !== 'string') throw new Error(`unknown condition ${JSON.stringify(condition)}`);
  return { text, fold: true };
};

const compare = (
  condition: Json | undefined,
  value: Json | undefined,
  how: (value: string, text: string) => boolean,
): boolean => {
  const { text, fold } = textIn(condition);
  if (typeof value !== 'string') return false;
  return fold ? how(value.toLowerCase(), text.toLowerCase()) : how(value, text);
};

const matchesValue = (condition: unknown, value: Json | undefined): boolean => {
  if (typeof condition === 'string') return value === condition;
  if (!isJsonObject(condition) || Object.keys(condition).length !== 1)
    throw new Error(`unknown condition ${JSON.stringify(condition)}`);
  const [[operator, operand] = ['', null]] = Object.entries(condition);
  switch (operator) {
    case 'prefix':
      return compare(operand, value, (text, start) => text.startsWith(start));
    case 'suffix':
      return compare(operand, value, (text, end) => text.endsWith(end));
    case 'equals-ignore-case':
      return compare(condition, value, (text, whole) => text === whole);
    case 'exists':
      return (value !== undefined) === operand;
    case 'anything-but':
      return value !== undefined && value !== operand;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
};
