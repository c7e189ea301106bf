import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownFiles } from '../../cli/local/own-files.ts';
import type { Step } from '../../cli/local/story.ts';
import { attackChain } from '../../cli/local/trail/attack.ts';
import { seeded } from '../../cli/local/trail/random.ts';
import { makeTrail } from '../../cli/local/trail/trail.ts';
import type { JsonObject } from '../../engine/record/json.ts';
import { parseObjectKey } from '../../engine/record/object-key.ts';

const START = Date.UTC(2026, 5, 1);
const trail = makeTrail({ seed: 5, start: START, hours: 1, accounts: 2, regions: ['us-east-1'], recordsPerHour: 60 });
const logs = trail.objects.filter((object) => object.kind === 'log');
const digests = trail.objects.filter((object) => object.kind === 'digest');
const intrusion: readonly JsonObject[] = attackChain(seeded('x'), trail.organization, START).map(
  ({ record }) => record,
);
const folder = mkdtempSync(join(tmpdir(), 'trailwarden-own-'));

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};

beforeAll(() => {
  for (const { key, bytes } of trail.objects) write(`copy/${key}`, bytes);
  write('flat/log.json.gz', gzipSync(JSON.stringify({ Records: intrusion.slice(0, 3) })));
  write('flat/array.json', JSON.stringify(intrusion.slice(3, 6)));
  write(
    'flat/lines.ndjson',
    intrusion
      .slice(6, 9)
      .map((record) => JSON.stringify(record))
      .join('\n'),
  );
  write('flat/event.json', JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', detail: intrusion[9] }));
  write('flat/package.json', '{"name":"not CloudTrail"}');
  write('broken/half.json.gz', (logs[0]?.bytes ?? new Uint8Array()).subarray(0, 150));
  write('broken/cut.json', '{"Records":[{');
});
afterAll(() => rmSync(folder, { recursive: true }));

const stepsOf = async (path: string) => {
  const own = ownFiles(join(folder, path));
  const steps: Step[] = [];
  for await (const step of own.steps) steps.push(step);
  return { ...own, steps };
};

describe("someone's own log files", () => {
  it('keep their bytes and their keys where the folder is a copy of a bucket; digests are left out', async () => {
    const { steps, skipped, unread } = await stepsOf('copy');
    expect(new Map(steps.map(({ key, bytes }) => [key, Buffer.from(bytes)]))).toEqual(
      new Map(logs.map(({ key, bytes }) => [key, Buffer.from(bytes)])),
    );
    expect(skipped).toHaveLength(digests.length);
    expect(unread).toEqual([]);
  });

  it('are delivered as log files whatever shape they have, under keys of their account and Region', async () => {
    const { steps, paths, skipped } = await stepsOf('flat');
    const records = steps.flatMap(({ bytes }) => JSON.parse(gunzipSync(bytes).toString()).Records);
    expect(records.map(({ eventID }) => eventID).sort()).toEqual(
      intrusion
        .slice(0, 10)
        .map(({ eventID }) => eventID)
        .sort(),
    );
    for (const { key } of steps)
      expect(parseObjectKey(key)).toMatchObject({
        kind: 'log',
        account: intrusion[0]?.['recipientAccountId'],
        region: 'us-east-1',
      });
    expect([...paths.values()].map((path) => path.split(/[\\/]/).at(-1)).sort()).toEqual([
      'array.json',
      'event.json',
      'lines.ndjson',
      'log.json.gz',
    ]);
    expect(skipped).toMatchObject([{ reason: 'JSON that holds no CloudTrail records' }]);
  });

  it('are delivered broken if they are broken gzip, and named if nothing can be made of them', async () => {
    const { steps, unread } = await stepsOf('broken');
    expect(steps).toHaveLength(1);
    expect(unread.map(({ place }) => place.split(/[\\/]/).at(-1))).toEqual(['cut.json']);
  });

  it('are refused with a sentence when there are none', () => {
    mkdirSync(join(folder, 'empty'));
    expect(() => ownFiles(join(folder, 'empty'))).toThrow(/no \.json/);
    expect(() => ownFiles(join(folder, 'absent'))).toThrow(/no such file or folder/);
  });
});

const local = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../cli/trailwarden.js'), 'local', ...args], {
    env: {
      ...process.env,
      NO_COLOR: '1',
      AWS_PROFILE: 'someone',
      AWS_ENDPOINT_URL_S3: 'http://192.0.2.1',
      NODE_ENV: '',
    },
  })
    .then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }))
    .catch(({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }));

describe('npm start -- DIR', () => {
  it("shows what the pipeline finds in them, by the names of one's own files, whatever AWS settings the machine has", async () => {
    const { code, stdout, stderr } = await local(join(folder, 'flat'));
    expect(stdout).toMatch(/HIGH +Administrator Policy Attached\n/);
    expect(stdout).toContain(`in ${join(folder, 'flat', 'array.json')}`);
    expect(stdout).toMatch(/Log files +4 delivered, 4 scanned\n/);
    expect(stdout).toMatch(/Records +10 scanned\n/);
    expect(stderr).toMatch(/^skipped: .*package\.json: JSON that holds no CloudTrail records\n$/);
    expect(code).toBe(0);
  }, 30_000);

  it('exits with 3 when something could not be read, and says what', async () => {
    const { code, stdout, stderr } = await local(join(folder, 'broken'));
    expect(stdout).toMatch(/HIGH +A CloudTrail log file cannot be read\n/);
    expect(stderr).toContain('cut.json');
    expect(code).toBe(3);
  }, 30_000);

  it('exits with 2 when there is no such folder', async () => {
    expect(await local(join(folder, 'absent'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such file or folder'),
    });
  }, 30_000);
});
