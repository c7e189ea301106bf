import { detectionFinding } from '../../engine/finding/detection.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import type { JsonObject } from '../../engine/record/json.ts';
import type { Rule } from '../../engine/rule/rule.ts';

/** A rule as a compiled rule set names it. */
export const rule: Rule = {
  id: '00000000-0000-4000-8000-000000000001',
  title: 'CloudTrail Logging Stopped',
  level: 'high',
  status: 'test',
  tags: ['attack.defense-impairment', 'attack.t1685.002'],
  references: ['https://example.com/attack'],
  falsepositives: ['A trail is replaced by the team that runs it'],
  fields: [],
  runbook: 'https://example.com/runbook',
  alert: { groupBy: ['recipientAccountId', 'userIdentity.arn'], mode: 'publish' },
  source: { file: 'rules/x.yml', line: 1 },
};

/** A call by an assumed role. */
export const record: JsonObject = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:alex',
    arn: 'arn:aws:sts::123456789012:assumed-role/admin/alex',
    accountId: '123456789012',
    accessKeyId: 'ASIAEXAMPLE',
    sessionContext: {
      sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::123456789012:role/admin', userName: 'admin' },
      attributes: { creationDate: '2026-11-20T08:00:00Z', mfaAuthenticated: 'true' },
    },
  },
  eventTime: '2026-11-20T09:08:07Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.30.0',
  requestParameters: { name: 'arn:aws:cloudtrail:eu-west-1:123456789012:trail/main' },
  responseElements: null,
  eventID: '11111111-2222-4333-8444-555555555555',
  sharedEventID: '66666666-2222-4333-8444-555555555555',
  eventType: 'AwsApiCall',
  recipientAccountId: '123456789012',
};

const evidence = [{ selection: 'selection', field: 'eventName', expected: 'StopLogging', actual: 'StopLogging' }];

/** The finding of the rule on the record, some fields of it replaced. */
export const findingOf = (fields: JsonObject = {}): Finding =>
  detectionFinding(
    { record: { ...record, ...fields }, match: { rule, evidence } },
    { via: 'delivered', object: { bucket: 'logs', key: 'AWSLogs/x.json.gz', versionId: 'v1' } },
  );

/** Text that tries everything a name or a user agent could. */
export const HOSTILE = '<!channel> *x* `y` \u001b[31m\u202egnp\r\n"\\ \ud800 😀 & <script>alert(1)</script>';
