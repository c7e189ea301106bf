import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseDuration, parseTime } from '../../cli/verify/time.ts';
import { run, type VerifyOptions } from '../../cli/verify.ts';
import { BUCKET, CHAIN, KEY, makeTrail, START, type World } from '../digest/trail.ts';

const HOUR = 3_600_000;
const folders: string[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const keysFile = (folder: string, byRegion: boolean): string => {
  const { fingerprint, value, validityStart, validityEnd } = KEY.listed;
  const entry = {
    Fingerprint: fingerprint,
    Value: Buffer.from(value).toString('base64'),
    ValidityStartTime: validityStart.getTime() / 1000,
    ValidityEndTime: validityEnd.toISOString(),
  };
  const file = join(folder, 'keys.json');
  writeFileSync(file, JSON.stringify(byRegion ? { [CHAIN.region]: [entry] } : { PublicKeyList: [entry] }));
  return file;
};

/** A copy of the bucket as `aws s3 sync` makes it: without metadata, but for the newest digest's sidecar. */
const copy = (world: World, sidecarOf: string | undefined): { readonly dir: string; readonly keys: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  folders.push(folder);
  const dir = join(folder, 'bucket');
  for (const [id, { bytes, metadata }] of world) {
    const path = join(dir, id.slice(BUCKET.length + 1));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    if (id === sidecarOf) writeFileSync(`${path}.metadata.json`, JSON.stringify({ Metadata: metadata }));
  }
  return { dir, keys: keysFile(folder, sidecarOf !== undefined) };
};

const capture = async (options: VerifyOptions) => {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  const code = await run(options);
  vi.restoreAllMocks();
  return { code, out: out.join(''), err: err.join('') };
};

const range = {
  start: new Date(START).toISOString(),
  end: new Date(START + 3 * HOUR + 60_000).toISOString(),
};

describe('trailwarden verify on a local copy', () => {
  it('finds an intact copy whole: exit 0, and a table', async () => {
    const { world, digests } = makeTrail(3);
    const { code, out, err } = await capture({ ...copy(world, digests.at(-1)?.id), ...range });
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('whole');
    expect(out).toMatch(/3\/3\s+6\/6\s+0\s+whole/);
  });

  it('tells an altered log: exit 1, one native finding a line on standard output and nothing else', async () => {
    const { world, digests } = makeTrail(3);
    const id = digests[1]?.logs[0] ?? '';
    world.set(id, { bytes: gzipSync('{}'), metadata: {} });
    const { code, out } = await capture({ ...copy(world, digests.at(-1)?.id), ...range, format: 'ndjson' });
    expect(code).toBe(1);
    const findings = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(findings).toMatchObject([{ kind: 'integrity', code: 'LOG_HASH_MISMATCH', seen: { via: 'scan' } }]);
  });

  it('cannot prove the newest digest of a copy without its metadata: exit 3, and named on standard error', async () => {
    const { world } = makeTrail(3);
    const { code, out, err } = await capture({ ...copy(world, undefined), ...range, format: 'json' });
    expect(code).toBe(3);
    expect(err).toContain('not read: trail-bucket/AWSLogs/');
    expect(JSON.parse(out)).toMatchObject({
      chains: [{ account: CHAIN.account, digests: [{ valid: true }, { valid: true }, { valid: false }] }],
    });
  });

  it('finds no digests in another range: exit 1', async () => {
    const { world, digests } = makeTrail(1);
    const { code, err } = await capture({ ...copy(world, digests[0]?.id), start: '2025-01-01', end: '2025-01-02' });
    expect(code).toBe(1);
    expect(err).toContain('No digests found');
  });

  it('knows the silence of a trail that is asked for by name', async () => {
    const { world, digests } = makeTrail(1);
    const trailArn = `arn:aws:cloudtrail:${CHAIN.homeRegion}:${CHAIN.account}:trail/${CHAIN.trail}`;
    const asked = {
      ...copy(world, digests[0]?.id),
      trailArn,
      region: [CHAIN.region],
      start: '2025-01-01',
      end: '2025-01-02',
    };
    const { code, out } = await capture({ ...asked, format: 'ndjson' });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ code: 'DIGEST_SILENCE', region: CHAIN.region });
  });

  it.each<readonly [string, VerifyOptions, string]>([
    ['nothing to verify', { start: '2026-01-01' }, '--trail-arn A, --bucket B or --dir D'],
    ['no range', { bucket: 'b' }, '--start T or --since'],
    ['two starts', { bucket: 'b', start: '2026-01-01', since: '1d' }, 'not both'],
    ['a start after the end', { bucket: 'b', start: '2026-01-02', end: '2026-01-01' }, '--start must be before --end'],
    ['a time that is none', { bucket: 'b', start: 'yesterday' }, '"yesterday" is no time'],
    ['a duration that is none', { bucket: 'b', since: '1 month' }, 'is no duration'],
    ['an ARN that is none', { trailArn: 'arn:aws:s3:::x', since: '1d' }, 'is no trail ARN'],
    ['an account that is none', { bucket: 'b', account: ['12'], since: '1d' }, 'twelve digits'],
    ['a copy without keys', { dir: '/tmp', since: '1d' }, '--keys F'],
    ['a format that is none', { bucket: 'b', since: '1d', format: 'xml' }, 'table, json or ndjson'],
    ['no concurrency', { bucket: 'b', since: '1d', concurrency: '0' }, 'a number from 1'],
    ['a folder that is not there', { dir: '/nowhere/at/all', keys: 'x', since: '1d' }, 'cannot be read'],
  ])('refuses %s: exit 2', async (_, options, message) => {
    const { code, err } = await capture(options);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('times at the terminal', () => {
  it.each([
    ['2026-03-05T10:00:00Z', '2026-03-05T10:00:00.000Z'],
    ['2026-03-05T10:00+09:00', '2026-03-05T01:00:00.000Z'],
    ['2026-03-05T10:00:30.5-0130', '2026-03-05T11:30:30.500Z'],
    ['2026-03-05T10:00+09', '2026-03-05T01:00:00.000Z'],
    ['2026-03-05T10:00', '2026-03-05T10:00:00.000Z'],
    ['2026-03-05 10:00', '2026-03-05T10:00:00.000Z'],
    ['2026-03-05', '2026-03-05T00:00:00.000Z'],
    ['2026-03-05T10:00z', '2026-03-05T10:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Date(parseTime(text)).toISOString()).toBe(expected);
  });

  it.each(['', '2026', '2026-13-01', '05.03.2026', '2026-03-05T25:00Z', 'now', '2026-03-05T10:00 Europe/Rome'])(
    '%j is refused',
    (text) => {
      expect(() => parseTime(text)).toThrow('is no time');
    },
  );

  it('durations are minutes, hours, days or weeks', () => {
    expect(['90m', '24h', '7d', '2w'].map(parseDuration)).toEqual([5_400_000, 86_400_000, 604_800_000, 1_209_600_000]);
    expect(() => parseDuration('24')).toThrow('is no duration');
  });
});
