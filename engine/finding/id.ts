import { hash } from 'node:crypto';
import { isJsonObject, type Json } from '../record/json.ts';
import { type CloudTrailRecord, textAt } from '../record/record.ts';
import type { Finding } from './finding.ts';

/**
 * The id of a finding: 32 hex digits of SHA-256 over kind and parts. Encoded as JSON first, so that no two lists of
 * parts run into each other; the same on every machine and every path.
 *
 * @param kind kind of finding
 * @param parts what it is about: rule id or code first
 */
export const findingId = (kind: Finding['kind'], parts: readonly string[]): string =>
  hash('sha256', JSON.stringify([kind, ...parts]), 'hex').slice(0, 32);

/** Records nest 11 deep at most (counted over real ones); beyond this, what differs no longer tells records apart. */
const MAX_DEPTH = 100;

/** JSON text with keys in one order: equal for equal values however their keys were written. */
const canonical = (value: Json, depth = 0): string => {
  if (depth > MAX_DEPTH) return '"…"';
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element, depth + 1)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null, depth + 1)}`);
  return `{${fields.join(',')}}`;
};

/**
 * What makes a record the same record wherever it is met: the account it was delivered to and its event id. Two
 * accounts' copies of one call differ (user guide, `sharedEventID`). Without an event id, the whole content counts.
 */
export const recordKey = (record: CloudTrailRecord): readonly [string, string] => {
  const account = textAt(record, 'recipientAccountId') ?? textAt(record, 'userIdentity', 'accountId') ?? '';
  const id = textAt(record, 'eventID') ?? textAt(record, 'eventId') ?? '';
  return [account, id === '' ? `sha256:${hash('sha256', canonical(record), 'hex')}` : id];
};
