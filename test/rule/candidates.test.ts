import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { detect } from '../../engine/detect.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { ruleWith } from './try-rule.ts';

test('candidates of a file, decided by the plain evaluator, are its detections', () => {
  const text = ruleWith('s: { eventName: Go, deep.items.port|gt: 20 }\ncondition: s');
  const { ruleSet, findCandidates, matchCandidate } = compileRules(readRules([{ file: 'r.yml', text }]).documents);
  const records = [22, 80, 5].map((port) => ({ eventName: 'Go', deep: { items: [{ port }] } }));
  const bytes = gzipSync(JSON.stringify({ Records: [{ eventName: 'Stay' }, ...records] }));
  const { file, candidates } = findCandidates(bytes, { maxBytes: 10_000 });
  expect(candidates.map(({ index, rules }) => [index, rules])).toEqual([
    [1, [0]],
    [2, [0]],
    [3, [0]],
  ]);
  const decided = candidates.flatMap((candidate) =>
    matchCandidate(candidate).map((match) => ({ index: candidate.index, record: candidate.record, match })),
  );
  expect(decided.map(({ index }) => index)).toEqual([1, 2]);
  expect(file.kind === 'records' ? detect(file.records, ruleSet) : file).toEqual(decided);
});

test('a file that cannot be read has no candidates and says why', () => {
  const { findCandidates } = compileRules([]);
  expect(findCandidates(Buffer.from('x'), { maxBytes: 10 })).toMatchObject({ file: { kind: 'fault' }, candidates: [] });
});
