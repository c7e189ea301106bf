import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foundFindings } from '../../../cli/scan/found.ts';
import { inflateChunks } from '../../../cli/scan/inflate.ts';
import { countFigures } from '../../../cli/scan/report-figures.ts';
import type { FoundLine } from '../../../cli/scan/scan-source.ts';
import { readTime } from '../../../cli/scan/times.ts';
import { findingOf } from '../../finding/samples.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

describe('readTime', () => {
  it.each([
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
    ['2026-11-01T08:00:00+02:00', '2026-11-01T06:00:00.000Z'],
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['24h', '2026-11-20T12:00:00.000Z'],
    ['90m', '2026-11-21T10:30:00.000Z'],
    ['7d', '2026-11-14T12:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(readTime('--since', text, now)).toISOString()).toBe(expected);
  });

  it.each(['', 'yesterday', '2026-11-01T08:00:00', '2026-13-01', '2026-02-30', '24', '1y', '2026-11-01T25:00:00Z'])(
    'refuses "%s"',
    (text) => {
      expect(() => readTime('--until', text, now)).toThrow(/--until .*expected a time/);
    },
  );
});

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const inflate = async (bytes: Uint8Array, size: number): Promise<{ bytes: Buffer; error?: string }> => {
  const portions: Buffer[] = [];
  try {
    for await (const portion of inflateChunks(chunksOf(bytes, size))) portions.push(portion);
  } catch (error) {
    return { bytes: Buffer.concat(portions), error: String(error) };
  }
  return { bytes: Buffer.concat(portions) };
};

describe('inflateChunks', () => {
  const data = Buffer.from([...Array(40_000).keys()].map((n) => (n * n * 7919) % 251));
  const gzipped = gzipSync(data);

  it.each([1, 13, 1000, 65_536])('gives what was gzipped, from portions of %i bytes', async (size) => {
    expect(await inflate(gzipped, size)).toEqual({ bytes: data });
  });

  it.each([
    ['a cut stream', gzipped.subarray(0, 300), /ends early/],
    ['a cut trailer', gzipped.subarray(0, -3), /trailer has 5 of 8/],
    ['a cut header', gzipped.subarray(0, 5), /inside the gzip header/],
    ['no bytes', Buffer.alloc(0), /inside the gzip header/],
    ['another member behind', Buffer.concat([gzipped, gzipped]), /behind the first gzip member/],
    ['a byte behind', Buffer.concat([gzipped, Buffer.from('x')]), /behind the first gzip member/],
    ['a wrong checksum', Buffer.concat([gzipped.subarray(0, -8), Buffer.alloc(4), gzipped.subarray(-4)]), /CRC-32/],
    ['a wrong size', Buffer.concat([gzipped.subarray(0, -4), Buffer.alloc(4)]), /size in the gzip trailer/],
  ])('reports %s, whatever the portions', async (_name, bytes, error) => {
    for (const size of [1, 100, 100_000]) expect((await inflate(bytes, size)).error).toMatch(error);
  });

  it('gives all of the first member before it reports what stands behind', async () => {
    expect((await inflate(Buffer.concat([gzipped, gzipped]), 64)).bytes.equals(data)).toBe(true);
  });
});

const line = (n: number, fields: Partial<FoundLine> = {}): FoundLine => ({
  ...{ id: n.toString(16).padStart(32, '0'), time: '2026-11-20T00:00:00Z', title: 'T', severity: 'high', group: 'g' },
  ...{ source: 0, record: n, json: `{"n":${n}}`, ...fields },
});

describe('foundFindings', () => {
  it('sorts by time, then title, and keeps the first of equals whoever comes first', () => {
    const all = [
      line(1, { time: '2026-11-20T00:00:09Z' }),
      line(2, { title: 'B' }),
      line(3, { title: 'A' }),
      line(4, { time: '2026-11-20T00:00:05Z', source: 2, json: '"later"' }),
      line(4, { time: '2026-11-20T00:00:05Z', source: 1, json: '"first"' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        const found = foundFindings();
        for (const each of shuffled) found.add(each);
        expect([...found.lines()]).toEqual(['{"n":3}', '{"n":2}', '"first"', '{"n":1}']);
        expect(found.count()).toBe(4);
      }),
    );
  });

  it('gives back what it put on disk', () => {
    const found = foundFindings();
    const texts = [...Array(60).keys()].map((n) =>
      JSON.stringify({ n, text: `é${n}`.repeat(n % 7 === 0 ? 700_000 : 200_000) }),
    );
    texts.forEach((json, n) => {
      found.add(line(n, { json, time: new Date(now + n * 1000).toISOString() }));
    });
    let at = 0;
    for (const json of found.lines()) {
      expect(json === texts[at]).toBe(true);
      at += 1;
    }
    expect(at).toBe(texts.length);
    found.close();
  });

  it('puts findings of one group together, the severest first, the earliest as example, in any order', () => {
    const at = (second: number): string => `2026-11-20T00:00:0${second}Z`;
    const all = [
      line(1, { severity: 'low', title: 'L', group: 'l' }),
      line(2, { time: at(3), source: 1 }),
      line(3, { time: at(2), source: 2 }),
      line(4, { time: at(5), source: 1 }),
      line(5, { title: 'S', severity: 'critical', group: 's', time: at(9) }),
      line(6, { group: 'other', time: at(1) }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        const found = foundFindings();
        for (const each of shuffled) found.add(each);
        const groups = found.groups();
        expect(groups.map(({ title, count, sources }) => `${title} ${count} ${sources}`)).toEqual([
          'S 1 1',
          'T 1 1',
          'T 3 2',
          'L 1 1',
        ]);
        expect(groups[2]).toMatchObject({ first: Date.parse(at(2)), last: Date.parse(at(5)) });
        expect(groups.map(found.example)).toEqual(['{"n":5}', '{"n":6}', '{"n":3}', '{"n":1}']);
        expect(found.bySeverity().get('high')).toBe(4);
      }),
    );
  });
});

describe('countFigures', () => {
  it('covers the whole span in equal steps', () => {
    const { add, figures } = countFigures();
    for (const eventTime of ['2026-11-20T00:00:00Z', '2026-11-20T02:30:00Z']) add(findingOf({ eventTime }));
    const { timeline, rules } = figures();
    expect(timeline.map(({ total }) => total).reduce((a, b) => a + b)).toBe(2);
    expect(timeline[0]).toMatchObject({ name: '2026-11-20 00:00', total: 1 });
    expect(timeline.at(-1)).toMatchObject({ name: '2026-11-20 02:30', total: 1 });
    expect(timeline.length).toBeLessThanOrEqual(48);
    expect(rules).toMatchObject([{ name: 'CloudTrail Logging Stopped', total: 2 }]);
  });

  it('draws nothing where no finding has a time', () => {
    const { add, figures } = countFigures();
    add(findingOf({ eventTime: 'never' }));
    expect(figures().timeline).toEqual([]);
  });
});
