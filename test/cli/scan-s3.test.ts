import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedAws, startEmbeddedAws } from '../../cli/local/embedded-aws.ts';

const command = fileURLToPath(new URL('../../cli/trailwarden.js', import.meta.url));
const PREFIX = 'AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/20/';

let aws: EmbeddedAws;

const run = (...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, ...aws.env };
    const child = execFile(process.execPath, [command, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });

const record = (eventID: string) => ({
  ...{ eventVersion: '1.11', eventID, eventTime: '2026-11-20T00:00:00Z', eventSource: 'cloudtrail.amazonaws.com' },
  ...{ eventName: 'StopLogging', recipientAccountId: '123456789012', awsRegion: 'eu-west-1' },
});

beforeAll(async () => {
  aws = await startEmbeddedAws({ bucket: 'logs-of-a-test' });
  for (const name of ['a b+c', 'd'])
    await aws.putObject(`${PREFIX}${name}.json.gz`, gzipSync(JSON.stringify({ Records: [record(name)] })));
  await aws.putObject(`${PREFIX}readme.txt`, Buffer.from('not read'));
  await aws.putObject('AWSLogs/other/x.json', Buffer.from('no JSON'));
});

afterAll(() => aws.stop());

describe('trailwarden scan s3://', () => {
  it('scans what stands under a prefix, and says where it was found', async () => {
    const { code, out } = await run(
      'scan',
      `s3://logs-of-a-test/${PREFIX}`,
      '--format',
      'ndjson',
      '--min-level',
      'high',
    );
    const found = out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    expect(found.filter(({ title }) => title === 'CloudTrail Logging Stopped').map(({ seen }) => seen)).toEqual(
      expect.arrayContaining([
        { via: 'scan', object: { bucket: 'logs-of-a-test', key: `${PREFIX}a b+c.json.gz` } },
        { via: 'scan', object: { bucket: 'logs-of-a-test', key: `${PREFIX}d.json.gz` } },
      ]),
    );
    expect(code).toBe(0);
  });

  it('names an object it could not read', async () => {
    const { code, err } = await run('scan', 's3://logs-of-a-test/AWSLogs/other');
    expect(err).toContain('not read: s3://logs-of-a-test/AWSLogs/other/x.json');
    expect(code).toBe(3);
  });

  it('refuses a bucket that is not there', async () => {
    const { code, err } = await run('scan', 's3://nowhere-at-all/');
    expect(err).toMatch(/error: .*s3:\/\/nowhere-at-all/);
    expect(code).toBe(2);
  });
});
