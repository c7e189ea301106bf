import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../engine/finding/finding.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ObjectRead } from '../../engine/ports.ts';
import { UnsettledFindingsError } from '../../engine/publish-findings.ts';
import { type ScanWorld, scanLogFile } from '../../engine/scan-log-file.ts';
import { countersAgree } from '../../engine/scan-records.ts';
import { logFile, logKey, record, rule, ruleSet } from './fake-rules.ts';

const NOW = Date.parse('2026-03-05T12:05:00Z');
const location = { bucket: 'trail', key: logKey('AbCdEfGhIjKlMnOp') };
const found = (bytes: Uint8Array): ObjectRead => ({ kind: 'found', bytes, metadata: {}, versionId: 'v1' });

const world = (read: ObjectRead, over: Partial<ScanWorld> = {}) => {
  const published: Finding[] = [];
  const ledger = memoryLedger();
  let owners = 0;
  const scan: ScanWorld = {
    ledger,
    publish: async (finding) => void published.push(finding),
    clock: () => NOW,
    newOwner: () => `owner-${owners++}`,
    ruleSet: ruleSet(rule('Bad'), rule('Quiet', { mode: 'shadow' }), rule('Noisy', { suppressSeconds: 3600 })),
    readObject: async () => read,
    limits: { maxStoredBytes: 1000, maxInflatedBytes: 100_000 },
    ...over,
  };
  return { scan: scanLogFile(scan), published, ledger };
};

const mixed = [
  record('Fine', 'e0'),
  record('Bad', 'e1'),
  'no record',
  record('Quiet', 'e2'),
  record('Noisy', 'e3'),
  record('Noisy', 'e4'),
  record('Bad', 'e1'),
];

describe('a log file that can be read', () => {
  it('has each record and each match in one count', async () => {
    const { scan, published } = world(found(logFile(mixed)));
    const report = await scan(location, 'delivered');
    expect(report).toMatchObject({
      kind: 'scanned',
      counters: {
        recordsIn: 7,
        scanned: 6,
        malformed: 1,
        matches: 5,
        published: 2,
        repeated: 1,
        suppressed: 1,
        shadowed: 1,
        delays: [300_000, 300_000],
      },
      elsewhere: 0,
    });
    expect(report.kind === 'scanned' && countersAgree(report.counters)).toBe(true);
    expect(published.map(({ kind, title, code }) => code ?? `${kind} ${title}`)).toEqual([
      'detection Bad',
      'detection Noisy',
      'RECORDS_MALFORMED',
    ]);
  });

  it('is remembered with its hash and its counts, under the version that was read', async () => {
    const bytes = logFile(mixed);
    const { scan, ledger } = world(found(bytes));
    await scan(location, 'delivered');
    const sha256 = createHash('sha256').update(gunzipSync(bytes)).digest('hex');
    expect(await ledger.getFile(location)).toEqual({
      location: { ...location, versionId: 'v1' },
      sha256,
      records: 6,
      malformed: 1,
      matches: 5,
      ruleSetVersion: 'rules-1',
      scannedAt: '2026-03-05T12:05:00.000Z',
    });
  });

  it('publishes nothing the second time, and counts the same matches', async () => {
    const { scan, published } = world(found(logFile(mixed)));
    await scan(location, 'delivered');
    const before = published.length;
    expect(await scan(location, 'backfill')).toMatchObject({
      counters: { matches: 5, published: 0, repeated: 3, suppressed: 1, shadowed: 1 },
    });
    expect(published).toHaveLength(before);
  });

  it('found by a backfill says nothing of how fast deliveries are', async () => {
    const { scan } = world(found(logFile([record('Bad', 'e1')])));
    expect(await scan(location, 'backfill')).toMatchObject({ counters: { published: 1, delays: [] } });
  });

  it('names the malformed record with file and index', async () => {
    const { scan, published } = world(found(logFile([null, record('Fine', 'e0'), 7])));
    await scan(location, 'delivered');
    expect(published).toMatchObject([
      {
        code: 'RECORDS_MALFORMED',
        summary: expect.stringContaining(location.key),
        details: { count: 2, records: [{ index: 0 }, { index: 2 }] },
      },
    ]);
  });

  it('may have no records', async () => {
    const { scan, ledger } = world(found(logFile([])));
    expect(await scan(location, 'delivered')).toMatchObject({ kind: 'scanned', counters: { recordsIn: 0 } });
    expect(await ledger.getFile(location)).toMatchObject({ records: 0 });
  });

  it('counts records delivered to another account than its key names, and raises nothing', async () => {
    const other = { ...record('Fine', 'e9'), recipientAccountId: '111122223333' };
    const { scan, published } = world(found(logFile([other, record('Fine', 'e8')])));
    expect(await scan(location, 'delivered')).toMatchObject({ elsewhere: 1 });
    expect(published).toEqual([]);
  });

  it('is scanned although data was appended, which is a finding', async () => {
    const bytes = Buffer.concat([logFile([record('Bad', 'e1')]), Buffer.from('more')]);
    const { scan, published } = world(found(bytes));
    expect(await scan(location, 'delivered')).toMatchObject({ kind: 'scanned', counters: { published: 1 } });
    expect(published.map(({ code, title }) => code ?? title)).toEqual(['FILE_TRAILING_DATA', 'Bad']);
  });

  it('of aggregated events is counted and remembered, not scanned', async () => {
    const aggregated = { eventCategory: 'Aggregated', eventName: 'Bad', eventId: 'a' };
    const { scan, published, ledger } = world(found(gzipSync(JSON.stringify([aggregated, aggregated]))));
    expect(await scan(location, 'delivered')).toMatchObject({ kind: 'aggregated', count: 2 });
    expect(published).toEqual([]);
    expect(await ledger.getFile(location)).toMatchObject({ records: 0, matches: 0 });
  });

  it('that is a digest is left to on-digest', async () => {
    const { scan } = world(found(gzipSync(JSON.stringify({ digestEndTime: '2026-03-05T12:00:00Z' }))));
    expect(await scan(location, 'delivered')).toMatchObject({ kind: 'digest' });
  });
});

describe('a log file that cannot be read is a finding, and not done', () => {
  const good = logFile([record('Bad', 'e1')]);
  const flipped = Buffer.from(good);
  flipped[good.length - 6] = (good[good.length - 6] ?? 0) ^ 1;
  const unreadable = (code: string): ObjectRead => ({ kind: 'unreadable', code, reason: 'because' });

  it.each<[string, ObjectRead, string, string]>([
    ['truncated', found(good.subarray(0, good.length - 4)), 'FILE_UNREADABLE', 'truncated'],
    ['empty', found(Buffer.alloc(0)), 'FILE_UNREADABLE', 'truncated'],
    ['with a wrong check sum', found(flipped), 'FILE_UNREADABLE', 'corrupt'],
    ['no gzip', found(Buffer.from('{"Records":[]}')), 'FILE_UNREADABLE', 'not-gzip'],
    ['no JSON', found(gzipSync('hello')), 'FILE_UNREADABLE', 'not-json'],
    ['JSON of another kind', found(gzipSync('{"a":1}')), 'FILE_UNREADABLE', 'not-a-log-file'],
    ['larger inflated than any', found(gzipSync(Buffer.alloc(200_000, 32))), 'FILE_TOO_LARGE', 'too-large'],
    ['larger stored than any', unreadable('TooLarge'), 'FILE_TOO_LARGE', 'too-large'],
    ['gone', { kind: 'missing' }, 'FILE_MISSING', 'missing'],
    ['denied', unreadable('AccessDenied'), 'FILE_DENIED', 'denied'],
    ['under a disabled key', unreadable('KMS.DisabledException'), 'FILE_DENIED', 'denied'],
  ])('%s', async (_, read, code, fault) => {
    const { scan, published, ledger } = world(read);
    expect(await scan(location, 'delivered')).toMatchObject({ kind: 'faulty', fault: { fault } });
    expect(await scan({ ...location, versionId: 'v1' }, 'delivered')).toMatchObject({ kind: 'faulty' });
    expect(published).toMatchObject([
      {
        kind: 'health',
        code,
        account: '123456789012',
        region: 'eu-west-1',
        summary: expect.stringContaining(location.key),
        seen: { via: 'delivered', object: { bucket: 'trail', key: location.key } },
      },
    ]);
    expect(await ledger.getFile(location)).toBeUndefined();
  });
});

describe('a finding whose fate is open', () => {
  it('keeps the message: the topic fails once, the others are published, the next time only the missing one', async () => {
    let failures = 1;
    const sent: string[] = [];
    const { scan, ledger } = world(found(logFile([record('Bad', 'e1'), record('Bad', 'e2'), record('Bad', 'e3')])), {
      publish: async ({ event }) => {
        if (event?.id === 'e2' && failures-- > 0) throw new Error('throttled');
        sent.push(event?.id ?? '');
      },
    });
    const failed = await scan(location, 'delivered').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UnsettledFindingsError);
    expect(failed).toMatchObject({ unsettled: [{ reason: 'failed' }], cause: { message: 'throttled' } });
    expect(await ledger.getFile(location)).toBeUndefined();
    expect(await scan(location, 'delivered')).toMatchObject({ counters: { published: 1, repeated: 2 } });
    expect(sent.toSorted()).toEqual(['e1', 'e2', 'e3']);
  });

  it('is held while another worker publishes it, and done when that one has', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ledger = memoryLedger();
    const read = found(logFile([record('Bad', 'e1')]));
    const slow = world(read, { ledger, publish: () => promise, newOwner: () => 'slow' });
    const other = world(read, { ledger, newOwner: () => 'other' });
    const first = slow.scan(location, 'delivered');
    await expect(other.scan(location, 'delivered')).rejects.toMatchObject({ unsettled: [{ reason: 'held' }] });
    resolve();
    expect(await first).toMatchObject({ counters: { published: 1 } });
    expect(await other.scan(location, 'delivered')).toMatchObject({ counters: { repeated: 1 } });
    expect(other.published).toEqual([]);
  });

  it('is waited for where the world can wait, and the message need not come again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ledger = memoryLedger();
    const read = found(logFile([record('Bad', 'e1')]));
    const slow = world(read, { ledger, publish: () => promise, newOwner: () => 'slow' });
    const first = slow.scan(location, 'delivered');
    const waits: number[] = [];
    const pause = async (milliseconds: number) => {
      waits.push(milliseconds);
      if (waits.length < 2) return;
      resolve();
      await first;
    };
    const other = world(read, { ledger, pause, newOwner: () => 'other' });
    expect(await other.scan(location, 'delivered')).toMatchObject({ counters: { repeated: 1, published: 0 } });
    expect(waits).toEqual([100, 300]);
  });
});

describe('a log file that was scanned before', () => {
  const one = logFile([record('Fine', 'e0')]);
  const other = logFile([record('Fine', 'e9')]);
  const read = (bytes: Uint8Array, versionId?: string): ObjectRead => ({
    kind: 'found',
    bytes,
    metadata: {},
    ...(versionId === undefined ? {} : { versionId }),
  });

  it.each([
    ['the same version again', [read(one, 'v1'), read(one, 'v1')], []],
    ['unversioned, with the same content', [read(one), read(one)], []],
    ['unversioned, with other content', [read(one), read(other)], ['high']],
    ['another version with other content', [read(one, 'v1'), read(other, 'v2')], ['high']],
    ['another version with the same content', [read(one, 'v1'), read(one, 'v2')], ['low']],
    ['a version where there was none, with the same content', [read(one), read(one, 'v1')], []],
    ['an unversioned object, called null', [read(one, 'null'), read(one)], []],
    ['an unversioned object, called null, with other content', [read(one, 'null'), read(other)], ['high']],
    ['a version where there was none', [read(one), read(other, 'v1')], ['high']],
    ['both versions, again and the other way round', [read(one, 'v1'), read(other, 'v2'), read(one, 'v1')], ['high']],
  ] as const)('%s', async (_, reads, severities) => {
    const rest = [...reads];
    const { scan, published, ledger } = world(read(one), {
      readObject: async () => rest.shift() ?? { kind: 'missing' },
    });
    for (const _read of reads) expect(await scan(location, 'delivered')).toMatchObject({ kind: 'scanned' });
    expect(published.map(({ code, severity }) => [code, severity])).toEqual(
      severities.map((severity) => ['LOG_REWRITTEN', severity]),
    );
    expect(ledger.files()).toHaveLength(1);
  });

  it('keeps the digest that lists it while its content is the same', async () => {
    const { scan, ledger } = world(read(one, 'v1'));
    await scan(location, 'delivered');
    const [item] = ledger.files();
    if (item !== undefined) await ledger.putFile({ ...item, listedBy: 'digest' }, NOW);
    await scan(location, 'delivered');
    expect(ledger.files()[0]?.listedBy).toBe('digest');
  });

  it('is not remembered anew while the finding cannot be published: it is told when the message comes again', async () => {
    const rest = [read(one, 'v1'), read(other, 'v2'), read(other, 'v2')];
    let open = false;
    const published: Finding[] = [];
    const { scan } = world(read(one), {
      readObject: async () => rest.shift() ?? { kind: 'missing' },
      publish: async (finding) => {
        if (!open) throw new Error('closed');
        published.push(finding);
      },
    });
    await scan(location, 'delivered');
    await expect(scan(location, 'delivered')).rejects.toThrow(UnsettledFindingsError);
    open = true;
    await scan(location, 'delivered');
    expect(published.map(({ code }) => code)).toEqual(['LOG_REWRITTEN']);
  });
});
