import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../engine/record/json.ts';
import { type SieveOptions, sift } from '../../engine/record/sift.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import { readRules } from '../../engine/rule/read.ts';
import { ruleWith } from './try-rule.ts';

const ruleSetOf = (...detections: readonly string[]) => {
  const files = detections.map((detection, at) => ({ file: `${at}.yml`, text: ruleWith(detection) }));
  return compileRules(readRules(files).documents).ruleSet;
};

const record = (more: JsonObject = {}): JsonObject => ({
  eventTime: '2026-11-01T12:00:00Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'Stay',
  eventCategory: 'Management',
  recipientAccountId: '123456789012',
  ...more,
});

const rules = ruleSetOf(
  's: { eventName: Go, deep.items.port|gt: 20 }\ncondition: s',
  's: { agent|contains: evil }\ncondition: s',
);

/** What becomes of a record: quiet, dropped, or the record itself to be looked at. */
const judged = (value: JsonObject | string, options: SieveOptions = {}, ruleSet = rules): unknown => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const sifted = sift(Buffer.from(`{"Records":[${text}]}`), ruleSet.sieve(options));
  if (sifted === undefined) return 'unread';
  return sifted.looks[0]?.value ?? (sifted.quiet === 1 ? 'quiet' : 'dropped');
};

describe('a sieve', () => {
  it.each<readonly [name: string, value: JsonObject]>([
    ['no rule asks for', record()],
    ['of which one field meets a rule, another does not', record({ eventName: 'Go' })],
    ['whose agent is a number', record({ agent: 42 })],
    ['without a category', { eventName: 'Stay', eventSource: 's' }],
    ['of another category', record({ eventCategory: 'NetworkActivity' })],
  ])('passes over a record %s', (_name, value) => {
    expect(judged(value, { account: '123456789012' })).toBe('quiet');
  });

  it.each<readonly [name: string, value: JsonObject]>([
    ['a rule matches', record({ agent: 'very evil' })],
    ['has an array where a rule reads', record({ eventName: 'Go', deep: { items: [{ port: 5 }] } })],
    ['has a text where a rule reads on', record({ eventName: 'Go', deep: '{"items":{"port":22}}' })],
    ['is of another recipient', record({ recipientAccountId: '999999999999' })],
    ['is an insight', record({ eventCategory: 'Insight' })],
    ['is a summary', record({ eventCategory: 'Aggregated' })],
    ['has a category that is no text', record({ eventCategory: {} })],
    ['may be an envelope', { Records: [record()] }],
  ])('looks at a record that %s', (_name, value) => {
    expect(judged(value, { account: '123456789012' })).toEqual(value);
  });

  it.each([
    [
      'a key of interest twice',
      '{"eventName":"Go","eventSource":"s","eventName":"Stay"}',
      { eventName: 'Stay', eventSource: 's' },
    ],
    ['an escaped key', '{"eventSource":"s","eventName":"Stay","\\u0061gent":"evil"}', { agent: 'evil' }],
    ['a value behind escapes', '{"eventSource":"s","eventName":"Stay","agent":"\\u0065vil"}', { agent: 'evil' }],
    ['a joined key', '{"eventSource":"s","eventName":"Go","deep.items.port":22}', { 'deep.items.port': 22 }],
  ])('looks at a record with %s', (_name, text, expected) => {
    expect(judged(text)).toMatchObject(expected);
  });

  it.each<readonly [time: JsonObject['x'] | undefined, expected: string | undefined]>([
    ['2026-11-01T12:00:00Z', 'quiet'],
    ['2026-11-01T13:30:00+01:00', 'quiet'],
    ['2026-11-01T11:59:59Z', 'dropped'],
    ['2026-11-01T13:00:00Z', 'dropped'],
    [undefined, 'quiet'],
    ['yesterday', undefined],
    [7, undefined],
  ])('of a time of day keeps %s: %s', (eventTime, expected) => {
    const value = eventTime === undefined ? { eventName: 'Stay', eventSource: 's' } : record({ eventTime });
    const range = { since: Date.UTC(2026, 10, 1, 12), until: Date.UTC(2026, 10, 1, 13) };
    expect(judged(value, { range })).toEqual(expected ?? value);
  });

  it('rests where rules look at every record, and tries again', () => {
    const keyword = ruleSetOf('k: [ anything ]\ncondition: k').sieve();
    const bytes = Buffer.from(JSON.stringify({ Records: Array(600).fill(record()) }));
    const tries = Array.from({ length: 70 }, () => sift(bytes, keyword) !== undefined);
    expect(tries).toEqual([true, ...Array(64).fill(false), true, ...Array(4).fill(false)]);
  });

  it('does not rest where most records are quiet', () => {
    const bytes = Buffer.from(JSON.stringify({ Records: Array(600).fill(record()) }));
    const sieve = rules.sieve();
    expect(Array.from({ length: 5 }, () => sift(bytes, sieve)?.quiet)).toEqual(Array(5).fill(600));
  });
});
