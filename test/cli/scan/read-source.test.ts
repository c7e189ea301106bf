import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readSource } from '../../../cli/scan/read-source.ts';
import { isReadable } from '../../../cli/scan/sources.ts';
import { recordStream } from '../../../engine/record/record-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'trailwarden-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = (n: number) => ({ eventID: `e${n}`, eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' });
const text = (n: number): string => JSON.stringify(record(n));
const file = JSON.stringify({ Records: [record(1), record(2)] });
const lines = `${text(1)}\n${text(2)}\n`;
const utf16 = (content: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(content, 'utf16le')]);
const utf16be = (content: string): Buffer => Buffer.from(utf16(content)).swap16();
const large = JSON.stringify({
  Records: [record(1), ...Array(30_000).fill({ eventName: 'x', eventSource: 'y', note: 'n'.repeat(80) })],
});

const read = async (bytes: Buffer | string) => {
  const path = join(folder, 'input.json');
  writeFileSync(path, bytes);
  const ids: string[] = [];
  const faults: string[] = [];
  const source = { kind: 'file', path, size: statSync(path).size, named: true } as const;
  for await (const { content, fault } of readSource(source, () => Promise.reject(new Error('no S3')))) {
    ids.push(...content.records.flatMap(({ eventID }) => (typeof eventID === 'string' ? [eventID] : [])));
    faults.push(...content.malformed, ...(fault === undefined ? [] : [fault]));
  }
  return { ids, faults };
};

describe('readSource', () => {
  it.each([
    ['a log file', file],
    ['with a byte order mark', `\ufeff${file}`],
    ['lines', lines],
    ['lines as Windows ends them', lines.replaceAll('\n', '\r\n')],
    ['lines with a byte order mark', `\ufeff${lines}`],
    ['UTF-16, as PowerShell redirects', utf16(file)],
    ['UTF-16 of the other byte order', utf16be(file)],
    ['lines in UTF-16', utf16(lines)],
    ['an export of CloudWatch Logs', `2026-11-20T00:00:00.000Z ${text(1)}\n2026-11-20T00:00:01.000Z ${text(2)}\n`],
  ])('reads %s, gzipped or not', async (_name, content) => {
    expect(await read(content)).toEqual({ ids: ['e1', 'e2'], faults: [] });
    expect(await read(gzipSync(content))).toEqual({ ids: ['e1', 'e2'], faults: [] });
  });

  it.each([
    ['no bytes', '', [], /no bytes/],
    ['gzip of no bytes', gzipSync(''), [], /no bytes/],
    ['a line that never closes', `${text(1)}\n{oops\n${text(2)}\n`, ['e1', 'e2'], /value 1: /],
    ['a line that ends in a key', `${text(1)}\n{"a\n${text(2)}\n`, ['e1', 'e2'], /value 1: a line break/],
    ['a last line cut short', `${text(1)}\n${text(2).slice(0, -20)}`, ['e1'], /value 1|ends early, in value 1/],
    ['a cut log file', file.slice(0, -40), ['e1'], /ends early, in element 1 of Records/],
    ['a cut large log file', large.slice(0, -9), ['e1'], /ends early, in element 30000 of Records/],
  ])('names what is wrong with %s and reads the rest', async (_name, content, ids, fault) => {
    const { ids: found, faults } = await read(content);
    expect(found).toEqual(ids);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  it('loses of a broken line no more than its own, however many lines and portions follow', () => {
    const stream = recordStream({ containers: ['Records'], maxValueBytes: 2000 });
    const all = Buffer.from(`{oops\n${[...Array(200).keys()].map(text).join('\n')}\n`);
    const items = [];
    for (let at = 0; at < all.length; at += 700) items.push(...stream.push(all.subarray(at, at + 700)));
    items.push(...stream.end());
    expect(items.filter(({ kind }) => kind === 'document')).toHaveLength(200);
    expect(items.filter(({ kind }) => kind !== 'document')).toMatchObject([{ kind: 'malformed', index: 0 }]);
  });
});

describe('a file met in a folder', () => {
  it.each([
    ['a.json.gz', true],
    ['a.NDJSON', true],
    ['deep/000000.gz', true],
    ['000012.gz', true],
    ['access.log.gz', false],
    ['x000000.gz', false],
    ['readme.txt', false],
  ])('%s is read: %s', (name, readable) => {
    expect(isReadable(name)).toBe(readable);
  });
});
