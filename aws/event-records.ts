import { gunzipSync } from 'node:zlib';
import { isJsonObject, type Json, type JsonObject } from '../engine/record/json.ts';
import { type MalformedRecord, type NumberedRecord, own, textAt } from '../engine/record/record.ts';
import type { RecordsSource, SortedRecords } from '../engine/scan-records.ts';

/** What an event that carries records says. */
export type EventRecords =
  | ({ readonly kind: 'records'; readonly source: RecordsSource } & SortedRecords)
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * A CloudTrail event of EventBridge. Every detail-type that ends in `via CloudTrail` is taken: AWS' own pages spell the
 * sign-in one in two ways (EventBridge guide: `AWS Console Signin`, CloudTrail guide: `AWS Console Sign In`).
 *
 * `recipientAccountId` is filled in from the envelope where the detail lacks it: the same record in a log file has it,
 * and the id of a finding is made from it.
 */
export const readApiCall = (event: unknown): EventRecords => {
  if (!isJsonObject(event)) return { kind: 'unknown', reason: 'the event is no JSON object' };
  const type = textAt(event, 'detail-type') ?? '';
  const detail = own(event, 'detail');
  if (!type.endsWith('via CloudTrail'))
    return { kind: 'unknown', reason: `the detail-type ${JSON.stringify(type.slice(0, 100))} is not CloudTrail's` };
  if (!isJsonObject(detail)) return { kind: 'unknown', reason: `${type}: 'detail' is no JSON object` };
  const account = textAt(event, 'account');
  const lacks = own(detail, 'recipientAccountId') === undefined && account !== undefined;
  const record: JsonObject = lacks ? { ...detail, recipientAccountId: account } : detail;
  const id = textAt(event, 'id') ?? '';
  const source: RecordsSource = { name: `EventBridge event ${id}`, about: ['event', id], seen: { via: 'live' } };
  return { kind: 'records', source, records: [{ index: 0, record }], malformed: [] };
};

/** A subscription's payload is at most 6 MB, and 1,032 times that is the most deflate makes of it; records are 256 KB. */
const MAX_INFLATED = 128 * 1024 * 1024;

const inflate = (data: string): Json | undefined => {
  try {
    return JSON.parse(gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_INFLATED }).toString('utf8'));
  } catch {
    return undefined;
  }
};

const parseRecord = (message: string | undefined): Json | undefined => {
  try {
    return JSON.parse(message ?? '');
  } catch {
    return undefined;
  }
};

const sortLogEvents = (logEvents: readonly Json[]): SortedRecords => {
  const records: NumberedRecord[] = [];
  const malformed: MalformedRecord[] = [];
  logEvents.forEach((logEvent, index) => {
    const record = parseRecord(textAt(logEvent, 'message'));
    if (isJsonObject(record)) records.push({ index, record });
    else malformed.push({ index, reason: 'its message is no JSON object' });
  });
  return { records, malformed };
};

/** A CloudWatch Logs subscription's event: gzipped JSON in base64, one CloudTrail record a log event. */
export const readLogEvents = (event: unknown): EventRecords => {
  const data = isJsonObject(event) ? textAt(event, 'awslogs', 'data') : undefined;
  const content = data === undefined ? undefined : inflate(data);
  if (content === undefined) return { kind: 'unknown', reason: "'awslogs.data' is no gzipped JSON in base64" };
  const type = textAt(content, 'messageType');
  if (type === 'CONTROL_MESSAGE') return { kind: 'ignored', reason: 'CloudWatch Logs tests the subscription' };
  const logEvents = own(content, 'logEvents');
  if (type !== 'DATA_MESSAGE' || !Array.isArray(logEvents))
    return { kind: 'unknown', reason: 'the subscription sent neither DATA_MESSAGE nor CONTROL_MESSAGE' };
  const place = [textAt(content, 'logGroup') ?? '', textAt(content, 'logStream') ?? ''];
  const first = textAt(logEvents[0], 'id') ?? '';
  const source: RecordsSource = {
    name: `CloudWatch Logs ${place.join(' › ')}`,
    about: ['logs', ...place, first],
    seen: { via: 'logs' },
  };
  return { kind: 'records', source, ...sortLogEvents(logEvents) };
};

/** An event no record could be taken from. Thrown so that Lambda retries it and then puts it on the dead-letter queue. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}
