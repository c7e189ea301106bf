import { asciiText, chatText, visibleJson } from './escape.ts';
import type { Finding } from './finding.ts';
import { findingId } from './id.ts';
import { ocsfFinding } from './ocsf.ts';
import { severityId } from './severity.ts';

/** A message attribute; never empty, printable ASCII. */
interface MessageAttribute {
  readonly type: 'String' | 'Number';
  readonly value: string;
}

/** What is published to the topic: all three are SNS Publish parameters. */
export interface FindingMessage {
  /** Printable ASCII, fewer than 100 characters. */
  readonly subject: string;
  /** One JSON document, pretty-printed for mail readers, at most 200,000 bytes. */
  readonly body: string;
  /** At most 8: raw delivery to SQS discards messages with more than 10. */
  readonly attributes: { readonly [name: string]: MessageAttribute };
}

/** SNS takes 256 KiB with attributes; subscribers wrap the text in their own JSON and escape it once more. */
const MAX_BODY_BYTES = 200_000;
const MAX_SUBJECT = 99;
const MAX_ATTRIBUTE = 256;
const encoder = new TextEncoder();

const placeOf = ({ account, region }: Finding): string =>
  [account, region].filter((part) => part !== undefined).join(' ');

const subjectOf = (finding: Finding): string => {
  const place = placeOf(finding);
  const front = `[${finding.isTest ? 'TEST ' : ''}${finding.severity.toUpperCase()}] `;
  const tail = place === '' ? '' : ` - ${asciiText(place, 40)}`;
  return asciiText(`${front}${asciiText(finding.title, MAX_SUBJECT - front.length - tail.length)}${tail}`, MAX_SUBJECT);
};

const nextSteps = ({ rule, nextSteps: steps = [] }: Finding): readonly string[] =>
  [
    ...steps,
    ...(rule?.runbook === undefined ? [] : [`Runbook: ${rule.runbook}`]),
    ...(rule?.falsepositives ?? []).map((reason) => `Rule out: ${reason}`),
    ...(rule?.references ?? []).map((reference) => `Read: ${reference}`),
  ]
    .slice(0, 10)
    .map((step) => chatText(step, 300));

const keywords = ({ severity, kind, code, rule }: Finding): readonly string[] =>
  [severity, kind, ...(code === undefined ? [] : [code]), ...(rule?.tags ?? [])]
    .slice(0, 12)
    .map((word) => chatText(word, 60));

const description = ({ summary, evidence, isTest }: Finding): string => {
  const because = evidence
    .slice(0, 5)
    .map(({ field, actual }) => `${chatText(field, 200)} is ${chatText(actual, 300)}`)
    .join('; ');
  const test = isTest ? 'This is a test finding; nothing happened. ' : '';
  return `${test}${chatText(summary, 2000)}${because === '' ? '' : ` Matched on: ${because}.`}`;
};

/** Findings of one rule (or code) in one account and group go to one thread. */
const threadOf = ({ kind, rule, code, account = '', group = {} }: Finding): string =>
  findingId(kind, ['thread', rule?.id ?? code ?? '', account, ...Object.values(group)]);

const context = (finding: Finding): { readonly [name: string]: string } => {
  const entries = [
    ['severity', finding.severity],
    ['account', finding.account],
    ['region', finding.region],
    ['principal', finding.principal?.name ?? finding.principal?.arn],
    ['source', finding.source?.ip ?? finding.source?.service],
    ['event', finding.action?.eventName],
    ['time', finding.firstSeen],
    ['ruleId', finding.rule?.id ?? finding.code],
  ] as const;
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, chatText(value, 300)]])),
  );
};

/** Amazon Q Developer's custom notification (administrator guide, "Custom notifications"), whose limits these are. */
const notification = (finding: Finding) => ({
  version: '1.0',
  source: 'custom',
  id: finding.id,
  content: {
    textType: 'client-markdown',
    title: chatText(`${finding.severity.toUpperCase()}: ${finding.title}`, 200),
    description: description(finding),
    nextSteps: nextSteps(finding),
    keywords: keywords(finding),
  },
  metadata: {
    threadId: threadOf(finding),
    summary: chatText(finding.summary, 1000),
    eventType: `trailwarden-${finding.isTest ? 'test' : finding.kind}`,
    relatedResources: finding.resources.slice(0, 20).map((resource) => chatText(resource, 512)),
    additionalContext: context(finding),
  },
});

const withoutRecord = (finding: Finding): Finding => {
  if (finding.event === undefined) return finding;
  const { record: _record, ...event } = finding.event;
  return { ...finding, event };
};
const withoutDetails = ({ details: _details, ...finding }: Finding): Finding => finding;
const clipped = (text: string): string => text.slice(0, 1000).toWellFormed();

/** What is given up for size, least missed first; each step takes the finding the one before left. */
const SHORTER: readonly ((finding: Finding) => Finding)[] = [
  withoutRecord,
  (finding) => ({ ...finding, evidence: finding.evidence.slice(0, 10) }),
  (finding) => ({ ...finding, evidence: [] }),
  withoutDetails,
  (finding) => ({ ...finding, resources: finding.resources.slice(0, 10).map(clipped) }),
  ({ schemaVersion, id, kind, code, severity, title, summary, seen, firstSeen, lastSeen, count, isTest }) => ({
    ...{ schemaVersion, id, kind, ...(code !== undefined && { code }), severity, title: clipped(title) },
    ...{ summary: clipped(summary), resources: [], evidence: [], seen: { via: seen.via } },
    ...{ firstSeen: clipped(firstSeen), lastSeen: clipped(lastSeen), count, isTest, truncated: true },
  }),
];

const bodyOf = (finding: Finding, ocsf: boolean): string =>
  visibleJson(
    JSON.stringify(
      { ...notification(finding), schemaVersion: '1.0', finding, ...(ocsf && { ocsf: ocsfFinding(finding) }) },
      undefined,
      2,
    ),
  );

const fittingBody = (finding: Finding, ocsf: boolean): string => {
  let left = finding;
  let body = bodyOf(left, ocsf);
  for (const shorten of SHORTER) {
    if (encoder.encode(body).length <= MAX_BODY_BYTES) return body;
    left = { ...shorten(left), truncated: true };
    body = bodyOf(left, ocsf);
  }
  return body;
};

const attributesOf = (finding: Finding): FindingMessage['attributes'] => {
  const values = {
    severity: finding.severity,
    ruleId: finding.rule?.id ?? finding.code,
    account: finding.account,
    region: finding.region,
    eventSource: finding.action?.eventSource,
    findingType: finding.isTest ? 'test' : finding.kind,
    schemaVersion: finding.schemaVersion,
  };
  const texts = Object.entries(values).flatMap(([name, value]): [string, MessageAttribute][] => {
    const ascii = asciiText(value ?? '', MAX_ATTRIBUTE);
    return ascii === '' ? [] : [[name, { type: 'String', value: ascii }]];
  });
  return {
    ...Object.fromEntries(texts),
    severityId: { type: 'Number', value: String(severityId(finding.severity)) },
  };
};

/**
 * The message of a finding: at once a custom notification of Amazon Q Developer in chat applications, the native
 * finding, and on request OCSF. A String, not MessageStructure=json, which would lose the attributes.
 *
 * @param options `ocsf`: add the OCSF 1.8 Detection Finding
 */
export const findingMessage = (finding: Finding, options: { readonly ocsf?: boolean } = {}): FindingMessage => ({
  subject: subjectOf(finding),
  body: fittingBody(finding, options.ocsf ?? false),
  attributes: attributesOf(finding),
});
