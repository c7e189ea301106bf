import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/record/json.ts';
import { readLogFile } from '../../engine/record/log-file.ts';
import { recordStream, type StreamItem } from '../../engine/record/record-stream.ts';
import { LOOK, QUIET, type Sieve, sift } from '../../engine/record/sift.ts';
import { siftStream } from '../../engine/record/sift-stream.ts';
import { skimmer, TOKEN } from '../../engine/record/skim.ts';
import { anObject, STYLES, writeJson } from './json-text.ts';

/** Passes over records whose `quiet` is a scalar without escapes. */
const sieve = (): Sieve => {
  const { read, isPlain, tokens } = skimmer([['quiet']]);
  return { read, judge: () => (isPlain() && tokens.kinds[0] === TOKEN ? QUIET : LOOK), isWorthwhile: () => true };
};

const options = { containers: ['Records'], maxValueBytes: 1 << 16 };

interface Heard {
  quiet: number;
  readonly values: Json[];
  /** Everything else there is to tell. */
  readonly rest: unknown[];
}

/** The parser counts from where it was given the text, blanks included or not. */
const placeless = (item: StreamItem): StreamItem =>
  'reason' in item ? { ...item, reason: item.reason.replace(/ (?:at position|\().*/, '') } : item;

const cutAt = (bytes: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return places.map((place, at) => bytes.subarray(place, places[at + 1] ?? place));
};

const throughSieve = (text: string | Uint8Array, cuts: readonly number[] = []): Heard => {
  const heard: Heard = { quiet: 0, values: [], rest: [] };
  const stream = siftStream(options, sieve());
  const take = ({ sifted, items }: ReturnType<typeof stream.push>): void => {
    heard.quiet += sifted.quiet;
    for (const { value } of sifted.looks) heard.values.push(value);
    for (const item of items) if (item.kind === 'elements') heard.values.push(...item.values);
    for (const item of items) if (item.kind !== 'elements') heard.rest.push(placeless(item));
  };
  for (const chunk of cutAt(Buffer.from(text), cuts)) take(stream.push(chunk));
  take(stream.end());
  return heard;
};

const isQuiet = (value: Json): boolean => {
  const record = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const field = 'quiet' in record ? record['quiet'] : undefined;
  return field !== undefined && (typeof field !== 'object' || field === null);
};

/** What the plain stream tells, without the records the sieve may pass over. */
const plainly = (text: string | Uint8Array, cuts: readonly number[] = []) => {
  const values: Json[] = [];
  const rest: unknown[] = [];
  const stream = recordStream(options);
  const chunks = cutAt(Buffer.from(text), cuts);
  for (const item of [...chunks.flatMap((chunk) => stream.push(chunk)), ...stream.end()])
    if (item.kind === 'elements') values.push(...item.values);
    else rest.push(placeless(item));
  return { values, rest };
};

const heardAgrees = (text: string | Uint8Array, cuts: readonly number[]): void => {
  const heard = throughSieve(text, cuts);
  const plain = plainly(text, cuts);
  expect(heard.rest).toEqual(plain.rest);
  expect(heard.quiet + heard.values.length).toBe(plain.values.length);
  // Behind the first oddity nothing is sifted: quiet ones may come through there, but never another order.
  const loud = (values: readonly Json[]) => values.filter((value) => !isQuiet(value));
  expect(loud(heard.values)).toEqual(loud(plain.values));
};

const quiet = '{"quiet":1,"x":[{}],"why":"the start of a stream is looked at when there are enough bytes to tell"}';
const loud = '{"loud":"\\u00e9"}';

const DOCUMENTS: readonly (readonly [name: string, text: string, quiet: number])[] = [
  ['nothing but quiet records', `{"Records":[${quiet},${quiet}]}`, 2],
  ['no records', '{"Records":[]}', 0],
  ['blanks wherever they may be', ` {\n"Records" : [ ${quiet} , ${loud}\t,${quiet} ] } \n`, 2],
  ['an element that is no object', `{"Records":[${quiet},7,${quiet}]}`, 1],
  ['a comma before the end', `{"Records":[${quiet},]}`, 1],
  ['a broken record among others', `{"Records":[${quiet},{"a":tru},${loud}]}`, 1],
  ['a record that is cut', `{"Records":[${quiet},{"a":`, 1],
  ['a string that is cut behind a backslash', `{"Records":[${quiet},{"a":"\\`, 1],
  ['an array that is never closed', `{"Records":[${quiet},${loud}`, 1],
  ['keys behind the records', `{"Records":[${quiet}],"x":{"Records":[1]}}`, 1],
  ['keys before the records', `{"x":1,"Records":[${quiet}]}`, 0],
  ['two documents', `{"Records":[${quiet}]}\n{"Records":[${loud}]}`, 1],
  ['text behind the document', `{"Records":[${quiet}]} oops`, 1],
  ['a byte order mark', `\ufeff{"Records":[${quiet}]}`, 0],
  ['lines of records', `${quiet}\n${loud}\n`, 0],
  ['a digest', '{"digestEndTime":"x","logFiles":[]}', 0],
  ['a key that only begins alike', `{"Recordsx":[${quiet}]}`, 0],
  ['a very long record', `{"Records":[${quiet},{"loud":"${'n'.repeat(3000)}"},${quiet}]}`, 2],
  ['a record above the cap', `{"Records":[${quiet},{"loud":"${'n'.repeat(70_000)}"},${quiet}]}`, 2],
  ['no bytes', '', 0],
];

describe('sifting', () => {
  it.each(DOCUMENTS)('tells of %s what the stream of records tells, and passes over what is quiet', (_name, text) => {
    heardAgrees(text, []);
    for (const size of [1, 7, 64, 1000])
      heardAgrees(
        text,
        [...Array(Math.ceil(text.length / size)).keys()].map((at) => at * size),
      );
  });

  it.each(DOCUMENTS)('does pass over the quiet records of %s', (_name, text, expected) => {
    expect(throughSieve(text).quiet).toBe(text.startsWith('{"Records":[') || text.startsWith(' {') ? expected : 0);
  });

  it('holds for any records, styles, cuts and damage', () => {
    const damage = fc.option(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { nil: undefined });
    const record = fc
      .tuple(anObject, fc.constantFrom<Json>(1, 'q', [], null))
      .map(([some, q]) => ({ ...some, quiet: q }));
    const records = fc.array(fc.oneof(record, anObject), { maxLength: 8 });
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    let passed = 0;
    fc.assert(
      fc.property(records, fc.constantFrom(...STYLES), cuts, damage, (some, style, places, hurt) => {
        const bytes = Buffer.from(`{"Records":[${some.map((each) => writeJson(each, style)).join(',')}]}`);
        if (hurt !== undefined) bytes[12 + (hurt.at % (bytes.length - 12))] = hurt.byte;
        heardAgrees(bytes, places);
        passed += throughSieve(bytes).quiet;
      }),
      { numRuns: 2000 },
    );
    expect(passed).toBeGreaterThan(400);
  });

  it('changes nothing about what a log file is, but for the quiet records', () => {
    const damage = fc.option(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { nil: undefined });
    const record = fc.tuple(anObject, fc.constantFrom<Json>(1, [], null)).map(([some, q]) => ({ ...some, quiet: q }));
    const element = fc.oneof(
      { weight: 8, arbitrary: record },
      { weight: 1, arbitrary: fc.constantFrom<Json>(1, 'x', []) },
    );
    const frame = fc.constantFrom(
      '{"Records":[%]}',
      '[%]',
      '{"a":0,"Records":[%]}',
      '{"Records":[%]} ',
      '{"Records":[%]}{',
    );
    let passed = 0;
    fc.assert(
      fc.property(fc.array(element, { maxLength: 6 }), frame, damage, (elements, around, hurt) => {
        const [before = '', behind = ''] = around.split('%');
        const bytes = Buffer.from(`${before}${elements.map((each) => writeJson(each, 'compact')).join(',')}${behind}`);
        if (hurt !== undefined) bytes[hurt.at % bytes.length] = hurt.byte;
        const stored = gzipSync(bytes);
        const parsed = readLogFile(stored, { maxBytes: 1 << 20 });
        const sifted = readLogFile(stored, { maxBytes: 1 << 20, sieve: sieve() });
        if (sifted.kind !== 'records' || sifted.quiet === 0 || parsed.kind !== 'records')
          expect(sifted).toEqual(parsed);
        else {
          passed += sifted.quiet;
          expect(sifted.records.length + sifted.quiet).toBe(parsed.records.length);
          const loud = parsed.records.filter(({ record: each }) => !isQuiet(each));
          expect(sifted.records.filter(({ record: each }) => !isQuiet(each))).toEqual(loud);
          expect([sifted.malformed, sifted.sha256]).toEqual([parsed.malformed, parsed.sha256]);
        }
      }),
      { numRuns: 3000 },
    );
    expect(passed).toBeGreaterThan(200);
  });

  it('leaves the bytes as they were', () => {
    const bytes = Buffer.from(`{"Records":[${quiet},${loud}]}`);
    const before = Buffer.from(bytes);
    sift(bytes, sieve());
    expect(bytes).toEqual(before);
  });

  it.each([
    ['a document that is no log file', '{"a":1}'],
    ['a damaged one', `{"Records":[${quiet},{]}`],
    ['one with more keys', `{"Records":[${quiet}],"b":1}`],
    ['one with text behind it', `{"Records":[${quiet}]}x`],
    ['one that is cut', `{"Records":[${quiet}]`],
  ])('has the parser say what %s is', (_name, text) => {
    expect(sift(Buffer.from(text), sieve())).toBeUndefined();
  });

  it('numbers the records that are left', () => {
    const bytes = Buffer.from(`{"Records":[${quiet},${loud},${quiet},${quiet},${loud}]}`);
    expect(sift(bytes, sieve())).toMatchObject({
      elements: 5,
      quiet: 3,
      looks: [
        { index: 1, quietBefore: 1, value: { loud: 'é' } },
        { index: 4, quietBefore: 3 },
      ],
    });
  });
});
