import { parseCondition } from './condition.ts';
import type { Condition, Detection, Item, NamedSearch, RuleValue, Search } from './document.ts';
import { compileItem } from './item.ts';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from './located.ts';
import { modifierFault, nearestModifier, readModifiers } from './modifier.ts';
import type { Reporter } from './problems.ts';

/** What `all of x*` that names nothing is; see ReadOptions. */
export type EmptyPattern = 'refuse' | 'holds';

/** Digits that are an account: YAML makes a number of them and drops the zero in front. */
const ACCOUNT = /^\d{12}$/;
/** Any selector of SEP #212, also those not evaluated here. */
const SELECTOR = /\[(?:-?\d+|any|all|all_or_empty|none)\]/;
const ELEMENT = /^(.+)\[(any|all|all_or_empty|none)\]$/;

/** A detection that is being read: where problems go, and the path to where it stands. */
interface Reading {
  readonly reporter: Reporter;
  readonly path: string;
}

const below = ({ reporter, path }: Reading, step: string): Reading => ({ reporter, path: `${path}.${step}` });

/** Tries an item without its lists, so that every value that needs none is checked while there are line numbers. */
const checkItem = (item: Item, place: LocatedScalar | LocatedEntry['place'], { reporter, path }: Reading): boolean => {
  const compiled = compileItem(item, {});
  if (compiled.kind !== 'fault') return true;
  const { code, message, hint } = compiled;
  reporter.report(place, { code, message, field: path, ...(hint === undefined ? {} : { hint }) });
  return false;
};

/** The values of an item, or undefined where one is not a scalar. */
const readValues = (value: Located, reading: Reading): readonly LocatedScalar[] | undefined => {
  const { reporter, path } = reading;
  if (value.kind === 'scalar') return [value];
  if (value.kind === 'map') {
    reporter.report(value, {
      code: 'value-type',
      message: 'a field has a value or a list of values, not a map',
      hint: 'write the nested field with dots (`userIdentity.type`), or `field[any]:` for one element of an array',
      field: path,
    });
    return undefined;
  }
  if (value.items.length === 0) {
    reporter.report(value, {
      code: 'empty-list',
      message: 'the list of values is empty: nothing can match',
      field: path,
    });
    return undefined;
  }
  const scalars = value.items.filter((each) => each.kind === 'scalar');
  if (scalars.length === value.items.length) {
    const nothing = scalars.length > 1 ? scalars.find((each) => each.value === null) : undefined;
    if (nothing === undefined) return scalars;
    reporter.report(nothing, {
      code: 'null-in-list',
      message: 'null cannot stand in a list of values',
      hint: 'make two searches, one with `field: null`, and join them with `or` in the condition',
      field: path,
    });
    return undefined;
  }
  const odd = value.items.find((each) => each.kind !== 'scalar') ?? value;
  reporter.report(odd, { code: 'value-type', message: `a list of values holds a ${odd.kind}`, field: path });
  return undefined;
};

const checkAccounts = (scalars: readonly LocatedScalar[], item: Item, { reporter, path }: Reading): boolean => {
  if (item.modifiers.some((name) => ['gt', 'gte', 'lt', 'lte'].includes(name))) return true;
  const bare = scalars.filter(({ value, text, quoted }) => !quoted && ACCOUNT.test(text) && typeof value !== 'string');
  for (const scalar of bare)
    reporter.report(scalar, {
      code: 'unquoted-account-id',
      message: `the account id ${scalar.text} is a number to YAML, which loses zeros in front`,
      hint: `write '${scalar.text}'`,
      field: path,
    });
  return bare.length === 0;
};

const readItem = (
  field: string | null,
  names: readonly string[],
  entry: LocatedEntry,
  reading: Reading,
): Item | undefined => {
  const { reporter, path } = reading;
  const read = readModifiers(names);
  if ('unknown' in read) {
    const near = nearestModifier(read.unknown);
    reporter.report(entry.place, {
      code: 'unknown-modifier',
      message: `'${read.unknown}' is no modifier of Sigma v2.1`,
      field: path,
      ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
    });
    return undefined;
  }
  const scalars = readValues(entry.value, reading);
  if (scalars === undefined) return undefined;
  const values = scalars.map(({ value }) => value);
  const item: Item = { kind: 'item', field, modifiers: read.modifiers, values, key: entry.key, line: entry.place.line };
  const fault = modifierFault(read.modifiers, values, entry.value.kind === 'list') ?? keywordFault(item);
  if (fault !== undefined) {
    reporter.report(entry.place, { ...fault, field: path });
    return undefined;
  }
  const place = scalars[0] ?? entry.place;
  return checkAccounts(scalars, item, reading) && checkItem(item, place, reading) ? item : undefined;
};

/** Keywords are looked for in every value: presence, order and other fields have no meaning there. */
const keywordFault = ({ field, modifiers, values }: Item) => {
  if (field !== null) return undefined;
  const odd = modifiers.find((name) =>
    ['exists', 'fieldref', 'cidr', 'gt', 'gte', 'lt', 'lte', 'minute', 'hour', 'day', 'week', 'month', 'year'].includes(
      name,
    ),
  );
  if (odd !== undefined)
    return { code: 'keyword-modifier', message: `|${odd} needs a field`, hint: `write \`field|${odd}: …\`` };
  return values.some((value) => value === null || value === '')
    ? { code: 'keyword-empty', message: 'an empty keyword would be found in every record' }
    : undefined;
};

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

const keywordsOf = (scalars: readonly LocatedScalar[], reading: Reading): Item | undefined => {
  const [first] = scalars;
  if (first === undefined) return undefined;
  const values: readonly RuleValue[] = scalars.map(({ value }) => value);
  const item: Item = { kind: 'item', field: null, modifiers: [], values, key: '', line: first.line };
  const fault = keywordFault(item);
  if (fault !== undefined) reading.reporter.report(first, { ...fault, field: reading.path });
  return fault === undefined && checkItem(item, first, reading) ? item : undefined;
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
  const entries = map.entries.filter(({ key }) => key !== 'condition' && !others.includes(key));
  const searches: NamedSearch[] = [];
  for (const { key, place, value } of entries) {
    if (key === 'timeframe') {
      reporter.report(place, {
        code: 'timeframe',
        message: '`timeframe` belongs to aggregations, which Sigma 2.0 removed',
        hint: 'count in a correlation rule (type: event_count, timespan: …)',
        field: `${path}.${key}`,
      });
      continue;
    }
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
