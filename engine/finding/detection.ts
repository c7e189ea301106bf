import { isJsonObject, type Json } from '../record/json.ts';
import { type CloudTrailRecord, own, textAt } from '../record/record.ts';
import type { Evidence, Match, Rule } from '../rule/rule.ts';
import { plainText } from './escape.ts';
import type { Finding, Seen } from './finding.ts';
import { findingId, recordKey } from './id.ts';
import { principalOf } from './principal.ts';
import { redactEvidence, redactRecord } from './redact.ts';
import { outcomeOf, summaryOf } from './summary.ts';
import { resourcesOf } from './target.ts';

const MAX_TEXT = 1024;
const MAX_EVIDENCE = 50;

const text = (value: string | undefined, max = MAX_TEXT): string | undefined =>
  value === undefined || value === '' ? undefined : plainText(value, max);

/** Drops the fields that have no value. */
const filled = <T extends { readonly [key: string]: unknown }>(
  fields: T,
): { -readonly [K in keyof T]?: Exclude<T[K], undefined> } =>
  // Object.fromEntries forgets which keys its entries had; the filter above it is what the type says.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** The rule as a finding names it. */
const ruleOf = (rule: Rule): NonNullable<Finding['rule']> => ({
  id: rule.id,
  title: rule.title,
  level: rule.level,
  status: rule.status,
  tags: rule.tags,
  references: rule.references,
  falsepositives: rule.falsepositives,
  ...(rule.runbook !== undefined && { runbook: rule.runbook }),
});

/** Value of a dotted field as group text: literal dotted keys win over nesting, as in rules. */
const fieldText = (record: CloudTrailRecord, field: string): string => {
  const read = (value: Json | undefined, path: string): Json | undefined => {
    const literal = own(value, path);
    if (literal !== undefined) return literal;
    const dot = path.indexOf('.');
    return dot < 0 || !isJsonObject(value) ? undefined : read(own(value, path.slice(0, dot)), path.slice(dot + 1));
  };
  const value = read(record, field);
  if (value === undefined || value === null) return '';
  return plainText(typeof value === 'object' ? '(object)' : String(value), MAX_TEXT);
};

/** Field → value of the rule's `alert.group_by`; undefined when the rule does not group. */
const groupOf = (rule: Rule, record: CloudTrailRecord): Finding['group'] =>
  rule.alert.groupBy.length === 0
    ? undefined
    : Object.fromEntries(rule.alert.groupBy.map((field) => [field, fieldText(record, field)]));

const evidenceOf = (evidence: readonly Evidence[]): readonly Evidence[] =>
  evidence.slice(0, MAX_EVIDENCE).map(({ selection, field, expected, actual }) => ({
    selection: plainText(selection, 256),
    field: plainText(field, 512),
    expected: plainText(expected, MAX_TEXT),
    actual: plainText(redactEvidence(field, actual), MAX_TEXT),
  }));

/** Services write their name where an address is expected: `cloudformation.amazonaws.com`, `AWS Internal`. */
const sourceOf = (record: CloudTrailRecord): NonNullable<Finding['source']> => {
  const address = text(textAt(record, 'sourceIPAddress'), 256);
  const service = address !== undefined && /\.amazonaws\.com(?:\.cn)?$|^AWS Internal/.test(address);
  return filled({
    ip: service ? undefined : address,
    service: service ? address : text(textAt(record, 'userIdentity', 'invokedBy'), 256),
    userAgent: text(textAt(record, 'userAgent')),
  });
};

const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:?\d{2})?$/;

/** eventTime as ISO 8601 in UTC; the epoch where the record has none that can be read. Without an offset it is UTC. */
const eventTime = (record: CloudTrailRecord): string => {
  const [, day, clock, zone = 'Z'] = ISO.exec(textAt(record, 'eventTime') ?? '') ?? [];
  const time = new Date(day === undefined ? 0 : `${day}T${clock}${zone}`);
  return (Number.isNaN(time.getTime()) ? new Date(0) : time).toISOString().replace('.000Z', 'Z');
};

const actionOf = (record: CloudTrailRecord): NonNullable<Finding['action']> => {
  const insight = own(record, 'insightDetails');
  const names = filled({
    eventSource: text(textAt(record, 'eventSource') ?? textAt(insight, 'eventSource'), 256),
    eventName: text(textAt(record, 'eventName') ?? textAt(insight, 'eventName'), 256),
  });
  return { ...names, ...outcomeOf(record) };
};

/**
 * The finding of one match. The same match gives the same finding on every path, but for `seen`.
 *
 * @param detection a record and the rule it matched
 * @param seen the path the record took to us
 */
export const detectionFinding = (
  { record, match }: { readonly record: CloudTrailRecord; readonly match: Match },
  seen: Seen,
): Finding => {
  const { rule } = match;
  const [account, event] = recordKey(record);
  const redacted = redactRecord(record);
  const time = eventTime(record);
  const principal = principalOf(record);
  const group = groupOf(rule, record);
  return {
    schemaVersion: '1.0',
    id: findingId('detection', [rule.id, account, event]),
    kind: 'detection',
    rule: ruleOf(rule),
    severity: rule.level,
    title: plainText(rule.title, 250),
    summary: summaryOf(record),
    ...filled({ account: text(account, 64), region: text(textAt(record, 'awsRegion'), 64) }),
    ...(principal !== undefined && { principal }),
    source: sourceOf(record),
    action: actionOf(record),
    resources: resourcesOf(record),
    event: {
      ...filled({
        id: text(textAt(record, 'eventID'), 256),
        time: text(textAt(record, 'eventTime'), 64),
        sharedId: text(textAt(record, 'sharedEventID'), 256),
      }),
      record: redacted.record,
    },
    evidence: evidenceOf(match.evidence),
    ...(group !== undefined && { group }),
    seen,
    firstSeen: time,
    lastSeen: time,
    count: 1,
    isTest: false,
    truncated: redacted.truncated || match.evidence.length > MAX_EVIDENCE,
  };
};
