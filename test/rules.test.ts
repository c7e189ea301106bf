import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CIS_CONTROLS, TACTICS, TECHNIQUES } from '../cli/rules/attack.ts';
import { exampleLists, failedTests } from '../cli/rules/tests.ts';
import { isJsonObject, type JsonObject } from '../engine/record/json.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { Item, NamedSearch, RuleDocument, Search } from '../engine/rule/document.ts';
import { lintRules } from '../engine/rule/lint/lint.ts';
import { readPath, resolve as valuesAt } from '../engine/rule/path.ts';
import { readRules } from '../engine/rule/read.ts';

const folder = resolve(import.meta.dirname, '../rules');
const names = readdirSync(folder).filter((name) => name.endsWith('.yml'));
const files = names.map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }));
const { documents, problems } = readRules(files);

/** rules/README.md, "Key order". */
const KEYS =
  'title id related status description references author date modified tags logsource detection fields falsepositives level alert runbook tests'.split(
    ' ',
  );

const allowedTag = (tag: string): boolean => {
  const [space = '', ...rest] = tag.split('.');
  const name = rest.join('.');
  if (space === 'cis-aws') return CIS_CONTROLS.has(name);
  return space === 'attack' && (TACTICS.has(name) || TECHNIQUES.has(name));
};

const repeated = (values: readonly string[]): readonly string[] =>
  values.filter((value, at) => values.indexOf(value) !== at);

const table = documents.map((document) => ({ file: document.rule.source.file, document }));

describe('the rules as a whole', () => {
  it('every file holds one rule that loads without a problem', () => {
    expect(problems).toEqual([]);
    expect(documents.map(({ rule }) => rule.source.file).sort()).toEqual([...names].sort());
  });

  it('there is nothing to lint but that a rule is about every call', () => {
    expect(lintRules(documents).filter(({ code }) => code !== 'not-indexed')).toEqual([]);
  });

  it('ids and titles are unique', () => {
    expect(repeated(documents.map(({ rule }) => rule.id))).toEqual([]);
    expect(repeated(documents.map(({ rule }) => rule.title.toLowerCase()))).toEqual([]);
  });

  it('only rules about the own trail wait for a list', () => {
    const { unarmed } = compileRules(documents).ruleSet;
    expect(unarmed.flatMap(({ missingLists }) => missingLists).sort()).toEqual(['trail_buckets', 'trail_kms_keys']);
  });
});

describe.each(table)('$file', ({ file, document }) => {
  const { rule, tests, detection } = document;

  it('is named, ordered and described as rules/README.md says', () => {
    expect(file).toMatch(/^aws_[a-z0-9_]{6,66}\.yml$/);
    expect(document.keys).toEqual(KEYS.filter((key) => document.keys.includes(key)));
    expect(document.keys.at(-1)).toBe('tests');
    expect(rule.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(rule.description).toMatch(/^Detects /);
    expect(rule.title).not.toMatch(/^Detects|\.$/);
    expect(rule.references.length).toBeGreaterThan(0);
    expect(rule.references.filter((url) => !url.startsWith('https://') || url.includes('attack.mitre.org'))).toEqual(
      [],
    );
    expect(rule.falsepositives.length).toBeGreaterThan(0);
    expect(document.logsource).toEqual({ product: 'aws', service: 'cloudtrail' });
    if (rule.level === 'medium') expect(rule.title).toMatch(/^Potential /);
  });

  it('carries a tactic and a technique, and only tags of the list', () => {
    expect(rule.tags.filter((tag) => !allowedTag(tag))).toEqual([]);
    expect(rule.tags.some((tag) => TACTICS.has(tag.replace('attack.', '')))).toBe(true);
    expect(rule.tags.some((tag) => TECHNIQUES.has(tag.replace('attack.', '')))).toBe(true);
  });

  it('names its searches and joins them as rules/README.md says', () => {
    const odd = detection.searches.filter(({ name }) => !/^(selection(_\w+)?|filter_(main|optional)_\w+)$/.test(name));
    expect(odd.map(({ name }) => name)).toEqual([]);
    expect(detection.conditionText).not.toMatch(/\bthem\b/);
  });

  it('has tests that hold, at least one hit and one miss', () => {
    expect(failedTests(document, {}).map(({ test }) => test.name)).toEqual([]);
    expect(tests.map(({ match }) => match)).toEqual(expect.arrayContaining([true, false]));
    expect(repeated(tests.map(({ name }) => name))).toEqual([]);
  });

  it('shows every field it names in some test record', () => {
    const absent = rule.fields.filter(
      (field) => !tests.some(({ record }) => valuesAt(record, readPath(field)).present),
    );
    expect(absent).toEqual([]);
  });

  it('uses no real account, address or key in its tests', () => {
    const text = JSON.stringify(tests.map(({ record }) => record));
    const accounts = [...text.matchAll(/(?<![\d.-])\d{12}(?![\d-])/g)].map(([account]) => account);
    expect(accounts.filter((account) => !['123456789012', '210987654321'].includes(account))).toEqual([]);
    expect([...text.matchAll(/A(?:KI|SI)A[A-Z0-9]{12,}/g)].filter(([key]) => !key.endsWith('EXAMPLE'))).toEqual([]);
  });

  it('has a test for every field and every listed value', () => {
    expect(survivors(document)).toEqual([]);
  });
});

/** Holds on no record: what is left of a search whose last entry was dropped. */
const NEVER: Item = {
  kind: 'item',
  field: 'eventID',
  modifiers: [],
  values: ['no such event'],
  key: 'eventID',
  line: 0,
};

interface Mutant {
  readonly what: string;
  readonly search: Search;
}

const without = <T>(list: readonly T[], at: number): readonly T[] => list.filter((_, index) => index !== at);

const changed = (search: Search): readonly Mutant[] => {
  if (search.kind === 'element')
    return mutants(search.body).map(({ what, search: body }) => ({
      what: `${search.key} › ${what}`,
      search: { ...search, body },
    }));
  if (search.kind !== 'item') return mutants(search);
  if (search.values.length < 2) return [];
  return search.values.map((value, at) => ({
    what: `${search.key} without '${value}'`,
    search: { ...search, values: without(search.values, at) },
  }));
};

/** The search with one field, one alternative or one listed value less. */
const mutants = (search: Search): readonly Mutant[] => {
  const whole = search.kind === 'all' || search.kind === 'any' ? search : { kind: 'all' as const, parts: [search] };
  return whole.parts.flatMap((part, at): readonly Mutant[] => {
    const left = without(whole.parts, at);
    const key = part.kind === 'item' || part.kind === 'element' ? part.key : `alternative ${at + 1}`;
    const dropped: Search = left.length === 0 ? NEVER : { ...whole, parts: left };
    const others = changed(part).map(({ what, search: next }) => ({
      what,
      search: { ...whole, parts: whole.parts.map((each, index) => (index === at ? next : each)) },
    }));
    return [{ what: `without ${key}`, search: dropped }, ...others];
  });
};

const withSearch = (document: RuleDocument, changedSearch: NamedSearch): RuleDocument => ({
  ...document,
  detection: {
    ...document.detection,
    searches: document.detection.searches.map((search) =>
      search.name === changedSearch.name ? changedSearch : search,
    ),
  },
});

/** Changes of a rule that none of its tests notices. */
const survivors = (document: RuleDocument): readonly string[] => {
  const lists = exampleLists(document);
  return document.detection.searches.flatMap((named) =>
    mutants(named.search)
      .filter(({ search }) => failedTests(withSearch(document, { ...named, search }), lists).length === 0)
      .map(({ what }) => `${named.name}: ${what}`),
  );
};

const attack = resolve(import.meta.dirname, '../../shared/data/attack');

/** Real detonations name their tool in every user agent: another agent shows what the rules find without it. */
const detonation = (technique: string): readonly string[] => {
  const json: unknown = JSON.parse(readFileSync(join(attack, 'stratus', `${technique}.json`), 'utf8'));
  const records = Array.isArray(json)
    ? json
    : isJsonObject(json) && Array.isArray(json['Records'])
      ? json['Records']
      : [];
  const { ruleSet } = compileRules(documents);
  return records.flatMap((record: unknown) =>
    isJsonObject(record)
      ? ruleSet.match({ ...record, userAgent: 'aws-cli/2.31.2 md/awscrt#0.27.6' }).map(({ rule }) => rule.source.file)
      : [],
  );
};

/** Bursts of reads that are harmless one by one: they need a correlation. */
const BURSTS = [
  'aws.credential-access.secretsmanager-retrieve-secrets',
  'aws.credential-access.ssm-retrieve-securestring-parameters',
  'aws.discovery.ec2-download-user-data',
  'aws.execution.ssm-start-session',
  'aws.lateral-movement.ec2-instance-connect',
];

describe.skipIf(!existsSync(attack))('recorded attacks', () => {
  const techniques = existsSync(attack)
    ? readdirSync(join(attack, 'stratus')).flatMap((name) =>
        name.startsWith('aws.') ? [name.replace('.json', '')] : [],
      )
    : [];

  it.each(techniques.filter((technique) => !BURSTS.includes(technique)))(
    '%s is found whatever its user agent',
    (name) => {
      expect(detonation(name).length).toBeGreaterThan(0);
    },
  );

  it.each([
    ['aws.defense-evasion.cloudtrail-stop', 'aws_cloudtrail_logging_stopped.yml'],
    ['aws.defense-evasion.cloudtrail-delete', 'aws_cloudtrail_trail_deleted.yml'],
    ['aws.defense-evasion.cloudtrail-event-selectors', 'aws_cloudtrail_event_selectors_narrowed.yml'],
    ['aws.defense-evasion.organizations-leave', 'aws_organizations_leave_attempted.yml'],
  ])('%s is found by %s', (technique, file) => {
    expect(detonation(technique)).toContain(file);
  });

  it('single calls an attacker uses make no noise while they only read', () => {
    const folderOfCalls = join(attack, 'traildiscover');
    const { ruleSet } = compileRules(documents);
    const noisy = readdirSync(folderOfCalls)
      .filter((name) => /__(Get|List|Describe)/.test(name) && name !== 'EC2__GetPasswordData.json')
      .flatMap((name) => {
        const json: unknown = JSON.parse(readFileSync(join(folderOfCalls, name), 'utf8'));
        const records = isJsonObject(json) && Array.isArray(json['Records']) ? json['Records'] : [];
        return records.flatMap((record: unknown) =>
          isJsonObject(record)
            ? ruleSet.match({ ...record, userAgent: 'aws-cli/2.31.2' }).map(({ rule }) => `${name}: ${rule.title}`)
            : [],
        );
      });
    expect(noisy).toEqual([]);
  });
});

const facts = resolve(import.meta.dirname, '../../shared/facts/records.md');

/** The agents Pacu picks from, as recorded in the facts: the first fenced block with the genuine ones of the console. */
const disguises = existsSync(facts)
  ? (readFileSync(facts, 'utf8')
      .split('```')
      .find((block) => block.includes('console.amazonaws.com\n') && block.includes('Boto3/'))
      ?.trim()
      .split('\n') ?? [])
  : [];

describe.skipIf(!existsSync(facts))('the agents Pacu hides behind', () => {
  const { ruleSet } = compileRules(documents);
  const call = { eventSource: 'iam.amazonaws.com', eventName: 'PutUserPolicy', eventType: 'AwsApiCall' };
  const found = (record: JsonObject): readonly string[] =>
    ruleSet.match(record).flatMap(({ rule }) => (rule.source.file.startsWith('aws_user_agent_') ? [rule.level] : []));

  it('are all known', () => {
    expect(disguises.length).toBe(60);
  });

  it.each(disguises)('a user key that raises rights is found behind %s', (userAgent) => {
    const userIdentity = { type: 'IAMUser', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', userName: 'alex' };
    expect(found({ ...call, userIdentity, userAgent, sourceIPAddress: '198.51.100.7' })).toContain('high');
  });

  it.each(['console.amazonaws.com', 'signin.amazonaws.com'])('the genuine %s stays silent', (userAgent) => {
    const userIdentity = { type: 'IAMUser', accessKeyId: 'ASIAIOSFODNN7EXAMPLE', userName: 'alex' };
    expect(found({ ...call, userIdentity, userAgent, sourceIPAddress: '198.51.100.7' })).toEqual([]);
  });
});
