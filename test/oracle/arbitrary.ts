/** Rules and records made so that they often meet: both draw on the same few fields and words. */
import fc from 'fast-check';
import type { Value } from './evaluator.ts';

const WORDS = [
  'alpha',
  'Alpha',
  'ALPHA beta',
  'beta',
  'al*a',
  'a?pha',
  '*',
  'be\\*ta',
  'be*ta',
  'C:\\\\*',
  'C:\\Temp\\x',
  'cmd /c -x',
  '-x',
  '/x',
  ' -x',
  '',
  'true',
  'no',
  '42',
  '42.0',
  '042',
  '1.5',
  '9007199254740993',
  'évil',
  'ÉVIL',
  'ΣΑΣ',
  '🔥a',
  '10.0.0.1',
  '10.200.3.4',
  '2001:db8::1',
  '2026-11-21T03:04:05Z',
  '2026-01-01T23:59:59Z',
  '"k":"beta"',
  'userIdentity.type',
  'f',
  'line\nalpha',
] as const;

/** Strings with something inside: documents, percent-encoded ones, scripts, encodings a rule may look for. */
const HIDING = [
  '{"k":"beta","n":42,"list":["alpha",{"k":"ALPHA beta"}]}',
  ' { "k" : "beta" } ',
  '%7B%22k%22%3A%20%22alpha%22%7D',
  '[{"k":"alpha","n":1},{"k":"beta","n":2}]',
  '{"k": broken',
  '"{\\"k\\":\\"alpha\\"}"',
  Buffer.from('#!/bin/sh\ncmd /c -x alpha\n').toString('base64'),
  Buffer.from('xxalpha beta yy').toString('base64'),
  Buffer.from('alpha', 'utf16le').toString('base64'),
  Buffer.from('cmd -c /x').toString('base64'),
  Buffer.from('..alpha..', 'utf16le').toString('base64'),
];

const FIELDS = [
  'f',
  'g',
  'a.b',
  'a.b.c',
  'list',
  'list.k',
  'doc',
  'doc.k',
  'doc.list.k',
  'time',
  'ip',
  'x.y',
  '__proto__',
  'constructor.name',
];

const word = fc.constantFrom(...WORDS);
const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: fc.constantFrom(...HIDING) },
  { weight: 1, arbitrary: fc.constantFrom<Value>(42, 1.5, 0, -1, true, false, null, 1e21, 2 ** 53) },
);
const inner: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ k: scalar, n: scalar }, { requiredKeys: [] }) },
);
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ b: inner, c: inner, k: inner }, { requiredKeys: [] }) },
);

/** A record: plain, nested and dotted keys, arrays of objects, keys that objects inherit. */
export const aRecord: fc.Arbitrary<{ readonly [key: string]: Value }> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'f',
        'g',
        'a',
        'a.b',
        'list',
        'doc',
        'time',
        'ip',
        'x',
        'x.y',
        '__proto__',
        'constructor',
        'eventName',
      ),
      value,
    ),
    { maxLength: 6 },
  )
  .map((entries) => Object.fromEntries(entries));

const REGEXES = [
  'alpha',
  '^al',
  'beta$',
  'a.*a',
  '[ab]{2,3}',
  '(alpha|beta)+ ?',
  '^.$',
  '\\d+\\.\\d',
  'x{2}y?',
  'ÉVIL',
  'a\\*',
  'ph(?:a|b)',
  'C:\\\\Temp',
];
const NETWORKS = ['10.0.0.0/8', '10.0.0.0/9', '0.0.0.0/0', '10.0.0.1/32', '2001:db8::/32', '::/0', '10.0.0.1'];
const MATCHES = [
  '',
  '|contains',
  '|startswith',
  '|endswith',
  '|cased',
  '|contains|cased',
  '|windash',
  '|contains|windash',
  '|neq',
  '|contains|neq',
  '|base64offset|contains',
  '|base64|contains',
  '|wide|base64offset|contains',
  '|utf16be|base64',
  '|windash|base64offset|contains',
  '|startswith|cased',
];

const entry = (suffix: fc.Arbitrary<string>, wanted: fc.Arbitrary<Value>): fc.Arbitrary<readonly [string, Value]> =>
  fc
    .tuple(fc.constantFrom(...FIELDS), suffix, wanted)
    .map(([field, modifiers, wants]) => [`${field}${modifiers}`, wants]);

const listOrOne = <T extends Value>(one: fc.Arbitrary<T>): fc.Arbitrary<Value> =>
  fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));

/** Wildcards have no encoding: those words are for plain matching. */
const plainWord = word.filter((each) => !/[*?]/.test(each));
const wordEntry = fc
  .constantFrom(...MATCHES)
  .chain((suffix) => entry(fc.constant(suffix), listOrOne(/64|wide|utf/.test(suffix) ? plainWord : word)));
const anItem = fc.oneof(
  { weight: 8, arbitrary: wordEntry },
  { weight: 2, arbitrary: entry(fc.constant(''), fc.constantFrom<Value>(42, 1.5, true, false, null, 0)) },
  { weight: 1, arbitrary: entry(fc.constant('|neq'), fc.constantFrom<Value>(42, null)) },
  { weight: 1, arbitrary: entry(fc.constantFrom('', '|neq'), fc.constantFrom<Value>(['alpha', null], [null, 42])) },
  { weight: 1, arbitrary: entry(fc.constant('|exists'), fc.boolean()) },
  {
    weight: 2,
    arbitrary: entry(fc.constantFrom('|re', '|re|i', '|re|m|s', '|re|i|neq'), listOrOne(fc.constantFrom(...REGEXES))),
  },
  { weight: 1, arbitrary: entry(fc.constantFrom('|cidr', '|cidr|neq'), listOrOne(fc.constantFrom(...NETWORKS))) },
  {
    weight: 1,
    arbitrary: entry(
      fc.constantFrom('|gt', '|gte', '|lt', '|lte'),
      fc.constantFrom<Value>(42, 1.5, '42', 'beta', 0, '9007199254740993'),
    ),
  },
  {
    weight: 1,
    arbitrary: entry(
      fc.constantFrom('|hour', '|day', '|month', '|year', '|minute', '|week', '|week|gt', '|hour|lte'),
      fc.constantFrom<Value>(3, 21, 47, 1, 59, 2026),
    ),
  },
  {
    weight: 2,
    arbitrary: entry(
      fc.constantFrom('|fieldref', '|fieldref|contains', '|fieldref|startswith|cased', '|fieldref|endswith|neq'),
      fc.constantFrom(...FIELDS),
    ),
  },
  {
    weight: 1,
    arbitrary: entry(
      fc.constantFrom('|all', '|contains|all', '|contains|all|neq', '|endswith|all'),
      fc.array(word, { minLength: 2, maxLength: 3 }),
    ),
  },
  {
    weight: 1,
    arbitrary: entry(fc.constantFrom('|expand', '|contains|expand'), fc.constantFrom('%names%', 'x%names%', '%none%')),
  },
);

const aMap: fc.Arbitrary<Value> = fc
  .array(anItem, { minLength: 1, maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));
const keyword = word.filter((each) => each !== '' && each !== '*');
const aSearch: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: aMap },
  { weight: 2, arbitrary: fc.array(aMap, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(keyword, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(keyword, { minLength: 2, maxLength: 2 }).map((words) => ({ '|all': words })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('list', 'doc', 'doc.list', 'a'),
        fc.constantFrom('any', 'all', 'all_or_empty', 'none'),
        fc.constantFrom('alpha', 'beta'),
        fc.constantFrom<Value>(1, 2, 42),
      )
      .map(([field, how, k, n]) => ({ [`${field}[${how}]`]: { k, n } })),
  },
);

const NAMES = ['selection', 'selection_b', 'filter_main_x', '_hidden'] as const;
const term: fc.Arbitrary<string> = fc.constantFrom(
  ...NAMES,
  '1 of selection*',
  'all of sel*',
  '1 of them',
  'all of them',
  '2 of them',
  'any of *_*',
  '1 of _h*',
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    term,
    tie('condition').map((part) => `not ${part}`),
    tie('condition').map((part) => `(${part})`),
    fc.tuple(tie('condition'), fc.constantFrom('and', 'or', 'AND'), tie('condition')).map((parts) => parts.join(' ')),
  ),
}));

/** A detection rule, as the object its YAML is. */
export const aRule: fc.Arbitrary<{ readonly [key: string]: Value }> = fc
  .record({
    searches: fc.tuple(aSearch, aSearch, aSearch, aSearch),
    condition: fc.oneof(condition, fc.array(condition, { minLength: 1, maxLength: 2 })),
  })
  .map(({ searches, condition: text }) => ({
    logsource: { product: 'aws', service: 'cloudtrail' },
    detection: { ...Object.fromEntries(NAMES.map((name, at) => [name, searches[at] ?? null])), condition: text },
  }));

/** What `%names%` and `%none%` stand for. */
export const LISTS = { names: ['alpha', 'be*', 'ÉVIL'], none: [] };
