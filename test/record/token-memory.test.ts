import fc from 'fast-check';
import { expect, it } from 'vitest';
import { skimmer } from '../../engine/record/skim.ts';
import { rememberTokens } from '../../engine/record/token-memory.ts';

/** What is remembered of texts, each the one field of a record of its own; a number for each text. */
const remembered = (texts: readonly string[], slots?: number) => {
  const { read, tokens } = skimmer([['f']]);
  const numbers = new Map<unknown, number>();
  let asked = 0;
  const meaning = rememberTokens((given, path) => {
    asked += 1;
    const value = given.value(path);
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  }, slots);
  const answers = texts.map((text) => {
    // Room behind the record, as there is in a log file.
    const bytes = Buffer.from(`${JSON.stringify({ f: text })}\0        `);
    read(bytes, 0, bytes.indexOf(0));
    return [meaning(tokens, 0), numbers.get(text)];
  });
  return { answers, asked };
};

it('gives every text the meaning it has, whatever was remembered in its place', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom('a', 'b').chain((letter) => fc.nat(40).map((length) => letter.repeat(length))),
    fc.nat(3).map((at) => `${'x'.repeat(20 + at)}y${'x'.repeat(20 - at)}`),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), fc.constantFrom(1, 2, 16, 256), (texts, slots) => {
      for (const [answer, wanted] of remembered([...texts, ...texts], slots).answers) expect(answer).toBe(wanted);
    }),
    { numRuns: 500 },
  );
});

it.each([2, 5, 6, 7, 13, 14, 15, 40, 127, 253])('tells texts of %i characters apart that differ in one', (length) => {
  const texts = [...Array(length).keys()].map((at) => `${'a'.repeat(at)}b${'a'.repeat(length - at - 1)}`);
  for (const [answer, wanted] of remembered([...texts, ...texts], 1).answers) expect(answer).toBe(wanted);
});

it('asks once for a text that comes again', () => {
  const texts = ['ec2.amazonaws.com', 's3.amazonaws.com', 'Root', 'arn:aws:sts::123456789012:assumed-role/Deployer/x'];
  expect(remembered(Array.from({ length: 50 }, () => texts).flat()).asked).toBe(4);
});
