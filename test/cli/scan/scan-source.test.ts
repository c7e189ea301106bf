import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { type FoundLine, scanSource } from '../../../cli/scan/scan-source.ts';
import type { JsonObject } from '../../../engine/record/json.ts';
import { LOOK } from '../../../engine/record/sift.ts';
import { BROKEN } from '../../../engine/record/skim.ts';
import type { TimeRange } from '../../../engine/record/time-range.ts';
import { compileRules } from '../../../engine/rule/compile.ts';
import { readRules } from '../../../engine/rule/read.ts';
import type { RuleSet } from '../../../engine/rule/rule.ts';
import { ruleWith } from '../../rule/try-rule.ts';

const folder = mkdtempSync(join(tmpdir(), 'trailwarden-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = ruleWith('s: { eventName: Go }\nt: { requestParameters.items.port|gt: 20 }\ncondition: s or t');
const { ruleSet } = compileRules(readRules([{ file: 'r.yml', text }]).documents);
/** The same rules, but every record is parsed. */
const parsing: RuleSet = {
  ...ruleSet,
  sieve: () => ({ read: () => BROKEN, judge: () => LOOK, isWorthwhile: () => false }),
};

const record = (eventName: string, at: number, more: JsonObject = {}): JsonObject => ({
  eventVersion: '1.11',
  eventTime: new Date(Date.UTC(2026, 10, 1, 0, at)).toISOString().replace('.000', ''),
  eventSource: 'ec2.amazonaws.com',
  eventName,
  eventID: `e${at}`,
  eventCategory: 'Management',
  recipientAccountId: '123456789012',
  ...more,
});

/** Records of every kind, among many that nobody has to look at. */
const mixture = [...Array(4000).keys()].map((at): JsonObject => {
  if (at % 97 === 0) return record('Go', at);
  if (at % 101 === 0) return record('Run', at, { requestParameters: { items: [{ port: at % 40 }] } });
  if (at % 211 === 0) return record('Stay', at, { eventCategory: 'Insight' });
  if (at % 307 === 0) return record('Stay', at, { eventCategory: 'Aggregated' });
  if (at % 401 === 0) return record('Go', at, { eventTime: 'once' });
  if (at % 503 === 0) return { Records: [record('Go', at), record('Stay', at)] };
  return record('Stay', at, { userAgent: `agent/${at % 13}`, note: 'n'.repeat(at % 300) });
});

const scan = async (bytes: Buffer | string, rules: RuleSet, range: TimeRange) => {
  const path = join(folder, 'input.json.gz');
  writeFileSync(path, bytes);
  const lines: FoundLine[] = [];
  const source = { kind: 'file', path, size: statSync(path).size, named: true } as const;
  const openObject = () => Promise.reject(new Error('no S3'));
  const tally = await scanSource(source, 0, { ruleSet: rules, range, openObject }, (line) => lines.push(line));
  return { tally, lines };
};

const json = JSON.stringify({ Records: mixture });
const noise = [...Array(6000).keys()].map((at) => record('Stay', at, { note: Math.sin(at).toString(36).repeat(9) }));
const minute = (at: number): number => Date.UTC(2026, 10, 1, 0, at);

it.each([
  ['in memory whole', gzipSync(json), {}],
  ['in portions', gzipSync(JSON.stringify({ Records: [...mixture, ...noise] })), {}],
  ['plain, in portions', JSON.stringify({ Records: [...mixture, ...noise] }), {}],
  ['of some hours', gzipSync(json), { since: minute(600), until: minute(2000) }],
  ['since some hour, in portions', JSON.stringify({ Records: [...noise, ...mixture] }), { since: minute(1500) }],
  ['that breaks off', gzipSync(json.slice(0, 300_000)), {}],
  ['with a broken record', json.replace('"e2000"', '"e2000'), {}],
  ['as lines', mixture.map((each) => JSON.stringify(each)).join('\n'), {}],
])('a source %s gives the same findings and counts, sifted or parsed', async (_name, bytes, range) => {
  const sifted = await scan(bytes, ruleSet, range);
  const parsed = await scan(bytes, parsing, range);
  expect(sifted).toEqual(parsed);
  expect(parsed.lines.length).toBeGreaterThan(10);
});
