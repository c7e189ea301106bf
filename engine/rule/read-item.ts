import type { Item, RuleValue } from './document.ts';
import { compileItem } from './item.ts';
import type { Located, LocatedEntry, LocatedScalar } from './located.ts';
import { modifierFault, nearestModifier, readModifiers } from './modifier.ts';
import type { Reporter } from './problems.ts';

/** A detection that is being read: where problems go, and the path to where it stands. */
export interface Reading {
  readonly reporter: Reporter;
  readonly path: string;
}

/** The same, one step further down. */
export const below = ({ reporter, path }: Reading, step: string): Reading => ({ reporter, path: `${path}.${step}` });

/** Digits that are an account: YAML makes a number of them and drops the zero in front. */
const ACCOUNT = /^\d{12}$/;

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
    if (nothing !== undefined)
      reporter.report(nothing, {
        severity: 'warning',
        code: 'null-in-list',
        message:
          'null in a list of values: here it matches an absent field or null, the specification does not allow it',
        hint: 'make two searches, one with `field: null`, and join them with `or` in the condition',
        field: path,
      });
    return scalars;
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

/** Reads one entry of a search map; undefined where it is refused, which the reporter knows. */
export const readItem = (
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
  const fault = modifierFault(read.modifiers, values) ?? keywordFault(item);
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

/** The keywords of a search: one item, any of them is enough. */
export const keywordsOf = (scalars: readonly LocatedScalar[], reading: Reading): Item | undefined => {
  const [first] = scalars;
  if (first === undefined) return undefined;
  const values: readonly RuleValue[] = scalars.map(({ value }) => value);
  const item: Item = { kind: 'item', field: null, modifiers: [], values, key: '', line: first.line };
  const fault = keywordFault(item);
  if (fault !== undefined) reading.reporter.report(first, { ...fault, field: reading.path });
  return fault === undefined && checkItem(item, first, reading) ? item : undefined;
};
