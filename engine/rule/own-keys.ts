import { isJsonObject } from '../record/json.ts';
import { entryOf, type Located, type LocatedMap, plainOf } from './located.ts';
import { given, readChoice, readTexts } from './metadata.ts';
import type { Reporter } from './problems.ts';
import type { AlertSettings, RuleTest } from './rule.ts';

const SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400 };

const readSuppress = (map: LocatedMap, reporter: Reporter): number | undefined => {
  const entry = given(map, 'suppress');
  if (entry === undefined) return undefined;
  const [, amount = '', unit = ''] =
    /^([1-9]\d{0,5})([smhd])$/.exec(entry.value.kind === 'scalar' ? entry.value.text : '') ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? 0);
  if (seconds > 0) return seconds;
  reporter.report(entry.value, {
    code: 'invalid-suppress',
    message: '`alert.suppress` must be a time',
    hint: 'a number and one of s, m, h, d: `1h`',
    field: 'alert.suppress',
  });
  return undefined;
};

/** Reads our own key `alert:` (how matches become findings). */
export const readAlert = (map: LocatedMap, reporter: Reporter): AlertSettings => {
  const entry = given(map, 'alert');
  if (entry === undefined) return { groupBy: [], mode: 'publish' };
  const { value } = entry;
  if (value.kind !== 'map') {
    reporter.report(value, { code: 'value-type', message: '`alert` must be a map', field: 'alert' });
    return { groupBy: [], mode: 'publish' };
  }
  for (const { key, place } of value.entries)
    if (!['group_by', 'suppress', 'mode'].includes(key))
      reporter.report(place, {
        code: 'unknown-key',
        message: `\`alert\` has no '${key}'`,
        hint: 'group_by, suppress or mode',
        field: `alert.${key}`,
      });
  const suppressSeconds = readSuppress(value, reporter);
  const mode = readChoice(value, 'mode', ['publish', 'shadow'], reporter) ?? 'publish';
  return {
    groupBy: readTexts(value, 'group_by', reporter),
    ...(suppressSeconds === undefined ? {} : { suppressSeconds }),
    mode,
  };
};

const readTest = (item: Located, index: number, { report }: Reporter): readonly RuleTest[] => {
  const field = `tests[${index}]`;
  const name = entryOf(item, 'name')?.value;
  const match = entryOf(item, 'match')?.value;
  const record = entryOf(item, 'record')?.value;
  const complain = (message: string, at: Located | undefined): readonly RuleTest[] => {
    report(at ?? item, { code: 'invalid-test', message, hint: 'name, match (true or false) and record', field });
    return [];
  };
  if (item.kind !== 'map') return complain('a test must be a map', item);
  if (name?.kind !== 'scalar' || typeof name.value !== 'string') return complain('a test needs a `name`', name);
  if (match?.kind !== 'scalar' || typeof match.value !== 'boolean')
    return complain('`match` must be true or false', match);
  const plain = record === undefined ? undefined : plainOf(record);
  if (!isJsonObject(plain)) return complain('`record` must be a map', record);
  return [{ name: name.value, match: match.value, record: plain, line: item.line }];
};

/** Reads our own key `tests:` (records and whether the rule matches them). */
export const readTests = (map: LocatedMap, reporter: Reporter): readonly RuleTest[] => {
  const entry = given(map, 'tests');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    reporter.report(entry.value, { code: 'value-type', message: '`tests` must be a list', field: 'tests' });
    return [];
  }
  return entry.value.items.flatMap((item, index) => readTest(item, index, reporter));
};
