import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../engine/finding/finding.ts';
import { findingMessage } from '../../engine/finding/message.ts';
import { findingOf, HOSTILE } from './samples.ts';
import { schemaFaults } from './schema.ts';

const body = (finding: Finding) => JSON.parse(findingMessage(finding, { ocsf: true }).body);

const integrity: Finding = {
  ...{ schemaVersion: '1.0', id: '0'.repeat(32), kind: 'integrity', code: 'DIGEST_MISSING', severity: 'critical' },
  ...{
    title: 'A digest is missing',
    summary: 'The digest of an hour is gone.',
    account: '123456789012',
    region: 'us-east-1',
  },
  ...{
    resources: ['s3://logs/AWSLogs/x'],
    evidence: [],
    details: { expected: 'x' },
    nextSteps: ['Look at who deleted it'],
  },
  ...{ seen: { via: 'delivered' }, firstSeen: '2026-11-20T00:00:00Z', lastSeen: '2026-11-20T00:00:00Z' },
  ...{ count: 1, isTest: false, truncated: false },
};

describe('findingMessage', () => {
  it.each([
    ['detection', findingOf(), {}],
    ['detection-ocsf', findingOf({ userAgent: HOSTILE }), { ocsf: true }],
    ['integrity', integrity, {}],
  ])('is what subscribers were promised: %s', async (name, finding, options) => {
    const { subject, attributes, body: text } = findingMessage(finding, options);
    const shown = `${subject}\n${JSON.stringify(attributes, undefined, 2)}\n${text}\n`;
    await expect(shown).toMatchFileSnapshot(`../golden/message.${name}.txt`);
  });

  it('is a custom notification of Amazon Q Developer within its limits', () => {
    const { version, source, id, content, metadata } = body(findingOf({ userAgent: HOSTILE, errorCode: HOSTILE }));
    expect({ version, source, id, textType: content.textType }).toEqual({
      version: '1.0',
      source: 'custom',
      id: findingOf().id,
      textType: 'client-markdown',
    });
    expect(content.title.length).toBeLessThanOrEqual(250);
    expect(content.description.length).toBeLessThanOrEqual(8000);
    for (const step of content.nextSteps) expect(step.length).toBeLessThanOrEqual(350);
    for (const word of content.keywords) expect(word.length).toBeLessThanOrEqual(75);
    for (const value of Object.values(metadata.additionalContext)) expect(typeof value).toBe('string');
    expect(JSON.stringify([content, metadata])).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  });

  it('puts one group of one rule in one thread', () => {
    const thread = (fields: object) => body(findingOf({ ...fields })).metadata.threadId;
    expect(thread({ eventID: 'other' })).toBe(thread({}));
    expect(thread({ recipientAccountId: '999999999999' })).not.toBe(thread({}));
  });

  it('has a subject SNS takes, cut in the title and not in the place', () => {
    const long = { ...findingOf(), title: 'Überlong – title '.repeat(20) };
    const { subject } = findingMessage(long);
    expect(subject).toMatch(/^\[HIGH\] \?berlong - title [\x20-\x7e]*\.\.\. - 123456789012 eu-west-1$/);
    expect(subject.length).toBeLessThan(100);
    expect(findingMessage({ ...findingOf(), isTest: true }).subject).toContain('[TEST HIGH]');
  });

  it('has at most 8 attributes, none empty, the number a number', () => {
    const { attributes } = findingMessage(findingOf());
    expect(Object.keys(attributes).sort()).toEqual([
      'account',
      'eventSource',
      'findingType',
      'region',
      'ruleId',
      'schemaVersion',
      'severity',
      'severityId',
    ]);
    expect(attributes['severityId']).toEqual({ type: 'Number', value: '4' });
    expect(findingMessage({ ...findingOf({ eventSource: '😀' }), isTest: true }).attributes).toMatchObject({
      findingType: { value: 'test' },
      eventSource: { value: '?' },
    });
    expect(findingMessage({ ...integrity, account: '' }).attributes).not.toHaveProperty('account');
    expect(findingMessage(integrity).attributes['ruleId']).toEqual({ type: 'String', value: 'DIGEST_MISSING' });
  });

  it('gives up the record first, evidence next, and never its size', () => {
    const big = 'ÿ'.repeat(1000);
    const evidence = Array(50).fill({ selection: 's', field: 'f', expected: 'x', actual: big });
    const record = Object.fromEntries(
      Array(40)
        .fill(0)
        .map((_, at) => [`k${at}`, big.repeat(4)]),
    );
    const withRecord: Finding = { ...findingOf(), evidence, event: { id: 'e', record } };
    const message = body(withRecord);
    expect(message.finding).toMatchObject({ truncated: true, event: { id: 'e' }, evidence: { length: 50 } });
    expect(message.finding.event).not.toHaveProperty('record');
    const more = Array(500).fill({ selection: 's', field: 'f', expected: big, actual: big });
    expect(body({ ...findingOf(), evidence: more }).finding).toMatchObject({
      truncated: true,
      evidence: { length: 10 },
    });
    const worst: Finding = {
      ...findingOf(),
      resources: Array(5000).fill(big),
      title: big.repeat(200),
      summary: big.repeat(300),
      evidence: more,
      details: { big: big.repeat(500) },
      group: { g: big.repeat(300) },
    };
    const { body: text } = findingMessage(worst, { ocsf: true });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200_000);
    expect(schemaFaults(JSON.parse(text).finding)).toEqual([]);
  });

  it('is taken by SNS and SQS whatever the event says', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what the queue refuses
    const refused = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\u202e]/;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const {
          subject,
          body: shown,
          attributes,
        } = findingMessage(findingOf({ userAgent: text, eventSource: text, awsRegion: text, eventID: text }), {
          ocsf: true,
        });
        expect(refused.test(shown) || !shown.isWellFormed()).toBe(false);
        expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
        for (const { value } of Object.values(attributes)) expect(value).toMatch(/^[\x20-\x7e]{1,256}$/);
      }),
    );
  });
});
