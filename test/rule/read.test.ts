import { describe, expect, test } from 'vitest';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { matchesOf, problemsOf, ruleWith } from './try-rule.ts';

const rule = (lines: string): string => `${lines}\nlogsource: { product: aws, service: cloudtrail }\n`;
const DETECTION = 'detection:\n  selection:\n    f: x\n  condition: selection\n';

describe('what is refused', () => {
  test.each([
    ['an unknown modifier', 'f|contans: x', 'unknown-modifier'],
    ['contains and startswith', 'f|contains|startswith: x', 'modifier-conflict'],
    ['re and contains', 'f|re|contains: x', 'modifier-conflict'],
    ['cidr and contains', 'f|cidr|contains: 10.0.0.0/8', 'modifier-conflict'],
    ['gt and lt', 'f|gt|lt: 1', 'modifier-conflict'],
    ['two encodings', 'f|wide|utf16be|base64: x', 'modifier-conflict'],
    ['base64 twice', 'f|base64|base64offset: x', 'modifier-conflict'],
    ['re and base64', 'f|re|base64: x', 'modifier-conflict'],
    ['a flag without re', 'f|contains|i: x', 'modifier-conflict'],
    ['fieldref and re', 'f|fieldref|re: x', 'modifier-conflict'],
    ['exists and neq', 'f|exists|neq: true', 'modifier-conflict'],
    ['all with one text', 'f|contains|all: x', 'all-needs-values'],
    ['all with a list of one text', 'f|contains|all: [x]', 'all-needs-values'],
    ['a value that YAML takes for an alias', 'f: *admin*', 'yaml'],
    ['a key that is a list', '? [f, g]\n: x', 'yaml'],
    ['a wildcard between the bytes of UTF-16 with its mark', "f|utf16: 'a*b'", 'encoded-wildcard'],
    ['exists with a text', "f|exists: 'yes'", 'value-type'],
    ['exists with two values', 'f|exists: [true, false]', 'value-type'],
    ['a comparison with a boolean', 'f|gt: true', 'value-type'],
    ['an hour that is no number', 'f|hour: x', 'value-type'],
    ['null with contains', 'f|contains: null', 'value-type'],
    ['an empty list', 'f: []', 'empty-list'],
    ['a map as value', 'f: { g: x }', 'value-type'],
    ['a list in a list', 'f: [[x]]', 'value-type'],
    ['a wildcard in base64', "f|base64offset|contains: 'a*b'", 'encoded-wildcard'],
    ['look-ahead', "f|re: 'a(?=b)'", 'invalid-regex'],
    ['a back-reference', "f|re: '(a)\\1'", 'invalid-regex'],
    ['an open group', "f|re: '(a'", 'invalid-regex'],
    ['an expression too long', `f|re: '${'a'.repeat(5000)}'`, 'invalid-regex'],
    ['no network', 'f|cidr: 10.0.0.0/33', 'invalid-cidr'],
    ['an address with a zero in front', 'f|cidr: 010.0.0.0/8', 'invalid-cidr'],
    ['an unquoted account id', 'recipientAccountId: 012345678901', 'unquoted-account-id'],
    ['an account id without a zero in front', 'recipientAccountId: [123456789012]', 'unquoted-account-id'],
    ['a selector without a map', 'f[any]: x', 'array-selector'],
    ['a selector inside a path', 'f[any].g: { h: x }', 'array-selector'],
    ['a condition inside an element', 'f[any]: { condition: a, a: { g: x } }', 'array-selector'],
    ['a merge key', '<<: x', 'yaml-merge-key'],
    ['a keyword with exists', "'|exists': true", 'keyword-modifier'],
    ['an empty keyword', "- ''", 'keyword-empty'],
    ['an empty map', '{}', 'empty-search'],
    ['a key twice', 'f: x\nf: y', 'yaml'],
  ])('%s', (_, search, code) => {
    const [first] = problemsOf(ruleWith(`selection:\n${search.replace(/^/gm, '  ')}\ncondition: selection`));
    expect(first).toMatchObject({ severity: 'error', code, file: 'rule.yml' });
  });

  test.each([
    ['no title', rule(DETECTION), 'no-title'],
    ['a title that is a list', rule(`title: [x]\n${DETECTION}`), 'value-type'],
    ['no logsource', `title: x\n${DETECTION}`, 'no-logsource'],
    ['no detection', rule('title: x'), 'no-detection'],
    ['no condition', rule('title: x\ndetection:\n  selection:\n    f: x'), 'no-condition'],
    ['an unknown level', rule(`title: x\nlevel: severe\n${DETECTION}`), 'invalid-level'],
    ['an unknown status', rule(`title: x\nstatus: new\n${DETECTION}`), 'invalid-status'],
    ['an impossible date', rule(`title: x\ndate: 2026-02-30\n${DETECTION}`), 'invalid-date'],
    ['tags that are no list', rule(`title: x\ntags: attack.x\n${DETECTION}`), 'value-type'],
    ['an unknown alert setting', rule(`title: x\nalert: { groupBy: [f] }\n${DETECTION}`), 'unknown-key'],
    ['a suppression without a unit', rule(`title: x\nalert: { suppress: 60 }\n${DETECTION}`), 'invalid-suppress'],
    ['a test without a record', rule(`title: x\ntests: [{ name: a, match: true }]\n${DETECTION}`), 'invalid-test'],
    ['a correlation', 'title: x\ncorrelation: { type: event_count }', 'correlation-unsupported'],
    ['a filter without rules', 'title: x\nfilter:\n  s: { f: x }\n  condition: s', 'invalid-filter'],
    [
      'a filter with a list of conditions',
      'title: x\nfilter:\n  rules: any\n  s: { f: x }\n  condition: [s, not s]',
      'condition-syntax',
    ],
    ['an unknown action', 'action: maybe', 'invalid-action'],
    ['a repetition of nothing', 'action: repeat\ntitle: x', 'invalid-action'],
    ['nothing at all', '# only a comment', 'empty-file'],
    ['a list', '- a', 'not-a-rule'],
    ['broken YAML', 'title: "x', 'yaml'],
    [
      'aliases without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefg'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[at]}`).join(',')}]`).join('\n')}`,
      'yaml',
    ],
  ])('%s', (_, text, code) => {
    expect(
      problemsOf(text)
        .filter(({ severity }) => severity === 'error')
        .map((problem) => problem.code),
    ).toContain(code);
  });

  test('a problem says where it is and what to write instead', () => {
    expect(problemsOf(ruleWith('selection:\n  eventName|startwith: Stop\ncondition: selection'))).toEqual([
      {
        severity: 'error',
        code: 'unknown-modifier',
        file: 'rule.yml',
        line: 5,
        column: 5,
        rule: 'Tried',
        field: 'detection.selection.eventName|startwith',
        message: "'startwith' is no modifier of Sigma v2.1",
        hint: "did you mean 'startswith'?",
      },
    ]);
  });

  test.each([
    ['null in a list', 'f: [x, null]', 'null-in-list'],
    ['an index of an array', 'f[0]: x', 'array-index'],
  ])('%s is read, and warned of', (_, search, code) => {
    const problems = problemsOf(ruleWith(`selection:\n  ${search}\ncondition: selection`));
    expect(problems).toMatchObject([{ severity: 'warning', code }]);
  });

  test('a timeframe without aggregation is no search, and has no effect', () => {
    const text = ruleWith('selection:\n  f: x\ntimeframe: 5m\ncondition: all of them');
    expect(problemsOf(text)).toMatchObject([{ severity: 'warning', code: 'timeframe', line: 6 }]);
    expect(matchesOf(text, { f: 'x' })).toHaveLength(1);
  });

  test('every problem of a rule is reported, and other rules load', () => {
    const broken = rule(
      'title: x\nlevel: severe\ndetection:\n  selection:\n    f|foo: x\n    g|bar: y\n  condition: other',
    );
    const { documents, problems } = readRules([
      { file: 'broken.yml', text: broken },
      { file: 'whole.yml', text: rule(`title: whole\n${DETECTION}`) },
    ]);
    expect(problems.map(({ code }) => code)).toEqual([
      'invalid-level',
      'unknown-modifier',
      'unknown-modifier',
      'undefined-identifier',
    ]);
    expect(documents.map((document) => document.rule.title)).toEqual(['whole']);
  });

  test('two rules with one id: the second is refused, a copy is only named', () => {
    const a = rule(`title: a\nid: 6f0c2f0e-5d3a-4f6c-9a43-2b6f5a7d1c11\n${DETECTION}`);
    const files = [a, a.replace('title: a', 'title: b'), a].map((text, at) => ({ file: `${at}.yml`, text }));
    const { documents, problems } = readRules(files);
    expect(documents.map(({ rule: { title } }) => title)).toEqual(['a']);
    expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'error duplicate-id',
      'info duplicate-id',
    ]);
  });
});

describe('what a file may hold', () => {
  test('global, repeat and reset', () => {
    const text = [
      rule('action: global\ntitle: shared\nid: 6f0c2f0e-5d3a-4f6c-9a43-2b6f5a7d1c11'),
      DETECTION,
      'action: repeat\ntitle: again\ndetection:\n  selection:\n    f: y\n',
      'action: reset\n',
      rule(`title: own\n${DETECTION}`),
    ].join('\n---\n');
    const { documents, problems } = readRules([{ file: 'a.yml', text }]);
    expect(problems).toEqual([]);
    expect(documents.map(({ rule: { title } }) => title)).toEqual(['shared', 'again', 'own']);
    expect(new Set(documents.map(({ rule: { id } }) => id)).size).toBe(3);
    const { ruleSet } = compileRules(documents);
    expect(ruleSet.match({ f: 'y' }).map((match) => match.rule.title)).toEqual(['again']);
  });

  test('rules of one global that differ in log source or level only are rules of their own', () => {
    const text = [
      `action: global\ntitle: shared\n${DETECTION}`,
      'logsource: { product: aws, service: cloudtrail }\n',
      'logsource: { product: windows }\n',
      'logsource: { product: windows }\nlevel: high\n',
    ].join('\n---\n');
    const { documents, problems } = readRules([{ file: 'a.yml', text }]);
    expect(problems).toEqual([]);
    expect(new Set(documents.map(({ rule: { id } }) => id)).size).toBe(3);
  });

  test('what is global may be repeated before any rule', () => {
    const text = `${rule(`action: global\ntitle: shared\n${DETECTION}`)}---\naction: repeat\nlevel: high\n`;
    const { documents, problems } = readRules([{ file: 'a.yml', text }]);
    expect(problems).toEqual([]);
    expect(documents.map(({ rule: { title, level } }) => [title, level])).toEqual([['shared', 'high']]);
  });

  test('rules that name no log are read where any log will do', () => {
    const files = [{ file: 'a.yml', text: `title: x\n${DETECTION}` }];
    expect(readRules(files, { anyLogsource: true }).problems).toEqual([]);
    expect(readRules(files).documents).toEqual([]);
  });

  test('a filter is about a log whatever the case it is written in', () => {
    const filter = 'title: f\nlogsource: { product: AWS }\nfilter:\n  rules: any\n  s: { f: x }\n  condition: not s\n';
    const { documents } = readRules([{ file: 'a.yml', text: `${rule(`title: a\n${DETECTION}`)}---\n${filter}` }]);
    expect(documents[0]?.filters.map(({ title }) => title)).toEqual(['f']);
  });

  test('a filter is ANDed to the rules it names, by id, name or title, as written', () => {
    const text = [
      rule(`title: a\nid: rule-a\n${DETECTION}`),
      rule(`title: b\nname: rule_b\n${DETECTION}`),
      rule(`title: c\n${DETECTION}`),
      'title: filter\nfilter:\n  rules: [RULE-A, rule_b, gone]\n  known: { user: alex }\n  condition: not known\n',
      'title: elsewhere\nlogsource: { product: windows }\nfilter:\n  rules: any\n  s: { f: x }\n  condition: not s\n',
    ].join('\n---\n');
    const { documents, problems } = readRules([{ file: 'a.yml', text }]);
    const { ruleSet } = compileRules(documents);
    const titles = (user: string) => ruleSet.match({ f: 'x', user }).map((match) => match.rule.title);
    expect(titles('alex')).toEqual(['c']);
    expect(titles('sam')).toEqual(['a', 'b', 'c']);
    expect(problems.map(({ code }) => code)).toEqual(['id-not-uuid', 'filter-applies-to-nothing']);
  });

  test('our own keys', () => {
    const text = rule(
      `title: a\nrunbook: https://example.com/r\nalert: { group_by: [recipientAccountId], suppress: 2h, mode: shadow }\ntests:\n  - name: hit\n    match: true\n    record: { f: x, account: '012345678901' }\n${DETECTION}`,
    );
    const { documents, problems } = readRules([{ file: 'a.yml', text }]);
    expect(problems).toEqual([]);
    expect(documents[0]).toMatchObject({
      rule: {
        runbook: 'https://example.com/r',
        alert: { groupBy: ['recipientAccountId'], suppressSeconds: 7200, mode: 'shadow' },
      },
      tests: [{ name: 'hit', match: true, record: { f: 'x', account: '012345678901' }, line: 5 }],
    });
  });

  test('the hash of a rule is of its content, not of its place or tests', () => {
    const text = rule(`title: a\n${DETECTION}`);
    const hashes = [text, `\n\n${text}`, text.replace('f: x', 'f: y')].map(
      (each, at) => readRules([{ file: `${at}.yml`, text: each }]).documents[0]?.hash,
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});
