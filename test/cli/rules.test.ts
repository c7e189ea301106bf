import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { check, coverage, create, explainRule, list, test as runTests } from '../../cli/rules.ts';
import { UsageError } from '../../cli/usage-error.ts';

const GOOD = `title: A Good Rule
id: 3f2b6f0e-8a51-4f0c-9c1d-2f3a4b5c6d7e
level: high
tags: [attack.impact, attack.t1485, cis-aws.4.5]
logsource: { product: aws, service: cloudtrail }
detection:
    selection:
        eventSource: cloudtrail.amazonaws.com
        eventName: StopLogging
    filter_main_failed:
        errorCode|exists: true
    condition: selection and not 1 of filter_main_*
tests:
    - { name: it stops, match: true, record: { eventSource: cloudtrail.amazonaws.com, eventName: StopLogging } }
    - { name: it fails, match: false, record: { eventSource: cloudtrail.amazonaws.com, eventName: StopLogging, errorCode: X } }
`;
const WITH_LIST = GOOD.replace('A Good Rule', 'A Rule with a List')
  .replace('3f2b6f0e', '4f2b6f0e')
  .replace('eventName: StopLogging\n', "eventName: StopLogging\n        requestParameters.name|expand: '%trails%'\n")
  .replace('eventName: StopLogging } }', 'eventName: StopLogging, requestParameters: { name: one } } }')
  .replace('errorCode: X }', 'requestParameters: { name: two } }');

let folder = '';
let printed = '';
const put = (name: string, text: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('rules check', () => {
  it('finds nothing in a good rule', async () => {
    expect(await check([put('good.yml', GOOD)])).toBe(0);
    expect(printed).toMatch(/^1 rule read: 0 errors, 0 warnings, 0 notes\n$/);
  });

  it('names file, line, rule, entry, what is wrong and what to write; and exits 1', async () => {
    const file = put('bad.yml', GOOD.replace('eventName: StopLogging\n', 'status: success\n'));
    expect(await check([file])).toBe(1);
    expect(printed).toContain(`${file}:9 › A Good Rule › detection.selection.status`);
    expect(printed).toContain("CloudTrail writes no field 'status'");
    expect(printed).toContain('→ ');
    expect(printed).toContain('1 error');
  });

  it('reports every broken file, not only the first', async () => {
    put('one.yml', 'title: [');
    put('two.yml', GOOD.replace('1 of filter_main_*', 'filtre'));
    put('three.yml', GOOD);
    expect(await check([folder])).toBe(1);
    expect(printed).toContain('one.yml:1');
    expect(printed).toContain('two.yml:12');
    expect(printed).toContain('1 rule read');
  });

  it('gives warnings exit 0', async () => {
    expect(await check([put('warn.yml', GOOD.replaceAll('StopLogging', 'StopLoging'))])).toBe(0);
    expect(printed).toContain("write 'StopLogging'");
  });

  it('says which rules wait for a list, and is silent once it is there', async () => {
    const file = put('list.yml', WITH_LIST);
    await check([file], { all: true });
    expect(printed).toContain('not evaluated until 1 list is given: trails');
    printed = '';
    await check([file], { all: true, lists: put('lists.yml', 'trails: [one]\n') });
    expect(printed).not.toContain('not evaluated');
  });

  it('writes JSON for editors', async () => {
    await check([put('bad.yml', GOOD.replace('eventName: StopLogging\n', 'status: success\n'))], { format: 'json' });
    expect(JSON.parse(printed)).toMatchObject({
      rules: 1,
      problems: expect.arrayContaining([
        expect.objectContaining({
          severity: 'error',
          code: 'unknown-field',
          line: 9,
          field: 'detection.selection.status',
        }),
      ]),
    });
  });

  it('shows no control characters of a rule', async () => {
    await check([put('odd.yml', GOOD.replace('eventName: StopLogging\n', '"sta\\e[31mtus": success\n'))]);
    expect(printed).not.toContain('\u001b[31mtus');
  });

  it('refuses a path that is not there', async () => {
    await expect(check([join(folder, 'none')])).rejects.toThrow(UsageError);
  });
});

describe('rules test', () => {
  it('passes', async () => {
    expect(await runTests([put('good.yml', GOOD)])).toBe(0);
    expect(printed).toBe('2 tests of 1 rule: 0 failed\n');
  });

  it('shows the failing test, its line and the entry that decided; and exits 1', async () => {
    const file = put('bad.yml', GOOD.replace('match: false', 'match: true'));
    expect(await runTests([file])).toBe(1);
    expect(printed).toContain(`${file}:15 › it fails: expected a match, found none`);
    expect(printed).toContain("errorCode|exists wants 'present': errorCode is 'present'");
    expect(printed).toContain('2 tests of 1 rule: 1 failed');
  });

  it('runs tests of a rule whose list is not given with the values of its hits', async () => {
    expect(await runTests([put('list.yml', WITH_LIST)])).toBe(0);
    const other = put('lists.yml', 'trails: [two]\n');
    expect(await runTests([join(folder, 'list.yml')], { lists: other })).toBe(1);
  });

  it('says how many rules have no tests', async () => {
    await runTests([put('bare.yml', GOOD.slice(0, GOOD.indexOf('tests:')))]);
    expect(printed).toContain('1 rule has no tests');
  });

  it('does not start where a rule does not load', async () => {
    await expect(runTests([put('bad.yml', 'title: x')])).rejects.toThrow(UsageError);
  });
});

describe('rules list and coverage', () => {
  it('lists level, title, missing list and file', async () => {
    put('good.yml', GOOD);
    put('list.yml', WITH_LIST);
    expect(await list([folder])).toBe(0);
    expect(printed).toMatch(/high\s+\S*\s+A Good Rule\s+\S*good\.yml/);
    expect(printed).toMatch(/A Rule with a List\s+needs trails/);
    expect(printed).toContain('2 rules, 1 not armed');
  });

  it('counts techniques and controls', async () => {
    await coverage([put('good.yml', GOOD)], { format: 'json' });
    expect(JSON.parse(printed)).toMatchObject({
      tactics: { impact: ['3f2b6f0e-8a51-4f0c-9c1d-2f3a4b5c6d7e'], discovery: [] },
      techniques: { t1485: ['3f2b6f0e-8a51-4f0c-9c1d-2f3a4b5c6d7e'] },
      cis: { '4.5': ['3f2b6f0e-8a51-4f0c-9c1d-2f3a4b5c6d7e'], '4.1': [] },
    });
  });

  it('shows the coverage of the own rules as tables', async () => {
    expect(await coverage([])).toBe(0);
    expect(printed).toMatch(/T1485\s+Data Destruction\s+\d/);
    expect(printed).toMatch(/Defense Impairment\s+\d/);
    expect(printed).toMatch(/4\.3\s+Use of the root user\s+\d/);
  });
});

describe('rules new', () => {
  it('writes a rule that loads, has an id of its own and fails its test', async () => {
    expect(await create('aws_iam_something_new', { dir: folder })).toBe(0);
    await create('aws_iam_something_else', { dir: folder });
    const ids = readdirSync(folder).map((name) => /^id: (.*)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1]);
    expect(new Set(ids).size).toBe(2);
    printed = '';
    expect(await runTests([folder])).toBe(1);
    expect(printed).toContain('paste the record that must be found');
  });

  it('overwrites nothing', async () => {
    await create('aws_iam_something_new', { dir: folder });
    await expect(create('aws_iam_something_new', { dir: folder })).rejects.toThrow(/is there already/);
  });

  it.each(['Short', '../../evil_rule_name', 'aws iam user'])('refuses the name %s', async (name) => {
    await expect(create(name, { dir: folder })).rejects.toThrow(UsageError);
  });
});

describe('rules explain', () => {
  const record = { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StartLogging', eventID: 'one' };

  it('shows the entry that failed and what the record has there', async () => {
    const event = put('event.json', JSON.stringify(record));
    expect(await explainRule(put('good.yml', GOOD), { event })).toBe(0);
    expect(printed).toContain('A Good Rule (high): does not match');
    expect(printed).toContain("no  eventName wants 'StopLogging': eventName is 'StartLogging'");
    expect(printed).toContain('errorCode|exists');
  });

  it('finds a rule by id, title or file name, and reads a log file as CloudTrail stores it', async () => {
    put('good.yml', GOOD);
    const event = put('log.json.gz', gzipSync(JSON.stringify({ Records: [{ ...record, eventName: 'StopLogging' }] })));
    for (const name of ['3f2b6f0e-8a51-4f0c-9c1d-2f3a4b5c6d7e', 'a good rule', 'good.yml', 'good']) {
      printed = '';
      await explainRule(name, { event, rules: [folder] });
      expect(printed).toContain('matches');
    }
  });

  it('gives JSON', async () => {
    const event = put('event.json', JSON.stringify(record));
    await explainRule(put('good.yml', GOOD), { event, format: 'json' });
    expect(JSON.parse(printed)).toMatchObject([{ matched: false, conditions: [{ of: 'rule' }] }]);
  });

  it.each([
    ['a rule nobody has', 'nothing', '{"Records":[{"eventName":"A","eventSource":"b"}]}'],
    ['a file without records', '', '{"hello":"world"}'],
    ['a file that is no JSON', '', 'hello'],
  ])('refuses %s', async (_, name, text) => {
    const rule = put('good.yml', GOOD);
    await expect(explainRule(name === '' ? rule : name, { event: put('event.json', text) })).rejects.toThrow(
      UsageError,
    );
  });
});
