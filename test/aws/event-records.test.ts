import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readApiCall, readLogEvents } from '../../aws/event-records.ts';

const eventNamed = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../events', name), 'utf8'));

describe('events of EventBridge', () => {
  it.each([
    ['eventbridge.api-call.json', { eventName: 'StopLogging' }],
    ['eventbridge.sign-in.json', { eventName: 'ConsoleLogin' }],
    ['eventbridge.insight.json', { eventCategory: 'Insight' }],
  ])('%s carries one record', (name, record) => {
    expect(readApiCall(eventNamed(name))).toMatchObject({
      kind: 'records',
      source: { seen: { via: 'live' } },
      records: [{ index: 0, record }],
      malformed: [],
    });
  });

  it.each([
    'AWS API Call via CloudTrail',
    'AWS Console Signin via CloudTrail',
    'AWS Console Sign In via CloudTrail',
    'AWS Console Action via CloudTrail',
    'AWS Service Event via CloudTrail',
    'AWS Insight via CloudTrail',
    'AWS Network Activity Event via CloudTrail',
  ])('%s is taken', (type) => {
    expect(readApiCall({ 'detail-type': type, detail: {} })).toMatchObject({ kind: 'records' });
  });

  it('fills in the account a record was delivered to where the detail lacks it, and leaves it where it does not', () => {
    const event = (detail: object) => ({
      'detail-type': 'AWS API Call via CloudTrail',
      account: '123456789012',
      detail,
    });
    const recordOf = (detail: object) => {
      const content = readApiCall(event(detail));
      return content.kind === 'records' ? content.records[0]?.record : undefined;
    };
    expect(recordOf({ eventID: 'e' })).toEqual({ eventID: 'e', recipientAccountId: '123456789012' });
    expect(recordOf({ recipientAccountId: '111122223333' })).toEqual({ recipientAccountId: '111122223333' });
  });

  it.each([
    ['text', 'hello'],
    ['nothing', undefined],
    ['another service', { 'detail-type': 'EC2 Instance State-change Notification', detail: {} }],
    ['a detail that is no object', { 'detail-type': 'AWS API Call via CloudTrail', detail: [] }],
  ])('%s is unknown', (_, event) => {
    expect(readApiCall(event)).toMatchObject({ kind: 'unknown' });
  });
});

describe('events of a CloudWatch Logs subscription', () => {
  const packed = (content: unknown) => ({
    awslogs: { data: gzipSync(JSON.stringify(content)).toString('base64') },
  });

  it('logs.subscription.json carries a record for each log event', () => {
    expect(readLogEvents(eventNamed('logs.subscription.json'))).toMatchObject({
      kind: 'records',
      source: {
        name: 'CloudWatch Logs aws-cloudtrail-logs-example › 123456789012_CloudTrail_us-east-1',
        seen: { via: 'logs' },
      },
      records: [
        { index: 0, record: { eventName: 'StopLogging' } },
        { index: 1, record: { eventName: 'ConsoleLogin' } },
      ],
      malformed: [],
    });
  });

  it('logs.control-message.json is ignored', () => {
    expect(readLogEvents(eventNamed('logs.control-message.json'))).toMatchObject({ kind: 'ignored' });
  });

  it('reports a log event that is no record with its index, and takes the others', () => {
    const logEvents = [{ message: '{"eventName":"A"}' }, { message: 'text' }, {}, { message: '{"eventName":"B"}' }];
    expect(
      readLogEvents(packed({ messageType: 'DATA_MESSAGE', logGroup: 'g', logStream: 's', logEvents })),
    ).toMatchObject({
      records: [
        { index: 0, record: { eventName: 'A' } },
        { index: 3, record: { eventName: 'B' } },
      ],
      malformed: [{ index: 1 }, { index: 2 }],
    });
  });

  it.each([
    ['text', 'hello'],
    ['no data', { awslogs: {} }],
    ['data that is no gzip', { awslogs: { data: 'aGVsbG8=' } }],
    ['another message type', packed({ messageType: 'OTHER', logEvents: [] })],
    ['no log events', packed({ messageType: 'DATA_MESSAGE' })],
  ])('%s is unknown', (_, event) => {
    expect(readLogEvents(event)).toMatchObject({ kind: 'unknown' });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        ['records', 'ignored', 'unknown'].includes(readLogEvents(packed(value)).kind),
      ),
    );
  });
});
