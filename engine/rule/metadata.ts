import type { LogSource } from './document.ts';
import { entryOf, type Located, type LocatedEntry, type LocatedMap } from './located.ts';
import type { Reporter } from './problems.ts';
import { LEVELS, type Level } from './rule.ts';

/** Statuses of the Sigma specification. */
const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
const RELATIONS = ['derived', 'obsolete', 'merged', 'renamed', 'similar', 'correlation'];
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const DATE = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/;

/** An optional entry with a value: `key:` with nothing behind it is as good as absent. */
export const given = (map: LocatedMap, key: string): LocatedEntry | undefined => {
  const entry = entryOf(map, key);
  return entry?.value.kind === 'scalar' && entry.value.value === null ? undefined : entry;
};

/** A text, or a problem where the entry holds something else or nothing. */
const readText = (map: LocatedMap, key: string, { report }: Reporter): string | undefined => {
  const entry = given(map, key);
  if (entry === undefined) return undefined;
  const { value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'string') {
    if (value.value.trim() !== '') return value.value;
    report(value, { code: 'empty-value', message: `\`${key}\` is empty`, field: key });
  } else
    report(value, {
      code: 'value-type',
      message: `\`${key}\` must be text, found ${value.kind === 'scalar' ? String(value.value) : `a ${value.kind}`}`,
      field: key,
      ...(value.kind === 'scalar' ? { hint: `write '${value.text}'` } : {}),
    });
  return undefined;
};

/** A list of texts; numbers and booleans are taken as they are written. */
export const readTexts = (map: LocatedMap, key: string, { report }: Reporter): readonly string[] => {
  const entry = given(map, key);
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    report(entry.value, {
      code: 'value-type',
      message: `\`${key}\` must be a list`,
      hint: 'put `- ` in front of the value',
      field: key,
    });
    return [];
  }
  return entry.value.items.flatMap((item) => {
    if (item.kind === 'scalar' && item.value !== null) return [item.text];
    report(item, { code: 'value-type', message: `\`${key}\` must be a list of texts`, field: key });
    return [];
  });
};

/** One of some words. */
export const readChoice = <T extends string>(
  map: LocatedMap,
  key: string,
  choices: readonly T[],
  { report }: Reporter,
): T | undefined => {
  const entry = given(map, key);
  if (entry === undefined) return undefined;
  const { value } = entry;
  const choice = value.kind === 'scalar' ? choices.find((each) => each === value.value) : undefined;
  if (choice === undefined)
    report(value, {
      code: `invalid-${key}`,
      message: `${value.kind === 'scalar' ? `'${value.text}'` : `a ${value.kind}`} is no ${key}`,
      hint: `one of ${choices.join(', ')}`,
      field: key,
    });
  return choice;
};

/** A date as `YYYY-MM-DD`; the older `YYYY/MM/DD` is read, too. */
const readDate = (map: LocatedMap, key: string, reporter: Reporter): string | undefined => {
  const text = readText(map, key, reporter);
  if (text === undefined) return undefined;
  const [, year = '', month = '', day = ''] = DATE.exec(text) ?? [];
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const moment = Date.parse(`${iso}T00:00:00Z`);
  if (year !== '' && !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(iso)) return iso;
  reporter.report(entryOf(map, key)?.value ?? map, {
    code: 'invalid-date',
    message: `'${text}' is no date`,
    hint: 'write YYYY-MM-DD',
    field: key,
  });
  return undefined;
};

const checkId = (map: LocatedMap, id: string | undefined, { report }: Reporter): void => {
  if (id !== undefined && !UUID.test(id))
    report(entryOf(map, 'id')?.value ?? map, {
      severity: 'warning',
      code: 'id-not-uuid',
      message: `the id '${id}' is no UUID`,
      hint: 'ids are random UUIDs (version 4), made once and never reused',
      field: 'id',
    });
};

const checkRelated = (map: LocatedMap, { report }: Reporter): void => {
  const entry = given(map, 'related');
  if (entry === undefined) return;
  const complain = (at: Located, message: string, hint?: string, severity: 'error' | 'warning' = 'error'): void =>
    report(at, {
      severity,
      code: 'invalid-related',
      message,
      field: 'related',
      ...(hint === undefined ? {} : { hint }),
    });
  if (entry.value.kind !== 'list') {
    complain(entry.value, '`related` must be a list of `id` and `type`');
    return;
  }
  for (const item of entry.value.items) {
    const id = entryOf(item, 'id')?.value;
    const type = entryOf(item, 'type')?.value;
    if (id?.kind !== 'scalar' || typeof id.value !== 'string' || !UUID.test(id.value))
      complain(id ?? item, 'an entry of `related` needs the UUID of a rule as `id`');
    if (type?.kind !== 'scalar' || typeof type.value !== 'string')
      complain(type ?? item, 'an entry of `related` needs a `type`');
    // Written so in many rules of SigmaHQ up to 2024.
    else if (type.value === 'obsoletes') complain(type, "'obsoletes' is no relation", "write 'obsolete'", 'warning');
    else if (!RELATIONS.includes(type.value))
      complain(type, `'${type.value}' is no relation`, `one of ${RELATIONS.join(', ')}`);
  }
};

/** Reads `logsource:`; it must be there, and may be empty (then nothing says that the rule is about CloudTrail). */
export const readLogSource = (map: LocatedMap, reporter: Reporter, needed: boolean): LogSource => {
  const entry = entryOf(map, 'logsource');
  if (entry === undefined) {
    if (needed)
      reporter.report(map, {
        code: 'no-logsource',
        message: 'the rule has no `logsource`',
        hint: 'product: aws, service: cloudtrail',
      });
    return {};
  }
  const { value } = entry;
  if (value.kind === 'scalar' && value.value === null) return {};
  if (value.kind !== 'map') {
    reporter.report(value, { code: 'value-type', message: '`logsource` must be a map', field: 'logsource' });
    return {};
  }
  const part = (key: 'product' | 'service' | 'category'): LogSource => {
    const text = readText(value, key, reporter);
    return text === undefined ? {} : { [key]: text };
  };
  return { ...part('product'), ...part('service'), ...part('category') };
};

/** What a rule says about itself. */
export interface Metadata {
  readonly title: string;
  readonly id?: string;
  readonly name?: string;
  readonly level?: Level;
  readonly status?: string;
  readonly description?: string;
  readonly author?: string;
  readonly date?: string;
  readonly modified?: string;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  readonly fields: readonly string[];
  readonly runbook?: string;
}

/**
 * Reads the keys that describe a rule and checks their types (rules specification v2.1; pySigma's errors). An id that is
 * no UUID is a warning: many rule sets number theirs.
 */
export const readMetadata = (map: LocatedMap, reporter: Reporter): Metadata => {
  const text = (key: string): string | undefined => readText(map, key, reporter);
  const title = text('title');
  if (title === undefined && given(map, 'title') === undefined)
    reporter.report(map, { code: 'no-title', message: 'the rule has no `title`', field: 'title' });
  for (const key of ['taxonomy', 'license']) text(key);
  readTexts(map, 'scope', reporter);
  checkRelated(map, reporter);
  const found = {
    id: text('id'),
    name: text('name'),
    level: readChoice(map, 'level', LEVELS, reporter),
    status: readChoice(map, 'status', STATUSES, reporter),
    description: text('description'),
    author: text('author'),
    date: readDate(map, 'date', reporter),
    modified: readDate(map, 'modified', reporter),
    runbook: text('runbook'),
  };
  checkId(map, found.id, reporter);
  const { id, name, level, status, description, author, date, modified, runbook } = found;
  return {
    title: title ?? '',
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(level === undefined ? {} : { level }),
    ...(status === undefined ? {} : { status }),
    ...(description === undefined ? {} : { description }),
    ...(author === undefined ? {} : { author }),
    ...(date === undefined ? {} : { date }),
    ...(modified === undefined ? {} : { modified }),
    ...(runbook === undefined ? {} : { runbook }),
    tags: readTexts(map, 'tags', reporter),
    references: readTexts(map, 'references', reporter),
    falsepositives: readTexts(map, 'falsepositives', reporter),
    fields: readTexts(map, 'fields', reporter),
  };
};
