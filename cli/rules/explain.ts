import type { Explained, Explanation, SeenValue } from '../../engine/rule/explain.ts';
import type { Paint } from '../terminal/colour.ts';
import { terminalText } from '../terminal/text.ts';

/** Deepest nesting shown; conditions of people stay far below. */
const MOST_DEPTH = 24;

const seen = (values: readonly SeenValue[]): string =>
  values.map(({ field, value }) => `${field} is '${value}'`).join(', ');

const wants = ({ key, expected, all, negated }: Explained & { kind: 'item' }): string => {
  const joined = expected.map((each) => `'${each}'`).join(all ? ' and ' : ' or ');
  return `${key === '' ? 'any value' : key} ${negated ? 'is not' : 'wants'} ${joined}`;
};

const itemText = (item: Explained & { kind: 'item' }): string => {
  if (item.holds && item.met.length > 0) return `${wants(item)}: ${seen(item.met)}`;
  if (!item.present) return `${wants(item)}: the record has no such field`;
  return item.actual.length === 0 ? wants(item) : `${wants(item)}: ${seen(item.actual)}`;
};

const heading = (part: Explained): string => {
  switch (part.kind) {
    case 'and':
      return 'all of';
    case 'or':
      return 'one of';
    case 'not':
      return 'not';
    case 'some':
      return `${part.count} of`;
    case 'search':
      return part.name;
    case 'element':
      return part.elements.length === 0 ? `${part.key}: the record has no such element` : part.key;
    case 'item':
      return itemText(part);
  }
};

const below = (part: Explained): readonly Explained[] => {
  if (part.kind === 'item') return [];
  if (part.kind === 'element') return part.elements.map((element) => element.part);
  if (part.kind !== 'search') return part.parts;
  // The entries of a map need no heading of their own below the search they are.
  return part.part.kind === 'and' ? part.part.parts : [part.part];
};

const lines = (part: Explained, paint: Paint, depth: number): readonly string[] => {
  const mark = part.holds ? paint.green('yes') : paint.red('no ');
  const own = `${'  '.repeat(depth)}${mark} ${terminalText(heading(part), 1000)}`;
  if (depth >= MOST_DEPTH) return [own];
  return [own, ...below(part).flatMap((child) => lines(child, paint, depth + 1))];
};

/** Why a rule matches a record or does not: every part of its condition with yes or no, what it wants and what is there. */
export const showExplanation = ({ rule, matched, missingLists, conditions }: Explanation, paint: Paint): string => {
  const verdict = matched ? paint.green('matches') : paint.red('does not match');
  const title = `${paint.bold(terminalText(rule.title, 200))} (${paint.severity(rule.level)}): ${verdict}`;
  if (missingLists.length > 0)
    return `${title}\n  not evaluated: give the values of ${missingLists.join(', ')} with --lists`;
  const parts = conditions.flatMap(({ of, title: name, text, explained }) => [
    `  ${of === 'filter' ? `filter ${terminalText(name, 200)}: ` : ''}${paint.dim(terminalText(text, 1000))}`,
    ...lines(explained, paint, 1),
  ]);
  return [title, ...parts].join('\n');
};
