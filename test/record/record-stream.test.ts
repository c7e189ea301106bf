import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/record/json.ts';
import { recordStream, type StreamItem } from '../../engine/record/record-stream.ts';

const options = { containers: ['Records'], maxValueBytes: 1 << 20 };

/** Feeds the text cut at the given places. */
const stream = (text: string | Uint8Array, cuts: readonly number[] = [], given = options): readonly StreamItem[] => {
  const bytes = Buffer.from(text);
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  const split = recordStream(given);
  const items = places.flatMap((place, at) => [...split.push(bytes.subarray(place, places[at + 1] ?? place))]);
  return [...items, ...split.end()];
};

const elementsOf = (items: readonly StreamItem[]): readonly Json[] =>
  items.flatMap((item) => (item.kind === 'elements' ? [...item.values] : []));

const documentsOf = (items: readonly StreamItem[]): readonly Json[] =>
  items.flatMap((item) => (item.kind === 'document' ? [item.value] : []));

const everyByte = (text: string): readonly number[] => [...Buffer.from(text).keys()];

describe('recordStream', () => {
  it.each([
    ['an empty Records array', '{"Records":[]}', []],
    ['blanks in an empty array', '{"Records": [ \n ] }', []],
    ['one record', '{"Records":[{"a":1}]}', [{ a: 1 }]],
    [
      'other keys around Records',
      '{"x":{"Records":[9]},"Records":[{"a":[1,{"b":2}]}],"y":[3]}',
      [{ a: [1, { b: 2 }] }],
    ],
    ['elements that are no objects', '{"Records":[1,"],",null,[{}],{"a":"}"}]}', [1, '],', null, [{}], { a: '}' }]],
    ['a key written with escapes', '{"\\u0052ecords":[{"a":1}]}', [{ a: 1 }]],
    ['quotes and backslashes in strings', '{"Records":[{"a":"\\\\"},{"b":"\\",{"}]}', [{ a: '\\' }, { b: '",{' }]],
    ['a bare array', '[{"a":1},{"b":2}]', [{ a: 1 }, { b: 2 }]],
    ['a byte order mark', '\ufeff{"Records":[{"a":"é€😀"}]}', [{ a: 'é€😀' }]],
    ['two documents', '{"Records":[{"a":1}]}\n{"Records":[{"a":2}]}', [{ a: 1 }, { a: 2 }]],
  ])('reads %s, cut anywhere', (_name, text, expected) => {
    expect(elementsOf(stream(text))).toEqual(expected);
    expect(elementsOf(stream(text, everyByte(text)))).toEqual(expected);
    expect(stream(text, everyByte(text)).every(({ kind }) => kind === 'elements')).toBe(true);
  });

  it.each([
    [
      'a document without a container',
      '{"digestEndTime":"x","logFiles":[{"a":1}]}',
      [{ digestEndTime: 'x', logFiles: [{ a: 1 }] }],
    ],
    ['Records that is no array', '{"Records":{"a":1}}', [{ Records: { a: 1 } }]],
    ['Records deeper in the document', '{"x":{"Records":[1]}}', [{ x: { Records: [1] } }]],
    ['a value that reads like the key', '{"x":"Records","y":[1]}', [{ x: 'Records', y: [1] }]],
    ['lines of NDJSON', '{"a":1}\n{"a":2}\r\n\n{"a":3}\n', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    [
      'lines with a time stamp in front',
      '2026-01-01T00:00:00.000Z {"a":1}\n2026-01-01T00:00:01.000Z {"a":2}',
      [{ a: 1 }, { a: 2 }],
    ],
  ])('gives %s whole, cut anywhere', (_name, text, expected) => {
    expect(documentsOf(stream(text))).toEqual(expected);
    expect(documentsOf(stream(text, everyByte(text)))).toEqual(expected);
  });

  it('counts the elements of an array through all portions', () => {
    const text = JSON.stringify({ Records: [...Array(50).keys()].map((n) => ({ n })) });
    const firsts = stream(text, [10, 100, 300, 301]).map((item) =>
      item.kind === 'elements' ? [item.first, item.values.length] : [],
    );
    let next = 0;
    for (const [first = -1, count = 0] of firsts) {
      expect(first).toBe(next);
      next += count;
    }
    expect(next).toBe(50);
  });

  it('names a broken element by its index and keeps the others', () => {
    expect(stream('{"Records":[{"a":1},{"b":tru},{"c":3},]}')).toEqual([
      { kind: 'elements', container: 'Records', first: 0, values: [{ a: 1 }] },
      { kind: 'malformed', container: 'Records', index: 1, reason: expect.stringContaining('JSON') },
      { kind: 'elements', container: 'Records', first: 2, values: [{ c: 3 }] },
      { kind: 'malformed', container: 'Records', index: 3, reason: expect.stringContaining('JSON') },
    ]);
  });

  it.each([1, 7, 64, 5000])(
    'skips an element beyond the cap and keeps its neighbours (portions of %i bytes)',
    (size) => {
      const text = JSON.stringify({ Records: [{ a: 1 }, { big: 'x'.repeat(3000) }, { c: 3 }, { d: 4 }] });
      const cuts = [...Array(Math.floor(text.length / size)).keys()].map((n) => n * size);
      const items = stream(text, cuts, { containers: ['Records'], maxValueBytes: 1000 });
      const kept = elementsOf(items);
      // In one portion the element is no burden: it is read.
      expect(kept.filter((value) => JSON.stringify(value).length < 100)).toEqual([{ a: 1 }, { c: 3 }, { d: 4 }]);
      if (size < 1000)
        expect(items).toContainEqual({
          kind: 'malformed',
          container: 'Records',
          index: 1,
          reason: 'larger than 1000 bytes',
        });
    },
  );

  it.each([
    ['{"Records":[{"a":1},{"b"', [{ a: 1 }], 'element 1 of Records'],
    ['[{"a":1},', [{ a: 1 }], 'element 1 of the array'],
    ['{"a":1', [], 'value 0'],
  ])('gives what came before the early end of %s', (text, expected, place) => {
    const items = stream(text, everyByte(text));
    expect(elementsOf(items)).toEqual(expected);
    expect(items.at(-1)).toMatchObject({ kind: 'truncated', reason: expect.stringContaining(place) });
  });

  it('loses only the broken line of NDJSON', () => {
    const text = '{"a":1}\n{"b":"cut\n{"c":3}\nnot json\n{"d":4}\n';
    const items = stream(text);
    expect(documentsOf(items)).toEqual([{ a: 1 }, { c: 3 }, { d: 4 }]);
    expect(items.filter(({ kind }) => kind === 'malformed')).toHaveLength(2);
  });

  it('gives what JSON.parse gives, however the bytes are cut', () => {
    const document = fc.record(
      { Records: fc.array(fc.jsonValue(), { maxLength: 12 }), before: fc.jsonValue(), after: fc.jsonValue() },
      { requiredKeys: ['Records'] },
    );
    fc.assert(
      fc.property(document, fc.array(fc.nat(2000), { maxLength: 20 }), fc.constantFrom(0, 2), (value, cuts, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const parsed: { readonly Records: readonly Json[] } = JSON.parse(text);
        expect(elementsOf(stream(text, cuts))).toEqual(parsed.Records);
      }),
      { numRuns: 2000 },
    );
  });

  it('throws on no bytes at all', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      '\n',
      'Records',
      '"Records":[',
      '1',
      ' ',
      '\ufeff',
    );
    const text = fc.oneof(
      fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join('')),
      fc.string(),
    );
    const bytes = fc.oneof(
      text.map((t) => Buffer.from(t)),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60), { maxLength: 6 }), (value, cuts) => {
        stream(value, cuts, { containers: ['Records'], maxValueBytes: 20 });
      }),
      { numRuns: 5000 },
    );
  });
});
