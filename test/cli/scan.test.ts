import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaFaults } from '../finding/schema.ts';

const command = fileURLToPath(new URL('../../cli/trailwarden.js', import.meta.url));
const stratus = fileURLToPath(new URL('../../../shared/data/attack/stratus', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trailwarden-test-'));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as a user does. */
const run = (args: readonly string[], input: string | Buffer = ''): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1' };
    const child = execFile(
      process.execPath,
      [command, ...args],
      { cwd: folder, env, maxBuffer: 1 << 26 },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
    child.stdin?.end(input);
  });

const at = (second: number): string => `2026-11-20T00:00:${String(second).padStart(2, '0')}Z`;
const record = (n: number, fields: object = {}) => ({
  ...{ eventVersion: '1.11', eventID: `event-${n}`, eventTime: at(n), eventSource: 'cloudtrail.amazonaws.com' },
  ...{ eventName: 'StopLogging', recipientAccountId: '123456789012', awsRegion: 'eu-west-1', ...fields },
});
const file = (name: string, content: string | Buffer | object): string => {
  writeFileSync(
    join(folder, name),
    typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
  );
  return name;
};
const rule = (id: number, title: string, name: string, level: string, extra = ''): string => `title: ${title}
id: 00000000-0000-4000-8000-00000000000${id}
status: test
description: Detects nothing real
logsource: { product: aws, service: cloudtrail }
detection: { selection: { eventName: ${name}${extra} }, condition: selection }
level: ${level}
`;
const lines = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

beforeAll(() => {
  mkdirSync(join(folder, 'rules'));
  file('rules/stop.yml', rule(1, 'Stopped', 'StopLogging', 'high'));
  file('rules/start.yml', rule(2, 'Started', 'StartLogging', 'low'));
  file('rules/list.yml', rule(3, 'Listed', 'StopLogging', 'low', ", recipientAccountId|expand: '%own%'"));
  mkdirSync(join(folder, 'logs/deep'), { recursive: true });
  file('logs/b.json.gz', gzipSync(JSON.stringify({ Records: [record(3), record(1), record(1)] })));
  file('logs/deep/a.json', {
    Records: [record(2, { eventName: 'StartLogging' }), record(3), record(5, { eventName: 'Other' })],
  });
  file('logs/deep/digest.json', { digestEndTime: 'x', logFiles: [] });
  file('logs/deep/labels.json', { hello: 'world' });
  file('logs/readme.txt', 'not read');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scan = (...args: readonly string[]) => run(['scan', ...args, '--rules', 'rules']);

describe('trailwarden scan', () => {
  it('gives each match once, in order of time, as findings and nothing else on standard output', async () => {
    const { code, out, err } = await scan('logs', '--format', 'ndjson');
    const findings = lines(out);
    expect(findings.map(({ firstSeen, title }) => `${firstSeen} ${title}`)).toEqual([
      `${at(1)} Stopped`,
      `${at(2)} Started`,
      `${at(3)} Stopped`,
    ]);
    expect(findings.flatMap(schemaFaults)).toEqual([]);
    expect(findings[2].seen).toEqual({ via: 'scan', file: 'logs/b.json.gz' });
    expect(err).toContain('not armed: 1 rule');
    expect(err).toContain('labels.json: JSON, but not CloudTrail');
    expect(code).toBe(0);
  });

  it('gives the same from several threads as from one', async () => {
    mkdirSync(join(folder, 'many'));
    for (let n = 0; n < 12; n += 1)
      file(`many/${n}.json`, { Records: [record(n), record(n + 1), record(n + 20, { eventID: `x${n}` })] });
    const [one, three] = await Promise.all([
      scan('many', '--format', 'ndjson', '--jobs', '1'),
      scan('many', '--format', 'ndjson', '--jobs', '3'),
    ]);
    expect(lines(one.out)).toHaveLength(25);
    expect(three.out).toBe(one.out);
  });

  it.each([
    ['no bar', [], 0],
    ['a bar that is met', ['--fail-on', 'high'], 1],
    ['a bar above all findings', ['--fail-on', 'critical'], 0],
    ['rules below the level left out', ['--min-level', 'critical', '--any-logsource'], 2],
  ])('exits as the findings are: %s', async (_name, options, code) => {
    expect((await scan('logs', ...options)).code).toBe(code);
  });

  it('arms a rule by its list', async () => {
    file('lists.yaml', "own: ['123456789012']\n");
    const { out, err } = await scan('logs', '--format', 'ndjson', '--lists', 'lists.yaml');
    expect(lines(out).filter(({ title }) => title === 'Listed')).toHaveLength(2);
    expect(err).not.toContain('not armed');
  });

  it('names what it could not read, scans everything else and exits with 3', async () => {
    const whole = gzipSync(JSON.stringify({ Records: [record(40)] }));
    file('cut.json.gz', whole.subarray(0, -20));
    file('appended.json.gz', Buffer.concat([whole, Buffer.from('x')]));
    file('text.json', 'no records here');
    file('bad-record.json', { Records: [record(41), 7] });
    const { code, out, err } = await scan(
      'cut.json.gz',
      'appended.json.gz',
      'text.json',
      'bad-record.json',
      'logs/deep/labels.json',
      '--format',
      'ndjson',
    );
    expect(lines(out).map(({ event }) => event.id)).toEqual(['event-40', 'event-41']);
    expect(err).toMatch(/not read: cut\.json\.gz: the gzip stream ends early/);
    expect(err).toMatch(/not read: appended\.json\.gz: 1 bytes behind the first gzip member/);
    expect(err).toMatch(/not read: text\.json: .*a line without a JSON object/);
    expect(err).toMatch(/not read: bad-record\.json: .*found a number/);
    expect(err).toMatch(/not read: logs\/deep\/labels\.json: JSON, but no CloudTrail records/);
    expect(code).toBe(3);
    // Findings come before what could not be read: a build that fails on them must not go on.
    expect((await scan('bad-record.json', '--fail-on', 'high')).code).toBe(1);
    expect((await scan('bad-record.json', '--fail-on', 'critical')).code).toBe(3);
  });

  it.each([
    ['a log file', JSON.stringify({ Records: [record(1)] })],
    ['gzip', gzipSync(JSON.stringify([record(1)]))],
    ['NDJSON', `${JSON.stringify(record(1))}\n${JSON.stringify(record(9, { eventName: 'x' }))}\n`],
    ['LookupEvents', JSON.stringify({ Events: [{ CloudTrailEvent: JSON.stringify(record(1)) }] })],
  ])('reads %s from standard input', async (_name, input) => {
    const { code, out } = await run(['scan', '-', '--rules', 'rules', '--format', 'ndjson'], input);
    expect(lines(out)).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('reads a file larger than it reads whole, gzipped or not, as it reads a small one', async () => {
    const filler = Array(20_000)
      .fill(0)
      .map((_, n) =>
        record(1, { eventID: `f${n}`, eventName: 'Other', requestID: Math.random().toString(36).repeat(40) }),
      );
    const text = JSON.stringify({ Records: [record(1), ...filler, record(2)] });
    file('big.json', text);
    file('big.json.gz', gzipSync(text));
    for (const name of ['big.json', 'big.json.gz']) {
      const { out, err, code } = await scan(name, '--format', 'json', '--stats');
      const { findings, stats } = JSON.parse(out);
      expect(findings).toHaveLength(2);
      expect(stats).toMatchObject({
        files: 1,
        records: 20_002,
        matches: 2,
        findings: 2,
        bytes: text.length,
        unreadable: 0,
      });
      expect(err).toContain('1 file · 20,002 records · 2 matches · 2 findings');
      expect(code).toBe(0);
    }
    file('big-cut.json.gz', gzipSync(text).subarray(0, -1000));
    expect(await scan('big-cut.json.gz', '--format', 'ndjson')).toMatchObject({
      code: 3,
      err: expect.stringContaining('ends early'),
    });
  });

  it('keeps to event times', async () => {
    const { out } = await scan('logs', '--format', 'ndjson', '--since', at(2), '--until', at(3));
    expect(lines(out).map(({ title }) => title)).toEqual(['Started']);
  });

  it('writes OCSF, one finding a line', async () => {
    const { out } = await scan('logs', '--format', 'ocsf');
    expect(lines(out)).toHaveLength(3);
    expect(lines(out)[0]).toMatchObject({ class_uid: 2004, type_uid: 200401 });
  });

  it('shows people one row for a rule and a caller, the severest first', async () => {
    const caller = (name: string, session: string) => ({
      userIdentity: {
        ...{ type: 'AssumedRole', arn: `arn:aws:sts::123456789012:assumed-role/${name}/${session}` },
        sessionContext: { sessionIssuer: { arn: `arn:aws:iam::123456789012:role/${name}` } },
      },
    });
    file('callers.json', {
      Records: [
        record(1, { ...caller('Deploy', 'a'), eventName: 'StartLogging' }),
        ...[2, 7, 4].map((n) => record(n, caller('Deploy', `session-${n}`))),
        record(3, caller('Admin', 'b')),
      ],
    });
    const { out } = await scan('callers.json');
    const rows = out.split('\n').filter((row) => /^(?:high|low) /.test(row));
    expect(out).toMatch(
      /^5 findings: 4 high, 1 low; in 3 groups by rule and caller\n\nSEVERITY {2}COUNT {2}TIME \(UTC\)/,
    );
    expect(rows.map((row) => row.replace(/ +/g, ' '))).toEqual([
      'high 3 2026-11-20 00:00:02 Stopped',
      'high 1 2026-11-20 00:00:03 Stopped',
      'low 1 2026-11-20 00:00:01 Started',
    ]);
    expect(out).toMatch(/^ +2026-11-20 00:00:07 {2}e\.g\. Role Deploy\/session-2/m);
    expect(out).toContain('in callers.json');
    expect(out).toContain('--format ndjson');
    expect(Math.max(...out.split('\n').map((row) => row.length))).toBeLessThanOrEqual(120);
  });

  it('shows people text that commands no terminal', async () => {
    file('hostile.json', record(1, { userIdentity: { type: 'IAMUser', userName: '\u001b[31mred\u202e\u009b' } }));
    const { out } = await scan('hostile.json');
    expect(out).toContain('\\u{1b}[31mred\\u{202e}\\u{9b}');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(out).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(out).toContain('1 finding: 1 high');
  });

  it('writes a report that holds no markup of an attacker and loads nothing', async () => {
    file(
      'markup.json',
      record(1, {
        awsRegion: '</style><script>alert(1)</script>',
        userAgent: '"><img src=http://x>',
        userIdentity: { type: 'IAMUser', userName: '<b>&lt;' },
      }),
    );
    const { code } = await scan('markup.json', '--report', 'report.html');
    const html = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(html).not.toMatch(/<script|<img|<link|<b>&|<\/style><script/);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(code).toBe(0);
  });

  it.each([
    ['no path', ['scan'], /missing required argument 'path'/],
    ['a path that is not there', ['scan', 'nowhere'], /nowhere: there is no such file or folder/],
    ['a format it does not have', ['scan', 'logs', '--format', 'xml'], /Allowed choices are table, json, ndjson, ocsf/],
    ['a time without an offset', ['scan', 'logs', '--since', '2026-11-01T00:00:00'], /expected a time with an offset/],
    ['an empty span', ['scan', 'logs', '--since', '1h', '--until', '2h'], /--since must be before --until/],
    ['a rule that does not load', ['scan', 'logs', '--rules', 'broken.yml'], /broken\.yml:\d+/],
    [
      'a list with a number',
      ['scan', 'logs', '--lists', 'numbers.yaml'],
      /own\[0\]: expected a string, found a number; put it in quotes/,
    ],
    ['a folder without files', ['scan', 'empty'], /no \.json, \.json\.gz or \.ndjson files/],
    ['paths taken for rules', ['scan', '--rules', 'rules', 'logs'], /missing required argument 'path'.*behind --/],
    ['a level no rule has', ['scan', 'logs', '--rules', 'rules', '--min-level', 'critical'], /level critical or above/],
    ['a report where no folder is', ['scan', 'logs', '--report', 'nowhere/r.html'], /there is no folder nowhere/],
    ['a report that is a folder', ['scan', 'logs', '--report', 'logs'], /is a folder; expected a file name/],
    ['an unknown command', ['scna', 'logs'], /unknown command 'scna'[\s\S]*scan/],
    ['no jobs', ['scan', 'logs', '--jobs', '0'], /whole number from 1 to 64/],
  ])('refuses %s with 2, and says what to do', async (_name, args, message) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    file('broken.yml', rule(4, 'Broken', 'x', 'high').replace('condition: selection', 'condition: selektion'));
    file('numbers.yaml', 'own: [123456789012]\n');
    const { code, out, err } = await run(args);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it.each([['--help'], ['scan', '--help'], ['--version']].map((args) => [args]))(
    'explains itself: %j',
    async (args) => {
      const { code, out, err } = await run(args);
      expect(out.length).toBeGreaterThan(4);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
  );
});

describe('what starts the command', () => {
  // A name Node 20 does not have, imported from one of its modules, fails before the pinned Node can be started.
  it('imports by name only what older Nodes have', () => {
    const imported = [...readFileSync(command, 'utf8').matchAll(/^import \{([^}]*)\}/gm)].map(([, names]) =>
      names?.trim(),
    );
    expect(imported).toEqual(['spawnSync', 'existsSync', 'fileURLToPath']);
  });
});

describe.skipIf(!existsSync(stratus))('trailwarden scan on records of real attacks', () => {
  it('finds the tampering with trail and logs by the rules it comes with', async () => {
    const { code, out } = await run(['scan', stratus, '--format', 'ndjson', '--stats']);
    const titles = new Set(lines(out).map(({ title }) => title));
    expect([...titles]).toEqual(
      expect.arrayContaining([
        'CloudTrail Logging Stopped',
        'CloudTrail Trail Deleted',
        'CloudTrail Event Selectors Narrowed',
        'VPC Flow Logs Deleted',
        'DNS Query Logging Removed',
      ]),
    );
    expect(code).toBe(0);
  });
});
