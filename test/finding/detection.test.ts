import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionFinding } from '../../engine/finding/detection.ts';
import { findingId, recordKey } from '../../engine/finding/id.ts';
import { ocsfFinding } from '../../engine/finding/ocsf.ts';
import type { JsonObject } from '../../engine/record/json.ts';
import { findingOf, record, rule } from './samples.ts';
import { schemaFaults } from './schema.ts';

describe('findingId', () => {
  it('keeps parts apart', () => {
    const ids = [['a', 'bc'], ['ab', 'c'], ['abc'], ['a', 'b', 'c'], ['a","bc'], ['abc', '']].map((parts) =>
      findingId('detection', parts),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(findingId('detection', ['a'])).not.toBe(findingId('integrity', ['a']));
  });

  it('stays what it was: ids are kept in ledgers and by subscribers', () => {
    expect(findingId('detection', [rule.id, '123456789012', 'event'])).toBe('0ec1db3a27b0327f609a6a6012bdda64');
  });

  it('tells records without an event id by their content, in whatever order it is written', () => {
    const { eventID: _id, ...without } = record;
    const reversed = Object.fromEntries(Object.entries(without).toReversed());
    expect(recordKey(reversed)).toEqual(recordKey(without));
    expect(recordKey({ ...without, eventName: 'x' })).not.toEqual(recordKey(without));
  });
});

describe('detectionFinding', () => {
  it('has the same id on every path, and another for another rule, account or event', () => {
    const { id } = findingOf();
    const live = detectionFinding({ record, match: { rule, evidence: [] } }, { via: 'live' });
    expect(live.id).toBe(id);
    expect(findingOf({ userAgent: 'other' }).id).toBe(id);
    expect(findingOf({ recipientAccountId: '999999999999' }).id).not.toBe(id);
    expect(findingOf({ eventID: 'other' }).id).not.toBe(id);
  });

  it('says the whole story', () => {
    expect(findingOf()).toMatchObject({
      kind: 'detection',
      severity: 'high',
      title: rule.title,
      account: '123456789012',
      region: 'eu-west-1',
      principal: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::123456789012:assumed-role/admin/alex',
        name: 'admin/alex',
        accessKeyId: 'ASIAEXAMPLE',
        issuerArn: 'arn:aws:iam::123456789012:role/admin',
        mfa: true,
      },
      source: { ip: '192.0.2.10', userAgent: 'aws-cli/2.30.0' },
      action: { eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging', outcome: 'success' },
      resources: ['arn:aws:cloudtrail:eu-west-1:123456789012:trail/main'],
      event: { id: record['eventID'], time: '2026-11-20T09:08:07Z', sharedId: record['sharedEventID'] },
      group: {
        recipientAccountId: '123456789012',
        'userIdentity.arn': 'arn:aws:sts::123456789012:assumed-role/admin/alex',
      },
      firstSeen: '2026-11-20T09:08:07Z',
    });
  });

  it.each([
    ['2026-11-20T10:00:00+02:00', '2026-11-20T08:00:00Z'],
    ['2026-11-20 10:00:00', '2026-11-20T10:00:00Z'],
    ['2026-11-20T10:00:00.123Z', '2026-11-20T10:00:00.123Z'],
    ['yesterday', '1970-01-01T00:00:00Z'],
    [7, '1970-01-01T00:00:00Z'],
  ])('reads the event time %s as %s', (eventTime, expected) => {
    expect(findingOf({ eventTime }).firstSeen).toBe(expected);
  });

  it.each([
    ['cloudformation.amazonaws.com', { service: 'cloudformation.amazonaws.com' }],
    ['AWS Internal', { service: 'AWS Internal' }],
    ['253.252.51.07', { ip: '253.252.51.07' }],
    ['2001:db8::1', { ip: '2001:db8::1' }],
  ])('tells services from addresses: %s', (sourceIPAddress, expected) => {
    const { userAgent: _agent, ...source } = findingOf({ sourceIPAddress }).source ?? {};
    expect(source).toEqual(expected);
  });

  it('takes a record nested deeper than any stack, with or without an event id', () => {
    const nested: JsonObject = JSON.parse(`{"requestParameters":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(schemaFaults(findingOf(nested))).toEqual([]);
    expect(findingOf({ ...nested, eventID: null }).truncated).toBe(true);
  });

  it('is what its schema says, whatever the record', () => {
    expect(schemaFaults(findingOf())).toEqual([]);
    const key = fc.oneof(
      fc.constantFrom(...Object.keys(record), 'insightDetails', 'resources', 'errorCode', '__proto__'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (fields) => {
        const any: JsonObject = JSON.parse(JSON.stringify(fields));
        for (const given of [any, { ...record, ...any }])
          expect(
            schemaFaults(detectionFinding({ record: given, match: { rule, evidence: [] } }, { via: 'scan' })),
          ).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('ocsfFinding', () => {
  it('has what class 2004 of OCSF 1.8 requires', () => {
    expect(ocsfFinding(findingOf())).toMatchObject({
      activity_id: 1,
      category_uid: 2,
      class_uid: 2004,
      type_uid: 200401,
      severity_id: 4,
      time: Date.parse('2026-11-20T09:08:07Z'),
      metadata: { version: '1.8.0', product: { name: 'Trailwarden' }, profiles: ['cloud'] },
      cloud: { provider: 'AWS', region: 'eu-west-1', account: { uid: '123456789012' } },
      finding_info: {
        uid: findingOf().id,
        attacks: [{ technique: { uid: 'T1685' }, sub_technique: { uid: 'T1685.002' } }],
      },
      evidences: [{ src_endpoint: { ip: '192.0.2.10' }, api: { operation: 'StopLogging' } }],
    });
  });

  it('calls no service name an address, and a test a test', () => {
    expect(ocsfFinding(findingOf({ sourceIPAddress: 'ec2.amazonaws.com' }))).toMatchObject({
      evidences: [{ src_endpoint: { svc_name: 'ec2.amazonaws.com' } }],
    });
    expect(ocsfFinding({ ...findingOf(), isTest: true })).toMatchObject({ verdict_id: 6 });
  });
});
