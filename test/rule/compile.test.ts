import { describe, expect, test } from 'vitest';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { matchesOf, ruleWith, searchMatches } from './try-rule.ts';

const documentsOf = (...texts: readonly string[]) =>
  readRules(texts.map((text, at) => ({ file: `${at}.yml`, text }))).documents;

describe('lists', () => {
  const text = ruleWith("selection:\n  u|expand: '%admins%'\n  ip|cidr|expand: '%office%'\ncondition: selection");

  test('a rule whose lists are missing is not armed', () => {
    const { ruleSet, problems } = compileRules(documentsOf(text), { lists: { admins: ['a'] } });
    expect(problems).toEqual([]);
    expect(ruleSet.rules).toEqual([]);
    expect(ruleSet.unarmed.map(({ missingLists }) => missingLists)).toEqual([['office']]);
    expect(ruleSet.match({ u: 'a', ip: '10.0.0.1' })).toEqual([]);
  });

  test('with its lists it matches; entries may have wildcards', () => {
    const lists = { admins: ['alex', 'ops-*'], office: ['10.0.0.0/8', '192.0.2.1'] };
    expect(matchesOf(text, { u: 'ops-7', ip: '192.0.2.1' }, { lists })).toHaveLength(1);
    expect(matchesOf(text, { u: 'ops', ip: '192.0.2.1' }, { lists })).toHaveLength(0);
  });

  test('an empty list is a list: nothing is in it', () => {
    expect(searchMatches("f|expand: '%none%'", { f: 'x' }, { lists: { none: [] } })).toBe(false);
  });

  test.each([
    ['a percent sign behind a backslash is plain', '\\%plain%name%', '%plain7', true],
    ['plain ones around a placeholder', '\\%a\\%b\\%%name%\\%c\\%', '%a%b%7%c%', true],
    ['a backslash of a path stays', 'C:\\%name%\\x', 'C:\\7\\x', true],
    ['two of them in a path', '\\%name%\\%name%', '\\7\\7', true],
    ['a backslash escaped in front', 'C:\\\\%name%', 'C:\\7', true],
    ['a percent sign alone', '100% %name%', '100% 7', true],
    ['no name', '%%', '%%', true],
    ['without expand nothing is filled in', undefined, '%name%', true],
  ])('%s', (_, value, record, matches) => {
    const search = value === undefined ? "f: '%name%'" : `f|expand: '${value}'`;
    expect(searchMatches(search, { f: record }, { lists: { name: ['7'] } })).toBe(matches);
  });

  test('an entry that looks like a placeholder is a text', () => {
    const lists = { a: ['%b%'], b: ['x'] };
    expect(searchMatches("f|expand: '%a%-%b%'", { f: '%b%-x' }, { lists })).toBe(true);
  });

  test('lists that stand for more texts than anybody means are an error', () => {
    const many = Array.from({ length: 101 }, (_, at) => `${at}`);
    const { problems } = compileRules(documentsOf(ruleWith("s: { f|expand: '%a%-%b%' }\ncondition: s")), {
      lists: { a: many, b: many },
    });
    expect(problems).toMatchObject([{ severity: 'error', code: 'too-many-values' }]);
  });

  test('an entry that is no network is an error with the line of the item', () => {
    const { problems } = compileRules(documentsOf(text), { lists: { admins: [], office: ['headquarters'] } });
    expect(problems).toMatchObject([{ severity: 'error', code: 'invalid-cidr', line: 6, field: 'ip|cidr|expand' }]);
  });
});

describe('what is left out is named', () => {
  test.each([
    ['another product', 'product: windows, service: security', 'other-logsource'],
    ['no service', 'product: aws', 'other-logsource'],
    ['nothing', '', 'other-logsource'],
    ['CloudTrail', 'product: aws, service: cloudtrail', undefined],
    ['the service alone', 'service: cloudtrail', undefined],
  ])('%s', (_, logsource, code) => {
    const text = ruleWith('s: { f: x }\ncondition: s').replace(/logsource: .*/, `logsource: { ${logsource} }`);
    const documents = documentsOf(text);
    expect(compileRules(documents).problems[0]?.code).toBe(code);
    expect(compileRules(documents, { anyLogsource: true }).ruleSet.rules).toHaveLength(1);
  });

  test('deprecated rules', () => {
    const text = `status: deprecated\n${ruleWith('s: { f: x }\ncondition: s')}`;
    expect(compileRules(documentsOf(text)).problems).toMatchObject([{ severity: 'info', code: 'status-not-loaded' }]);
  });
});

describe('a rule set', () => {
  test('survives JSON: what the build writes is what a Lambda compiles', () => {
    const text = ruleWith("a: { f|re|i: 'x+' }\nb: { g: null }\ncondition: a and not b");
    const documents = documentsOf(text);
    const { ruleSet } = compileRules(JSON.parse(JSON.stringify(documents)));
    expect(ruleSet.match({ f: 'XX', g: 1 })).toHaveLength(1);
    expect(ruleSet.match({ f: 'XX' })).toHaveLength(0);
    expect(ruleSet.version).toBe(compileRules(documents).ruleSet.version);
  });

  test('has one version for the same rules in any order, another for other lists', () => {
    const [a, b] = documentsOf(ruleWith('s: { f: x }\ncondition: s'), ruleWith('s: { f: y }\ncondition: s'));
    if (a === undefined || b === undefined) throw new Error('not read');
    const version = compileRules([a, b]).ruleSet.version;
    expect(compileRules([b, a]).ruleSet.version).toBe(version);
    expect(compileRules([a, b], { lists: { x: ['y'] } }).ruleSet.version).not.toBe(version);
    expect(compileRules([a]).ruleSet.version).not.toBe(version);
  });
});

describe('evidence', () => {
  test('names the search, the place with its index, what was wanted and what is there', () => {
    const text = ruleWith(
      'selection:\n  eventName|startswith: [Stop, Delete]\n  a.items.port: 22\nfilter:\n  errorCode|exists: true\ncondition: selection and not filter',
    );
    const [match] = matchesOf(text, { eventName: 'DeleteTrail', a: { items: [{ port: 80 }, { port: 22 }] } });
    expect(match?.evidence).toEqual([
      { selection: 'selection', field: 'eventName', expected: 'Delete*', actual: 'DeleteTrail' },
      { selection: 'selection', field: 'a.items[1].port', expected: '22', actual: '22' },
    ]);
  });

  test('shows where inside an object or a document the text was found', () => {
    const [match] = matchesOf(ruleWith("s: { r|contains: 's3:GetObject' }\ncondition: s"), {
      r: { doc: encodeURIComponent('{"Statement":[{"Action":["s3:GetObject"]}]}') },
    });
    expect(match?.evidence[0]?.field).toBe('r.doc');
    expect(match?.evidence[0]?.actual).toContain('s3:GetObject');
  });

  test('says what neq found instead, and shortens long values', () => {
    const [match] = matchesOf(ruleWith('s: { f|neq: x }\ncondition: s'), { f: 'y'.repeat(10_000) });
    expect(match?.evidence[0]).toMatchObject({ field: 'f', expected: 'not x' });
    expect(match?.evidence[0]?.actual.length).toBeLessThan(300);
  });
});
