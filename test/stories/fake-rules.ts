import { gzipSync } from 'node:zlib';
import { textAt } from '../../engine/record/record.ts';
import { LOOK } from '../../engine/record/sift.ts';
import { BROKEN } from '../../engine/record/skim.ts';
import type { AlertSettings, Rule, RuleSet } from '../../engine/rule/rule.ts';

/** A rule that matches records whose eventName is its title; stories are tested without the rule engine. */
export const rule = (title: string, alert: Partial<AlertSettings> = {}): Rule => ({
  id: `rule-${title}`,
  title,
  level: 'high',
  status: 'test',
  tags: [],
  references: [],
  falsepositives: [],
  fields: [],
  alert: { groupBy: [], mode: 'publish', ...alert },
  source: { file: 'rules/test.yml', line: 1 },
});

export const ruleSet = (...rules: readonly Rule[]): RuleSet => ({
  version: 'rules-1',
  rules,
  unarmed: [],
  match: (record) =>
    rules
      .filter(({ title }) => textAt(record, 'eventName') === title)
      .map((matched) => ({ rule: matched, evidence: [] })),
  // Cannot read anything: every file goes to the parser.
  sieve: () => ({ read: () => BROKEN, judge: () => LOOK, isWorthwhile: () => false }),
});

const ACCOUNT = '123456789012';

export const record = (eventName: string, eventID: string) => ({
  eventVersion: '1.11',
  eventTime: '2026-03-05T12:00:00Z',
  eventSource: 'example.amazonaws.com',
  eventName,
  eventID,
  awsRegion: 'eu-west-1',
  recipientAccountId: ACCOUNT,
});

/** A log file as CloudTrail stores it. */
export const logFile = (records: readonly unknown[]): Buffer => gzipSync(JSON.stringify({ Records: records }));

export const logKey = (name: string): string =>
  `AWSLogs/${ACCOUNT}/CloudTrail/eu-west-1/2026/03/05/${ACCOUNT}_CloudTrail_eu-west-1_20260305T1205Z_${name}.json.gz`;
