import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ABSENT, BROKEN, COMPLEX, INCOMPLETE, skimmer } from '../../engine/record/skim.ts';
import { resolve } from '../../engine/rule/path.ts';
import { anObject, STYLES, writeJson } from './json-text.ts';

const PATHS = ['a', 'b', 'c', 'a.b', 'a.c', 'a.b.c', 'b.c', 'c.a.b', 'é', '"', 'back\\slash'].map((path) =>
  path.split('.'),
);

/** The bytes as the skimmer wants them: with a zero behind them. */
const ended = (text: string | Uint8Array): Buffer => Buffer.concat([Buffer.from(text), Buffer.of(0)]);

const read = (text: string | Uint8Array, skim = skimmer(PATHS)) => {
  const bytes = ended(text);
  return { end: skim.read(bytes, 0, bytes.length - 1), ...skim };
};

const parses = (bytes: Uint8Array): boolean => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

describe('skimmer', () => {
  it('finds the scalars that resolve finds, however the record is written', () => {
    // One for all: what it learns of one record must not be wrong for the next.
    const skim = skimmer(PATHS);
    let tokens = 0;
    fc.assert(
      fc.property(anObject, fc.constantFrom(...STYLES), (record, style) => {
        const text = writeJson(record, style);
        const { end, isPlain, tokens: found } = read(text, skim);
        expect(end).toBe(Buffer.byteLength(text));
        if (!isPlain()) return;
        PATHS.forEach((path, number) => {
          const kind = found.kinds[number];
          if (kind === COMPLEX) return;
          const { present, values } = resolve(record, path);
          if (kind === ABSENT) expect(present).toBe(false);
          else {
            tokens += 1;
            expect(values.map(({ value }) => value)).toEqual([found.value(number)]);
          }
        });
      }),
      { numRuns: 8000 },
    );
    expect(tokens).toBeGreaterThan(1000);
  });

  it('takes for JSON what JSON.parse takes for it, whatever is done to the bytes', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.constantFrom(0, 0, 1, 2) });
    let valid = 0;
    fc.assert(
      fc.property(
        anObject,
        fc.constantFrom(...STYLES),
        fc.array(change, { maxLength: 3 }),
        (record, style, changes) => {
          let bytes = Buffer.from(writeJson(record, style));
          for (const { at, byte, cut } of changes) {
            const place = at % bytes.length;
            bytes = Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + cut)]);
          }
          const { end } = read(bytes);
          const whole = end >= 0 && bytes.subarray(end).toString('latin1').trim() === '';
          expect(whole).toBe(parses(bytes.subarray(bytes.findIndex((byte) => byte > 0x20))) && (bytes[0] ?? 0) > 0x20);
          if (whole) valid += 1;
        },
      ),
      { numRuns: 6000 },
    );
    expect(valid).toBeGreaterThan(1000);
  });

  it.each([
    ['a number with a leading zero', '{"x":01}'],
    ['a number that ends in a point', '{"x":1.}'],
    ['a number without digits', '{"x":-}'],
    ['an exponent without digits', '{"x":1e+}'],
    ['a word cut short', '{"x":tru }'],
    ['a line break inside a string', '{"x":"a\nb"}'],
    ['an unknown escape', '{"x":"\\x41"}'],
    ['an escape of three digits', '{"x":"\\u041"}'],
    ['a comma before the end of an object', '{"a":{"b":1,}}'],
    ['a comma before the end of an array', '{"x":[1,]}'],
    ['two values', '{"x":1 2}'],
    ['a bracket of the wrong kind', '{"x":[1}}'],
    ['a key without quotes', '{x:1}'],
    ['a key without a value', '{"a"}'],
    ['an array', '[1]'],
    ['a byte that is no UTF-8 outside a string', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ])('refuses %s', (_name, text) => {
    expect(read(text).end).toBe(BROKEN);
  });

  it('asks for more bytes wherever an object is cut', () => {
    const text = writeJson({ a: { b: 'x\\"é', c: [1, -2.5e3, true, null, { d: '' }] }, b: false, zzz: 10 }, 'html');
    const bytes = Buffer.from(text);
    for (let length = 0; length < bytes.length; length += 1)
      expect([length, read(bytes.subarray(0, length)).end]).toEqual([length, INCOMPLETE]);
    expect(read(bytes).end).toBe(bytes.length);
  });

  it.each([
    ['a key of interest twice', '{"a":1,"a":2}'],
    ['an object of interest twice', '{"a":{"b":1},"a":{}}'],
    ['a key joined by a dot', '{"a.b":1}'],
    ['a key that is written with an escape', '{"\\u0061":1}'],
  ])('does not rely on a record with %s', (_name, text) => {
    expect(read(text).isPlain()).toBe(false);
  });

  it('leaves records nested more deeply than anyone nests to the parser', () => {
    expect(read(`{"x":${'['.repeat(5000)}${']'.repeat(5000)}}`).end).toBe(BROKEN);
  });

  it('reads on when a table has learnt all the keys it can', () => {
    const skim = skimmer(PATHS);
    for (let at = 0; at < 500; at += 1) read(`{"key${at}":1,"a":{"k${at}":"${at}","b":"v${at}"}}`, skim);
    const { tokens, end } = read('{"new":1,"a":{"newer":2,"b":"v"}}', skim);
    expect(end).toBeGreaterThan(0);
    expect(tokens.value(PATHS.findIndex((path) => path.join('.') === 'a.b'))).toBe('v');
  });
});
