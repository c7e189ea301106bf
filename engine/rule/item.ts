import { type Network, readNetwork } from './cidr.ts';
import type { Item, Modifier, RuleValue } from './document.ts';
import { encodings, isCharByChar, isEncoded } from './encoding.ts';
import { TIME_PARTS, type TimePart } from './modifier.ts';
import { type Path, readPath } from './path.ts';
import {
  compilePattern,
  dashVariants,
  hasWildcard,
  literalTokens,
  MOST_DASHES,
  type Pattern,
  type PatternOptions,
  readTokens,
  type Tokens,
} from './pattern.ts';
import { fillIn } from './placeholder.ts';
import { compileRegex, type Found } from './regex.ts';
import { requiredLiteral } from './required.ts';
import type { Lists } from './rule.ts';
import { fold, textOf, writtenNumber } from './value.ts';

export type Order = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';
type Reference = 'equals' | 'contains' | 'startswith' | 'endswith';

/** What one value of an item asks of a field. `shown` is for people. */
export type Test = { readonly shown: string } & (
  | { readonly kind: 'text'; readonly patterns: readonly Pattern[]; readonly number?: number }
  | {
      readonly kind: 'regex';
      readonly found: readonly Found[];
      /** One of these is in every text that matches, in lower case; an empty one says nothing. */
      readonly required: readonly string[];
      readonly ignoresCase: boolean;
    }
  | { readonly kind: 'cidr'; readonly networks: readonly Network[] }
  | { readonly kind: 'null' }
  | { readonly kind: 'never' }
  | { readonly kind: 'exists'; readonly want: boolean }
  | { readonly kind: 'compare'; readonly order: Order; readonly than: number | string }
  | { readonly kind: 'time'; readonly part: TimePart; readonly order: Order; readonly than: number }
  | { readonly kind: 'fieldref'; readonly path: Path; readonly how: Reference; readonly cased: boolean }
);

/** An item ready to be tried on records. */
export interface CompiledItem {
  readonly kind: 'item';
  /** Equal for items that hold on the same records, whatever rule they stand in. */
  readonly id: string;
  /** As written in the rule. */
  readonly key: string;
  /** The field as written; null: keywords. */
  readonly field: string | null;
  /** The field cut at its dots; null: keywords. */
  readonly path: Path | null;
  readonly tests: readonly Test[];
  /** Whether every test must hold (`all`) or one is enough. */
  readonly all: boolean;
  /** `neq`: the item holds where the tests do not. */
  readonly negated: boolean;
}

/** An item that cannot be honoured, and what to write instead. */
export interface ItemFault {
  readonly kind: 'fault';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}
export interface MissingLists {
  readonly kind: 'missing';
  readonly lists: readonly string[];
}

/** Characters a value may have: the longest in SigmaHQ's rules has 600. */
const MOST_VALUE = 8192;

const fault = (code: string, message: string, hint?: string): ItemFault => ({
  kind: 'fault',
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

const STRING_ORDER: readonly Modifier[] = ['gt', 'gte', 'lt', 'lte'];
const orderOf = (modifiers: readonly Modifier[]): Order | undefined =>
  STRING_ORDER.flatMap((name): Order[] =>
    modifiers.includes(name) && (name === 'gt' || name === 'gte' || name === 'lt' || name === 'lte') ? [name] : [],
  )[0];

const referenceOf = (modifiers: readonly Modifier[]): Reference => {
  if (modifiers.includes('contains')) return 'contains';
  if (modifiers.includes('startswith')) return 'startswith';
  return modifiers.includes('endswith') ? 'endswith' : 'equals';
};

/** Tokens of a string value, or of what it encodes to. */
const tokensOf = (text: string, modifiers: readonly Modifier[]): readonly Tokens[] | ItemFault => {
  const tokens = readTokens(text);
  if (!isEncoded(modifiers)) return [tokens];
  if (hasWildcard(tokens) && isCharByChar(modifiers))
    return [tokens.map((token) => (typeof token === 'string' ? encodings(token, modifiers).join('') : token))];
  if (hasWildcard(tokens))
    return fault(
      'encoded-wildcard',
      `'${text}' has a wildcard, which has no encoding`,
      'escape it (`\\*`) or split the value',
    );
  const plain = tokens.join('');
  if (!modifiers.includes('windash')) return encodings(plain, modifiers).map(literalTokens);
  if (plain.split('-').length + plain.split('/').length - 2 > MOST_DASHES)
    return fault('too-many-dashes', `'${text}' has more than ${MOST_DASHES} dashes to vary before it is encoded`);
  return dashVariants(plain).flatMap((variant) => encodings(variant, modifiers).map(literalTokens));
};

const textTest = (texts: readonly string[], value: RuleValue, item: Item): Test | ItemFault => {
  const { modifiers } = item;
  const has = (name: Modifier): boolean => modifiers.includes(name);
  const anywhere = has('contains') || (item.field === null && !has('startswith') && !has('endswith'));
  const options: PatternOptions = {
    cased: has('cased'),
    windash: has('windash') && !isEncoded(modifiers),
    before: anywhere || has('endswith'),
    behind: anywhere || has('startswith'),
  };
  const patterns: Pattern[] = [];
  for (const text of texts) {
    const tokens = tokensOf(text, modifiers);
    if ('kind' in tokens) return tokens;
    patterns.push(...tokens.map((each) => compilePattern(each, options)));
  }
  const plain = options.before !== true && options.behind !== true && !isEncoded(modifiers);
  const number = plain && value !== null && texts.length === 1 ? writtenNumber(textOf(value)) : undefined;
  const shown = patterns.map((pattern) => pattern.shown).join(' or ');
  return { kind: 'text', shown, patterns, ...(number === undefined ? {} : { number }) };
};

/** What most values ask: that the field has this text, or, with wildcards, one like it. */
const valueTest = (text: string): Test => {
  const pattern = compilePattern(readTokens(text));
  const number = writtenNumber(text);
  const { shown } = pattern;
  return { kind: 'text', shown, patterns: [pattern], ...(number === undefined ? {} : { number }) };
};

const compareTest = (value: RuleValue, order: Order): Test => {
  const shown = `${order} ${value === null ? 'null' : String(value)}`;
  if (value === null) return order === 'gte' || order === 'lte' ? { kind: 'null', shown } : { kind: 'never', shown };
  const text = textOf(value);
  return {
    kind: 'compare',
    shown,
    order,
    than: writtenNumber(text) ?? (typeof value === 'number' ? value : fold(text)),
  };
};

const regexTest = (texts: readonly string[], modifiers: readonly Modifier[]): Test | ItemFault => {
  const flags = { i: modifiers.includes('i'), m: modifiers.includes('m'), s: modifiers.includes('s') };
  const found: Found[] = [];
  for (const text of texts) {
    const regex = compileRegex(text, flags);
    if ('fault' in regex)
      return fault(
        'invalid-regex',
        `the regular expression '${text}' is refused: ${regex.fault}`,
        'expressions are RE2: no look-around, no back-references',
      );
    found.push(regex.found);
  }
  const set = `${flags.i ? 'i' : ''}${flags.m ? 'm' : ''}${flags.s ? 's' : ''}`;
  return {
    kind: 'regex',
    shown: texts.map((text) => `/${text}/${set}`).join(' or '),
    found,
    required: texts.map(requiredLiteral),
    ignoresCase: flags.i,
  };
};

const cidrTest = (texts: readonly string[]): Test | ItemFault => {
  const networks: Network[] = [];
  for (const text of texts) {
    const network = readNetwork(text);
    if (network === undefined)
      return fault('invalid-cidr', `'${text}' is no network`, 'write an address, a slash and a prefix: 10.0.0.0/8');
    networks.push(network);
  }
  return { kind: 'cidr', shown: texts.join(' or '), networks };
};

/** The test one value of an item makes. */
const testOf = (value: RuleValue, item: Item, lists: Lists): Test | ItemFault | MissingLists => {
  const { modifiers } = item;
  const has = (name: Modifier): boolean => modifiers.includes(name);
  const shown = value === null ? 'null' : textOf(value);
  if (shown.length > MOST_VALUE) return fault('value-too-long', `a value has more than ${MOST_VALUE} characters`);
  if (modifiers.length === 0 && value !== null && item.field !== null) return valueTest(shown);
  if (has('exists')) return { kind: 'exists', want: value === true, shown: value === true ? 'present' : 'absent' };
  const part = TIME_PARTS.find(has);
  const order = orderOf(modifiers);
  if (part !== undefined)
    return {
      kind: 'time',
      part,
      order: order ?? 'eq',
      than: Number(value),
      shown: `${part} ${order ?? 'eq'} ${shown}`,
    };
  if (order !== undefined) return compareTest(value, order);
  if (value === null) return { kind: 'null', shown };
  const texts = has('expand') ? fillIn(shown, lists) : [shown];
  if ('missing' in texts) return { kind: 'missing', lists: texts.missing };
  if ('texts' in texts) return fault('too-many-values', `'${shown}' stands for ${texts.texts} texts, more than 10,000`);
  if (has('fieldref'))
    return {
      kind: 'fieldref',
      path: readPath(shown),
      how: referenceOf(modifiers),
      cased: has('cased'),
      shown: `the value of ${shown}`,
    };
  if (has('re')) return regexTest(texts, modifiers);
  return has('cidr') ? cidrTest(texts) : textTest(texts, value, item);
};

/** What an item asks, as a text: equal for items that ask the same (lists left out). */
export const itemId = ({ field, modifiers, values }: Item): string => JSON.stringify([field, modifiers, values]);

/**
 * Compiles an item: everything that can be wrong about it is found here, so that matching cannot fail.
 *
 * @param lists values for `|expand`
 * @param asked the item's `itemId`, where it is known already
 * @returns the item, the first reason it cannot be honoured, or the lists it lacks
 */
export const compileItem = (
  item: Item,
  lists: Lists,
  asked = itemId(item),
): CompiledItem | ItemFault | MissingLists => {
  const tests: Test[] = [];
  const missing = new Set<string>();
  for (const value of item.values) {
    const test = testOf(value, item, lists);
    if (test.kind === 'fault') return test;
    if (test.kind === 'missing') for (const name of test.lists) missing.add(name);
    else tests.push(test);
  }
  if (missing.size > 0) return { kind: 'missing', lists: [...missing] };
  const filled = item.modifiers.includes('expand') ? tests.map(({ shown }) => shown) : [];
  return {
    kind: 'item',
    id: `${asked}${filled.length === 0 ? '' : JSON.stringify(filled)}`,
    key: item.key,
    field: item.field,
    path: item.field === null ? null : readPath(item.field),
    tests,
    all: item.modifiers.includes('all'),
    negated: item.modifiers.includes('neq'),
  };
};
