import type { Json, JsonObject } from '../record/json.ts';
import type { Finding } from './finding.ts';
import { severityId } from './severity.ts';

const OCSF_VERSION = '1.8.0';
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;

type Fields = { readonly [key: string]: Json | undefined };

/** The fields that have a value. */
const object = (fields: Fields): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Json] => {
      const value = entry[1];
      if (value === undefined) return false;
      if (Array.isArray(value)) return value.length > 0;
      return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
    }),
  );

const epoch = (time: string): number => {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : milliseconds;
};

const isAddress = (text: string): boolean => IPV4.test(text) || IPV6.test(text);

/** `attack.t1098.001` → technique T1098, sub-technique T1098.001. */
const attacks = (tags: readonly string[]): readonly Json[] =>
  tags.flatMap((tag) => {
    const [, technique, sub] = /^attack\.(t\d{4})(\.\d{3})?$/i.exec(tag) ?? [];
    if (technique === undefined) return [];
    const uid = technique.toUpperCase();
    return [object({ technique: { uid }, sub_technique: sub === undefined ? undefined : { uid: `${uid}${sub}` } })];
  });

const evidence = ({ action, principal, source, event }: Finding): JsonObject =>
  object({
    api: object({
      operation: action?.eventName,
      service: object({ name: action?.eventSource }),
      response: object({ error: action?.errorCode }),
    }),
    actor: object({
      user: object({
        name: principal?.name,
        uid: principal?.arn,
        type: principal?.type,
        credential_uid: principal?.accessKeyId,
      }),
    }),
    // OCSF wants an address here; CloudTrail also writes service names and nonsense.
    src_endpoint: object(
      source?.ip !== undefined && isAddress(source.ip)
        ? { ip: source.ip }
        : { svc_name: source?.service ?? source?.ip },
    ),
    name: event?.id,
  });

const observables = ({ source, principal }: Finding): readonly Json[] => {
  const found = [
    source?.ip !== undefined && isAddress(source.ip)
      ? { name: 'evidences[0].src_endpoint.ip', type_id: 2, value: source.ip }
      : undefined,
    source?.userAgent === undefined ? undefined : { name: 'user_agent', type_id: 16, value: source.userAgent },
    principal?.accessKeyId === undefined
      ? undefined
      : { name: 'evidences[0].actor.user.credential_uid', type_id: 19, value: principal.accessKeyId },
  ];
  return found.filter((observable) => observable !== undefined);
};

const findingInfo = (finding: Finding): JsonObject =>
  object({
    uid: finding.id,
    title: finding.title,
    desc: finding.summary,
    types: [finding.kind],
    analytic: object({ type_id: 1, type: 'Rule', uid: finding.rule?.id ?? finding.code, name: finding.title }),
    attacks: attacks(finding.rule?.tags ?? []),
    first_seen_time: epoch(finding.firstSeen),
    last_seen_time: epoch(finding.lastSeen),
    related_events: finding.event?.id === undefined ? [] : [{ uid: finding.event.id }],
  });

/** The finding as an OCSF 1.8 Detection Finding (class 2004, profile cloud). */
export const ocsfFinding = (finding: Finding): JsonObject =>
  object({
    activity_id: 1,
    activity_name: 'Create',
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    type_uid: 200401,
    severity_id: severityId(finding.severity),
    severity: finding.severity,
    status_id: 1,
    is_alert: true,
    ...(finding.isTest && { verdict_id: 6, verdict: 'Test' }),
    time: epoch(finding.lastSeen),
    start_time: epoch(finding.firstSeen),
    count: finding.count,
    message: finding.summary,
    metadata: object({
      version: OCSF_VERSION,
      profiles: ['cloud'],
      product: { name: 'Trailwarden', vendor_name: 'Trailwarden' },
      log_name: 'CloudTrail',
      original_event_uid: finding.event?.id,
      event_code: finding.action?.eventName ?? finding.code,
      original_time: finding.event?.time,
      correlation_uid: finding.event?.sharedId,
      labels: finding.isTest ? ['test'] : [],
    }),
    cloud: object({ provider: 'AWS', region: finding.region, account: object({ uid: finding.account }) }),
    finding_info: findingInfo(finding),
    evidences: [evidence(finding)].filter((entry) => Object.keys(entry).length > 0),
    resources: finding.resources.map((uid) => ({ uid })),
    observables: observables(finding),
  });
