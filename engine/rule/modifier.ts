import { MODIFIERS, type Modifier, type RuleValue } from './document.ts';
import { distance } from './likeness.ts';

/** Names pySigma and older rules use for the same modifiers. */
const ALIASES: ReadonlyMap<string, Modifier> = new Map([
  ['ignorecase', 'i'],
  ['multiline', 'm'],
  ['dotall', 's'],
]);

const KNOWN: ReadonlyMap<string, Modifier> = new Map([
  ...MODIFIERS.map((name) => [name, name] as const),
  ...ALIASES.entries(),
]);

/** How an item compares; an item has at most one, except that `fieldref` and the parts of a date join with some. */
const STRING_MATCH: readonly Modifier[] = ['contains', 'startswith', 'endswith'];
const COMPARE: readonly Modifier[] = ['gt', 'gte', 'lt', 'lte'];
/** Parts of a date: they take a number, alone or with a comparison. */
export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];
const UTF16: readonly Modifier[] = ['utf16', 'utf16le', 'utf16be', 'wide'];
const BASE64: readonly Modifier[] = ['base64', 'base64offset'];
const FLAGS: readonly Modifier[] = ['i', 'm', 's'];

/** What is wrong with the modifiers of an item, in one sentence, and what to write instead. */
export interface ModifierFault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Reads the part of a key behind the field: `['re', 'i']`. Case does not matter (as in sigma-rust).
 *
 * @returns the modifiers, or the first name that is none
 */
export const readModifiers = (
  names: readonly string[],
): { readonly modifiers: readonly Modifier[] } | { readonly unknown: string } => {
  const modifiers: Modifier[] = [];
  for (const name of names) {
    const modifier = KNOWN.get(name.toLowerCase());
    if (modifier === undefined) return { unknown: name };
    if (!modifiers.includes(modifier)) modifiers.push(modifier);
  }
  return { modifiers };
};

/** The known modifier nearest to a misspelt one, if one is near. */
export const nearestModifier = (name: string): string | undefined => {
  const lower = name.toLowerCase();
  const near = [...KNOWN.keys()]
    .filter((known) => known.length > 2)
    .map((known) => ({ known, away: distance(lower.slice(0, 32), known) }))
    .sort((a, b) => a.away - b.away)[0];
  return near !== undefined && near.away <= 2 ? near.known : undefined;
};

const bars = (names: readonly string[]): string => names.map((name) => `|${name}`).join(' and ');

/** Groups of which an item may have one member only, and why. */
const EXCLUSIVE: readonly { readonly names: readonly Modifier[]; readonly why: string }[] = [
  { names: UTF16, why: 'a value has one encoding' },
  { names: BASE64, why: 'a value is base64-encoded once' },
  { names: COMPARE, why: 'write a range as two entries' },
  { names: TIME_PARTS, why: 'write each part of the date as its own entry' },
];

/** Pairs that mean nothing together. */
const joins = (modifiers: readonly Modifier[]): ModifierFault | undefined => {
  const has = (name: Modifier): boolean => modifiers.includes(name);
  const some = (names: readonly Modifier[]): readonly Modifier[] => names.filter(has);
  const clash = (names: readonly Modifier[], hint: string): ModifierFault => ({
    code: 'modifier-conflict',
    message: `${bars(names)} cannot be joined`,
    hint,
  });
  for (const { names, why } of EXCLUSIVE) if (some(names).length > 1) return clash(some(names), why);
  const matchers = [
    ...some(STRING_MATCH),
    ...some(['re', 'cidr', 'exists']),
    ...some(COMPARE),
    ...(some(COMPARE).length > 0 ? [] : some(TIME_PARTS)),
  ];
  if (matchers.length > 1) {
    const anchored = has('re') && some(STRING_MATCH).length > 0;
    return clash(
      matchers,
      anchored
        ? '`re` searches anywhere in the value: anchor it with ^ or $'
        : 'write two entries with one comparison each',
    );
  }
  if (has('fieldref') && some(['re', 'cidr', 'exists', ...COMPARE, ...TIME_PARTS]).length > 0)
    return clash(
      ['fieldref', ...some(['re', 'cidr', 'exists', ...COMPARE, ...TIME_PARTS])],
      '`fieldref` compares with the value of another field: alone, or with contains, startswith, endswith, cased, neq',
    );
  const changes = some(['windash', ...UTF16, ...BASE64]);
  const fixed = some(['re', 'cidr', 'exists', 'fieldref', ...COMPARE, ...TIME_PARTS]);
  if (changes.length > 0 && fixed.length > 0)
    return clash([...fixed, ...changes], 'changes of the value apply to strings only');
  if (has('exists') && some(['all', 'neq', 'cased', 'expand']).length > 0)
    return clash(
      ['exists', ...some(['all', 'neq', 'cased', 'expand'])],
      '`exists` takes true or false and nothing else',
    );
  if (!has('re') && some(FLAGS).length > 0)
    return clash(some(FLAGS), 'flags belong to `re`; other values ignore case unless `cased` is there');
  if (has('cased') && has('i')) return clash(['cased', 'i'], 'one asks for case, the other to ignore it');
  if (has('expand') && some([...COMPARE, ...TIME_PARTS]).length > 0)
    return clash(['expand', ...some([...COMPARE, ...TIME_PARTS])], 'a list holds text, a comparison needs one number');
  return undefined;
};

/**
 * Checks the modifiers of an item against each other and against its values (Sigma modifiers appendix v2.1, pySigma's
 * and rsigma's prohibitions).
 */
export const modifierFault = (
  modifiers: readonly Modifier[],
  values: readonly RuleValue[],
): ModifierFault | undefined => {
  const joined = joins(modifiers);
  if (joined !== undefined) return joined;
  const has = (name: Modifier): boolean => modifiers.includes(name);
  const comparing = COMPARE.some(has);
  if (has('all') && values.length === 1 && typeof values[0] === 'string')
    return {
      code: 'all-needs-values',
      message: '|all needs more than one value',
      hint: 'drop |all: one value must be there anyhow',
    };
  if (has('exists') && (values.length !== 1 || typeof values[0] !== 'boolean'))
    return {
      code: 'value-type',
      message: '|exists needs true or false',
      hint: 'write `true` or `false` without quotes',
    };
  if (TIME_PARTS.some(has) && values.some((value) => typeof value !== 'number' && !/^\d+$/.test(String(value))))
    return { code: 'value-type', message: `${bars(TIME_PARTS.filter(has))} needs a number`, hint: 'e.g. `3`' };
  if (comparing && values.some((value) => typeof value === 'boolean'))
    return { code: 'value-type', message: 'a comparison needs a number or text', hint: 'e.g. `10`' };
  const plain = modifiers.every(
    (name) => name === 'neq' || name === 'all' || name === 'cased' || COMPARE.includes(name),
  );
  if (!plain && values.some((value) => value === null))
    return {
      code: 'value-type',
      message: 'null takes no modifier but neq',
      hint: 'write `field: null` as its own entry',
    };
  return undefined;
};
