import { parseCondition } from './condition.ts';
import type { Condition, Detection, NamedSearch, Search } from './document.ts';
import type { Located, LocatedEntry, LocatedMap } from './located.ts';
import type { Reporter } from './problems.ts';
import { below, keywordsOf, type Reading, readItem } from './read-item.ts';

/** What `all of x*` that names nothing is; see ReadOptions. */
export type EmptyPattern = 'refuse' | 'holds';

/** Any quantifier of SEP #212, also where it is not evaluated here. */
const SELECTOR = /\[(?:any|all|all_or_empty|none)\]/;
const INDEX = /\[-?\d+\]/;
const ELEMENT = /^(.+)\[(any|all|all_or_empty|none)\]$/;

/** `field[any]: {…}`; `refused` where its body is (and was reported), undefined where it is no form that is evaluated. */
const readElement = (
  field: string,
  map: LocatedMap,
  { key, place }: LocatedEntry,
  reading: Reading,
): Search | 'refused' | undefined => {
  const [, array = '', quantifier] = ELEMENT.exec(field) ?? [];
  if (SELECTOR.test(array) || map.entries.some((entry) => entry.key === 'condition')) return undefined;
  if (quantifier !== 'any' && quantifier !== 'all' && quantifier !== 'all_or_empty' && quantifier !== 'none')
    return undefined;
  const body = readMap(map, reading);
  return body === undefined ? 'refused' : { kind: 'element', field: array, quantifier, body, key, line: place.line };
};

const readEntry = (entry: LocatedEntry, reading: Reading): Search | undefined => {
  const { reporter } = reading;
  const here = below(reading, entry.key);
  const [field = '', ...names] = entry.key.split('|');
  const element =
    names.length === 0 && entry.value.kind === 'map' ? readElement(field, entry.value, entry, here) : undefined;
  if (element !== undefined) return element === 'refused' ? undefined : element;
  if (SELECTOR.test(field)) {
    reporter.report(entry.place, {
      code: 'array-selector',
      message: `'${field}': only a last \`[any]\`, \`[all]\`, \`[all_or_empty]\` or \`[none]\` over a map without a condition is evaluated`,
      hint: 'any element of an array is enough without a selector; for one element write `field[any]:` and a map of fields',
      field: here.path,
    });
    return undefined;
  }
  if (INDEX.test(field))
    reporter.report(entry.place, {
      severity: 'warning',
      code: 'array-index',
      message: `'${field}' is read as the name of a field: Sigma v2.1 has no array indices`,
      hint: 'leave the index out: any element of an array is enough',
      field: here.path,
    });
  if (field === '<<') {
    reporter.report(entry.place, {
      code: 'yaml-merge-key',
      message: '`<<` is no merge in YAML 1.2',
      hint: 'write the fields out',
      field: here.path,
    });
    return undefined;
  }
  return readItem(field === '' ? null : field, names, entry, here);
};

const readMap = (map: LocatedMap, reading: Reading): Search | undefined => {
  if (map.entries.length === 0) {
    reading.reporter.report(map, {
      code: 'empty-search',
      message: 'the map is empty: it would match every record',
      field: reading.path,
    });
    return undefined;
  }
  const parts = map.entries.map((entry) => readEntry(entry, reading));
  const read = parts.filter((part) => part !== undefined);
  if (read.length < parts.length) return undefined;
  return read.length === 1 ? read[0] : { kind: 'all', parts: read };
};

/** A search identifier: a map (and), a list of maps (or), a list of keywords (or), a mix of both, or one keyword. */
const readSearch = (value: Located, reading: Reading): Search | undefined => {
  const { reporter, path } = reading;
  if (value.kind === 'map') return readMap(value, reading);
  if (value.kind === 'scalar') return keywordsOf([value], reading);
  if (value.items.length === 0) {
    reporter.report(value, { code: 'empty-search', message: 'the list is empty: nothing can match', field: path });
    return undefined;
  }
  const nested = value.items.find((item) => item.kind === 'list');
  if (nested !== undefined) {
    reporter.report(nested, { code: 'value-type', message: 'a list inside a list of a search', field: path });
    return undefined;
  }
  const keywords = value.items.filter((item) => item.kind === 'scalar');
  const parts = value.items.flatMap((item, index) =>
    item.kind === 'map' ? [readMap(item, below(reading, String(index)))] : [],
  );
  if (keywords.length > 0) parts.push(keywordsOf(keywords, reading));
  const read = parts.filter((part) => part !== undefined);
  if (read.length < parts.length) return undefined;
  return read.length === 1 ? read[0] : { kind: 'any', parts: read };
};

const readCondition = (
  value: Located,
  names: readonly string[],
  reading: Reading,
  empty: EmptyPattern,
): { readonly condition: Condition; readonly text: string } | undefined => {
  const { reporter, path } = reading;
  const parts = value.kind === 'list' ? value.items : [value];
  const texts = parts.flatMap((part) => (part.kind === 'scalar' && typeof part.value === 'string' ? [part.value] : []));
  if (texts.length === 0 || texts.length < parts.length) {
    reporter.report(value, {
      code: 'condition-syntax',
      message: 'the condition is a text or a list of texts',
      field: path,
    });
    return undefined;
  }
  const conditions: Condition[] = [];
  texts.forEach((text, index) => {
    const condition = parseCondition(text, names, empty);
    if (condition.kind === 'fault') reporter.report(parts[index] ?? value, { ...condition.fault, field: path });
    else conditions.push(condition);
  });
  const [first] = conditions;
  if (first === undefined || conditions.length < texts.length) return undefined;
  const condition: Condition = conditions.length === 1 ? first : { kind: 'or', parts: conditions };
  return { condition, text: texts.length === 1 ? (texts[0] ?? '') : texts.map((text) => `(${text})`).join(' or ') };
};

/**
 * Reads the searches and the condition of a `detection:` or `filter:` map; problems go to the reporter.
 *
 * @param path where the map stands in the document
 * @param others keys of the map that are no search identifiers
 */
export const readDetection = (
  map: LocatedMap,
  reporter: Reporter,
  path: string,
  others: readonly string[],
  empty: EmptyPattern,
): Detection | undefined => {
  const reading: Reading = { reporter, path };
  const timeframe = map.entries.find(({ key, value }) => key === 'timeframe' && value.kind === 'scalar');
  const entries = map.entries.filter((entry) => ![...others, 'condition'].includes(entry.key) && entry !== timeframe);
  const searches: NamedSearch[] = [];
  // Without an aggregation, which the condition refuses, it has nothing to say; pySigma leaves it out, too.
  if (timeframe !== undefined)
    reporter.report(timeframe.place, {
      severity: 'warning',
      code: 'timeframe',
      message: '`timeframe` has no effect: it belongs to aggregations, which Sigma 2.0 removed',
      hint: 'count in a correlation rule (type: event_count, timespan: …)',
      field: `${path}.timeframe`,
    });
  for (const { key, place, value } of entries) {
    const search = readSearch(value, below(reading, key));
    if (search !== undefined) searches.push({ name: key, search, line: place.line });
  }
  if (entries.length === 0)
    reporter.report(map, { code: 'no-search', message: `\`${path}\` has no search identifier`, field: path });
  const condition = map.entries.find(({ key }) => key === 'condition');
  if (condition === undefined) {
    reporter.report(map, {
      code: 'no-condition',
      message: `\`${path}\` has no condition`,
      hint: 'e.g. `condition: selection`',
      field: path,
    });
    return undefined;
  }
  const names = entries.map(({ key }) => key);
  const read = readCondition(condition.value, names, below(reading, 'condition'), empty);
  if (read === undefined || reporter.failed()) return undefined;
  return { searches, condition: read.condition, conditionText: read.text, conditionLine: condition.place.line };
};
