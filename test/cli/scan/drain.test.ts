import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { drain } from '../../../cli/scan/drain.ts';
import type { Source } from '../../../cli/scan/sources.ts';
import { compileRules } from '../../../engine/rule/compile.ts';

const { ruleSet } = compileRules([]);
const bytes = gzipSync('{"Records":[{"eventName":"Go","eventSource":"s"}]}');
const numbered = [...Array(100).keys()].map((number) => {
  const source: Source = { kind: 'object', bucket: 'b', key: `k${number}.json.gz`, size: 1 };
  return { number, source };
});

it('reads objects of S3 many at a time, each once, also when two threads take from one counter', async () => {
  const tallies: number[] = [];
  const counter = new SharedArrayBuffer(4);
  let [waiting, most] = [0, 0];
  const openObject = async (): Promise<Uint8Array> => {
    waiting += 1;
    most = Math.max(most, waiting);
    await new Promise((resolve) => setTimeout(resolve, 2));
    waiting -= 1;
    return bytes;
  };
  const thread = () =>
    drain(
      { sources: numbered, counter },
      { ruleSet, range: {}, openObject },
      () => {},
      ({ source, records }) => {
        tallies.push(source * records);
      },
    );
  await Promise.all([thread(), thread()]);
  expect(most).toBe(64);
  expect(tallies.toSorted((a, b) => a - b)).toEqual(numbered.map(({ number }) => number));
});

it('goes on behind an object that cannot be read, and says why', async () => {
  const openObject = (_: string, key: string) =>
    key === 'k3.json.gz' ? Promise.reject(new Error('AccessDenied: no')) : Promise.resolve(bytes);
  const faults: string[] = [];
  let records = 0;
  const tools = { ruleSet, range: {}, openObject };
  await drain(
    { sources: numbered, counter: new SharedArrayBuffer(4) },
    tools,
    () => {},
    (tally) => {
      records += tally.records;
      faults.push(...tally.faults);
    },
  );
  expect({ records, faults }).toEqual({ records: 99, faults: ['AccessDenied: no'] });
});
