import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyInput, readInput } from '../../engine/record/input.ts';
import type { Json } from '../../engine/record/json.ts';

const record = { eventVersion: '1.11', eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' };
const text = JSON.stringify(record);

const read = (value: Json) => {
  const content = emptyInput();
  readInput(content, value);
  return content;
};

describe('readInput', () => {
  it.each<[string, Json]>([
    ['a log file', { Records: [record] }],
    ['an array', [record]],
    ['a record', record],
    ['an EventBridge event', { version: '0', 'detail-type': 'AWS API Call via CloudTrail', detail: record }],
    ['the output of LookupEvents', { Events: [{ EventName: 'StopLogging', CloudTrailEvent: text }] }],
    ['one event of LookupEvents', { EventName: 'StopLogging', EventId: 'x', CloudTrailEvent: text }],
    ['a CloudWatch Logs subscription', { logGroup: 'x', logEvents: [{ id: '1', message: text }] }],
    ['the output of FilterLogEvents', { events: [{ timestamp: 1, message: text }] }],
    ['an SNS notification', { Type: 'Notification', Message: JSON.stringify({ Records: [record] }) }],
    ['a queue message around a notification', { Messages: [], Body: JSON.stringify({ Message: text }) }],
  ])('finds the record in %s', (_name, value) => {
    expect(read(value)).toEqual({ ...emptyInput(), records: [record] });
  });

  it('takes every object of Records for a record, whatever its fields', () => {
    expect(read({ Records: [{ a: 1 }, record] }).records).toEqual([{ a: 1 }, record]);
  });

  it('keeps the records beside what is none', () => {
    expect(read({ Records: [null, record, 3] })).toMatchObject({
      records: [record],
      malformed: ['expected a JSON object, found null', 'expected a JSON object, found a number'],
    });
    expect(read({ Events: [{ CloudTrailEvent: '{cut' }, { CloudTrailEvent: text }] })).toMatchObject({
      records: [record],
      malformed: ['the text that should hold a record is no JSON'],
    });
  });

  it('counts digests, aggregated records and what is not CloudTrail’s', () => {
    expect(read({ digestEndTime: 'x', logFiles: [] })).toMatchObject({ digests: 1, records: [], foreign: 0 });
    expect(read([{ eventCategory: 'Aggregated', eventSource: 'x', eventVersion: '1.0' }])).toMatchObject({
      aggregated: 1,
      records: [],
    });
    expect(read({ hello: 'world' })).toMatchObject({ foreign: 1, records: [] });
  });

  it('throws on no value at all', () => {
    const key = fc.constantFrom('Records', 'Events', 'detail', 'detail-type', 'message', 'Body', '__proto__', 'x');
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<Json[]>(null, 1, 'x', '{', text),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(fc.property(value, (given) => read(given).records.every((found) => typeof found === 'object')));
  });
});
