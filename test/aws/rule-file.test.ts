import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RuleFileError, readRuleFile } from '../../aws/rule-file.ts';
import { readRules } from '../../engine/rule/read.ts';

const folder = mkdtempSync(join(tmpdir(), 'trailwarden-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const yaml = `title: Trail Stopped
id: 6f0c2f0e-5d3a-4f6c-9a43-2b6f5a7d1c12
status: test
logsource:
    product: aws
    service: cloudtrail
detection:
    selection:
        eventName: 'StopLogging'
    condition: selection
level: high
`;

describe('rules.json', () => {
  it('gives the rules it was built from', () => {
    const { documents } = readRules([{ file: 'a.yml', text: yaml }]);
    const { ruleSet } = readRuleFile(file('rules.json', JSON.stringify({ documents, lists: {} })));
    expect(ruleSet.match({ eventName: 'StopLogging' }).map(({ rule }) => rule.title)).toEqual(['Trail Stopped']);
    expect(ruleSet.match({ eventName: 'StartLogging' })).toEqual([]);
  });

  it('edited by hand: a rule that cannot be honoured is left out and named, and the others are evaluated', () => {
    const { documents } = readRules([
      { file: 'a.yml', text: yaml },
      {
        file: 'b.yml',
        text: yaml
          .replace('Stopped', 'Named')
          .replace('7d1c12', '7d1c13')
          .replace("eventName: 'StopLogging'", "eventName|re: '^Stop[A-Z]'"),
      },
    ]);
    const edited = JSON.stringify({ documents, lists: {} }).replace('^Stop[A-Z]', '^Stop(?=L)');
    const { ruleSet, problems } = readRuleFile(file('edited.json', edited));
    expect(ruleSet.match({ eventName: 'StopLogging' }).map(({ rule }) => rule.title)).toEqual(['Trail Stopped']);
    expect(problems).toMatchObject([
      { severity: 'error', code: 'invalid-regex', file: 'b.yml', rule: 'Trail Named', field: 'eventName|re' },
    ]);
  });

  it.each([
    ['is missing', join(folder, 'nowhere.json'), 'npm run build'],
    ['is no JSON', file('text.json', 'hello'), 'npm run build'],
    ['holds something else', file('other.json', '[]'), 'expected { documents, lists }'],
    ['holds no rule', file('empty.json', '{"documents":[],"lists":{}}'), 'no rule'],
  ])('that %s keeps the function from starting: without rules it would look healthy', (_, path, message) => {
    expect(() => readRuleFile(path)).toThrow(RuleFileError);
    expect(() => readRuleFile(path)).toThrow(message);
  });
});
