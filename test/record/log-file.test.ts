import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLogFile } from '../../engine/record/log-file.ts';

const limits = { maxBytes: 1_000_000 };
const read = (value: unknown) =>
  readLogFile(gzipSync(typeof value === 'string' ? value : JSON.stringify(value)), limits);
const record = { eventName: 'StopLogging', eventCategory: 'Management' };

describe('readLogFile', () => {
  it('gives the records in order, duplicates included, with size and hash of the inflated bytes', () => {
    const text = JSON.stringify({ Records: [record, record, { eventName: 'Ünïcode €' }] });
    expect(read(text)).toEqual({
      kind: 'records',
      category: 'log',
      records: [
        { index: 0, record },
        { index: 1, record },
        { index: 2, record: { eventName: 'Ünïcode €' } },
      ],
      quiet: 0,
      malformed: [],
      inflatedBytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    });
  });

  it('reports a malformed record with its index and keeps the others', () => {
    expect(read({ Records: [record, null, 'x', record] })).toMatchObject({
      kind: 'records',
      records: [{ index: 0 }, { index: 3 }],
      malformed: [
        { index: 1, reason: 'expected a JSON object, found null' },
        { index: 2, reason: 'expected a JSON object, found a string' },
      ],
    });
  });

  it.each([
    ['an empty file of records', { Records: [] }, { kind: 'records', category: 'log', records: [] }],
    ['a byte order mark', '\ufeff{"Records":[]}', { kind: 'records' }],
    ['a bare array of records', [record], { kind: 'records', records: [{ index: 0, record }] }],
    ['insights', { Records: [{ eventCategory: 'Insight' }] }, { kind: 'records', category: 'insight' }],
    ['aggregated events as a bare array', [{ eventCategory: 'Aggregated' }], { kind: 'aggregated', count: 1 }],
    ['aggregated events in Records', { Records: [{ eventCategory: 'Aggregated' }] }, { kind: 'aggregated', count: 1 }],
    ['calls among aggregated events', [{ eventCategory: 'Aggregated' }, record], { kind: 'records' }],
    ['a digest', { awsAccountId: '1', digestEndTime: 'x', logFiles: [] }, { kind: 'digest' }],
    ['a key of every object as a field', '{"Records":[{"__proto__":{"a":1},"constructor":1}]}', { kind: 'records' }],
  ])('tells %s', (_name, value, expected) => {
    expect(read(value)).toMatchObject(expected);
  });

  it.each([
    ['not gzip', Buffer.from('{"Records":[]}'), 'not-gzip', /gzip header/],
    ['no bytes', Buffer.alloc(0), 'truncated', /0 bytes/],
    ['half of the bytes', gzipSync(JSON.stringify({ Records: [record] })).subarray(0, 40), 'truncated', /ends? early/],
    ['no trailer', gzipSync('{"Records":[]}').subarray(0, -5), 'truncated', /trailer/],
    ['more than the cap', gzipSync(Buffer.alloc(1_000_001)), 'too-large', /1000000/],
    ['text', gzipSync('hello'), 'not-json', /JSON/],
    ['no content', gzipSync(''), 'not-json', /JSON/],
    ['another document', gzipSync('{"a":1,"b":2}'), 'not-a-log-file', /object with "a", "b"/],
    ['Records that is no array', gzipSync('{"Records":{}}'), 'not-a-log-file', /"Records"/],
    ['a number', gzipSync('1'), 'not-a-log-file', /a number/],
  ])('names the fault of %s', (_name, bytes, fault, reason) => {
    expect(readLogFile(bytes, limits)).toEqual({ kind: 'fault', fault, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['garbage', Buffer.from('x'), '1 bytes behind the first gzip member; CloudTrail'],
    ['another member', gzipSync('{"Records":[1]}'), 'which start another member'],
  ])('reports %s behind the member, and still gives what was signed', (_name, tail, reason) => {
    const read = readLogFile(Buffer.concat([gzipSync(JSON.stringify({ Records: [record] })), tail]), limits);
    expect(read).toMatchObject({
      kind: 'fault',
      fault: 'trailing-data',
      reason: expect.stringContaining(reason),
      firstMember: { kind: 'records', records: [{ index: 0, record }], malformed: [] },
    });
  });

  it('reads a document too big for one string, and finds its faults', () => {
    const padding = ' '.repeat(64 * 1024 * 1024);
    const big = (text: string) => readLogFile(gzipSync(text, { level: 1 }), { maxBytes: 100_000_000 });
    expect(big(`{"Records":[${JSON.stringify(record)},${padding}7,{"a":tru}]}`)).toMatchObject({
      kind: 'records',
      records: [{ index: 0, record }],
      malformed: [
        { index: 1, reason: 'expected a JSON object, found a number' },
        { index: 2, reason: expect.stringContaining('JSON') },
      ],
    });
    expect(big(`{"Records":[${padding}`)).toMatchObject({
      fault: 'not-json',
      reason: expect.stringContaining('ends early'),
    });
    expect(big(`${padding}{"digestEndTime":"x"}`)).toMatchObject({ kind: 'digest' });
  });

  it('throws on no bytes at all', () => {
    const gzipped = fc.oneof(fc.string(), fc.json()).map((text) => gzipSync(text));
    const damaged = fc.tuple(gzipped, fc.nat(200), fc.nat(255)).map(([bytes, at, value]) => {
      bytes[at % bytes.length] = value;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), gzipped, damaged), (bytes) => {
        readLogFile(bytes, { maxBytes: 1000 });
      }),
      { numRuns: 3000 },
    );
  });
});
