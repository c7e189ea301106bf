import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matchesOf } from './try-rule.ts';

test('the policy rule of docs/rule-language.md is a rule, and tells one statement from two halves', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/rule-language.md'), 'utf8');
  const detection = /```yaml\n(detection:.*?)```/s.exec(page)?.[1] ?? '';
  const rule = `title: Policy\nlogsource: { product: aws, service: cloudtrail }\n${detection}`;
  const record = (statement: unknown) => ({
    eventSource: 'iam.amazonaws.com',
    eventName: 'PutUserPolicy',
    requestParameters: { policyDocument: encodeURIComponent(JSON.stringify({ Statement: statement })) },
  });
  const all = { Effect: 'Allow', Action: '*', Resource: '*' };
  expect(matchesOf(rule, record(all))).toHaveLength(1);
  expect(
    matchesOf(
      rule,
      record([
        { ...all, Resource: 'arn:x' },
        { ...all, Action: 's3:Get*' },
      ]),
    ),
  ).toHaveLength(0);
});
