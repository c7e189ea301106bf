import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gigabyteSecondsPerMillion, median, ratios, rotated, spreadOf } from '../../bench/arithmetic.ts';
import { corpusFiles, mixed, tiny, unique } from '../../bench/corpus.ts';
import { paddingRules } from '../../bench/padding.ts';
import { withResults } from '../../bench/report.ts';
import { type BenchResult, isMet, target, targetSection, times } from '../../bench/result.ts';
import { serveTrail } from '../../bench/served-trail.ts';
import { passOf } from '../../bench/work.ts';
import { digestName } from '../../engine/digest/chain.ts';
import { parseObjectKey } from '../../engine/record/object-key.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';

const fingerprint = (files: Iterable<{ readonly key: string; readonly bytes: Uint8Array }>): string => {
  const hash = createHash('sha256');
  for (const { key, bytes } of files) hash.update(key).update(bytes);
  return hash.digest('hex');
};

describe('the corpora', () => {
  it.each([mixed(2e6), unique(1e6), tiny(3e5)])('$name has the same bytes every time', (spec) => {
    expect(fingerprint(corpusFiles(spec))).toBe(fingerprint(corpusFiles(spec)));
  });

  it('reach the size asked for and no more than one file beyond it', () => {
    const sizes = [...corpusFiles(mixed(2e6))].map(({ bytes }) => gunzipSync(bytes).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThanOrEqual(2e6);
    expect(total - (sizes.at(-1) ?? 0)).toBeLessThan(2e6);
  });

  it('differ as their names say: no agent twice in unique, few records a file in tiny', () => {
    const agents = [...corpusFiles(unique(1e6))].flatMap(({ bytes }) => {
      const { Records }: { readonly Records: readonly { readonly userAgent: string }[] } = JSON.parse(
        gunzipSync(bytes).toString(),
      );
      return Records.map(({ userAgent }) => userAgent);
    });
    expect(new Set(agents).size).toBe(agents.length);
    for (const { records } of corpusFiles(tiny(3e5))) expect(records).toBeLessThan(120);
  });
});

describe('the generated rules', () => {
  const texts = paddingRules(300, new Set(['AssumeRole', 'GetObject']));

  it('are the same every time, load without a problem and are all evaluated', () => {
    expect(paddingRules(300, new Set(['AssumeRole', 'GetObject']))).toEqual(texts);
    const { documents, problems } = readRules(texts);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(compileRules(documents).ruleSet.rules).toHaveLength(300);
  });

  it('have the shapes that cost: about a tenth names no event, about a twelfth an everyday one with a condition', () => {
    const unnamed = texts.filter(({ text }) => !text.includes('eventName:'));
    const everyday = texts.filter(({ text }) =>
      /eventName: '(AssumeRole|GetObject|GetCallerIdentity|Decrypt)'/.test(text),
    );
    expect(unnamed.length / texts.length).toBeCloseTo(0.1, 1);
    expect(everyday.length).toBeGreaterThan(3);
    for (const { text } of everyday) expect(text).toMatch(/\|(contains|startswith|endswith): /);
  });
});

describe('what is measured', () => {
  const files = [...corpusFiles(tiny(3e5))];
  const bytes = files.map((file) => Buffer.from(file.bytes));
  const records = files.reduce((sum, file) => sum + file.records, 0);

  it('the floor reads every record of the corpus', () => {
    expect(passOf('parse', undefined)(bytes)).toEqual({ records, matches: 0 });
  });

  it('an engine variant without rules is refused rather than measured', () => {
    expect(() => passOf('detect', undefined)).toThrow(/needs a rule set/);
  });
});

describe('the arithmetic', () => {
  it.each([
    [[3], 3],
    [[1, 2], 1.5],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('no values have no median', () => {
    expect(median([])).toBeNaN();
  });

  it('the median lies between the least and the greatest, in any order of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
        const { median: middle, least, greatest } = spreadOf(values);
        expect(least).toBeLessThanOrEqual(middle);
        expect(middle).toBeLessThanOrEqual(greatest);
        expect(median(values.toReversed())).toBe(middle);
      }),
    );
  });

  it('ratios are taken within a round, and rounds that lack one of the two give none', () => {
    const rounds = [
      new Map([
        ['floor', 100],
        ['rules', 110],
      ]),
      new Map([
        ['floor', 200],
        ['rules', 210],
      ]),
      new Map([['floor', 1]]),
    ];
    expect(ratios(rounds, 'rules', 'floor')).toEqual([1.1, 1.05]);
  });

  it('every contender is first once in as many turns as there are contenders', () => {
    expect([0, 1, 2, 3].map((turn) => rotated(['a', 'b', 'c'], turn).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
    expect(rotated([], 5)).toEqual([]);
  });

  it('a function of 2,048 MB that takes 10 s for 1,000 records is charged 20,000 GB-s a million', () => {
    expect(gigabyteSecondsPerMillion(10, 1000, 2048)).toBe(20_000);
  });
});

describe('targets', () => {
  it.each([
    [1.15, { most: 1.15 }, true],
    [1.16, { most: 1.15 }, false],
    [1.6, { least: 1.6 }, true],
    [1.59, { least: 1.6 }, false],
    [Number.NaN, { least: 1.6 }, false],
    [Number.NaN, { most: 1 }, false],
  ])('%d against %j: met is %s', (value, wanted, met) => {
    const one = target('x', value, '×', wanted);
    expect(isMet(one)).toBe(met);
    expect(targetSection([one]).rows[0]?.[3]).toBe(met ? 'met' : 'missed');
  });

  it.each([
    [0.3456, '0.35 ×'],
    [1.1, '1.10 ×'],
    [42.4, '42 ×'],
  ])('%d is shown as %s', (value, shown) => {
    expect(times(value)).toBe(shown);
  });
});

describe('the document', () => {
  const result: BenchResult = {
    bench: 'engine',
    at: '2026-11-21T05:00:00.000Z',
    machine: 'a machine',
    command: 'npm run bench',
    sections: [{ title: 'T', note: 'N.', columns: ['a', 'b'], rows: [['1 | 2', '3']] }],
    targets: [],
  };
  const page = 'before\n<!-- engine: begin -->\nold\n<!-- engine: end -->\nafter';

  it('takes a result between its marks and keeps the rest', () => {
    const written = withResults(page, [result]);
    expect(written).toContain('Taken 2026-11-21 with `npm run bench` on a machine.');
    expect(written).toContain('| 1 \\| 2 | 3 |');
    expect(written).not.toContain('old');
    expect(written.startsWith('before\n')).toBe(true);
    expect(written.endsWith('\nafter')).toBe(true);
    expect(withResults(written, [result])).toBe(written);
  });

  it('without a place for the result is an error, not a lost figure', () => {
    expect(() => withResults('nothing', [result])).toThrow(/engine/);
  });
});

describe('the served trail', () => {
  const spec = { hours: 3, logsPerHour: 5, repeat: true } as const;
  const trail = serveTrail(spec);
  const keys = [...trail.objects.keys()];

  it('is the same every time', () => {
    const again = serveTrail(spec);
    expect([...again.objects]).toEqual([...trail.objects]);
  });

  it('has a digest an hour that lists that hour’s log files, each of them there', () => {
    const digests = keys.filter((key) => digestName(key) !== undefined);
    expect(digests).toHaveLength(3);
    expect(keys.filter((key) => parseObjectKey(key).kind === 'log')).toHaveLength(15);
    for (const key of digests) {
      const text = gunzipSync(trail.objects.get(key)?.bytes ?? new Uint8Array()).toString();
      const { logFiles }: { readonly logFiles: readonly { readonly s3Object: string }[] } = JSON.parse(text);
      expect(logFiles.map(({ s3Object }) => trail.objects.has(s3Object))).toEqual([true, true, true, true, true]);
    }
  });
});
