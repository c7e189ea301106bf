import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/record/json.ts';
import { textAt } from '../../engine/record/record.ts';
import { casesIn } from '../conformance/judge-sigma.ts';
import { matchesOf } from './try-rule.ts';

/** Published AWS rules, each with a made-up record; the rules are read from where the records of real attacks lie, too. */
const CASES = join(import.meta.dirname, '../../../shared/data/sigma-cases/aws-smoke-generated.json');

const event = (service: string, eventName: string, more: JsonObject): JsonObject => ({
  eventSource: `${service}.amazonaws.com`,
  eventName,
  responseElements: null,
  ...more,
});
const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::<YOUR-BUCKET-NAME>/*'] }],
};
const withPolicy = (policyDocument: string): JsonObject =>
  event('iam', 'PutUserPolicy', {
    userAgent: '[S3 Browser/11.6.7 (https://s3browser.com)]',
    requestParameters: { userName: 'alex', policyName: 'p', policyDocument },
  });
const TASK = { family: 'x', containerDefinitions: [{ name: 'a' }, { name: 'b', command: ['sh', '-c'] }] };
const STOLEN = 'arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0123456789abcdef0';

/** What the rules ask that engines get wrong, in the shapes CloudTrail writes, and the nearest record they must leave alone. */
const SHAPES: readonly (readonly [rule: string, shape: string, record: JsonObject, matches: boolean])[] = [
  ['bucket_deleted', 'no errorCode', event('s3', 'DeleteBucket', {}), true],
  ['bucket_deleted', 'an errorCode', event('s3', 'DeleteBucket', { errorCode: 'AccessDenied' }), false],
  ['vpc_flow_logs_deleted', 'no errorCode', event('ec2', 'DeleteFlowLogs', {}), true],
  ['ssm_malicious_usage', 'errorCode null', event('ssm', 'SendCommand', { errorCode: null }), true],
  [
    'guardduty_detector_deleted_or_updated',
    'a boolean for the text false',
    event('guardduty', 'UpdateDetector', { requestParameters: { detectorId: 'x', enable: false } }),
    true,
  ],
  [
    'guardduty_detector_deleted_or_updated',
    'the other boolean',
    event('guardduty', 'UpdateDetector', { requestParameters: { detectorId: 'x', enable: true } }),
    false,
  ],
  [
    'rds_public_db_restore',
    'a boolean for the text true',
    event('rds', 'RestoreDBInstanceFromDBSnapshot', { responseElements: { publiclyAccessible: true } }),
    true,
  ],
  [
    'console_login_success_without_mfa',
    'No for NO',
    event('signin', 'ConsoleLogin', {
      additionalEventData: { MFAUsed: 'No' },
      responseElements: { ConsoleLogin: 'Success' },
    }),
    true,
  ],
  [
    'disable_bucket_versioning',
    'a text inside an object',
    event('s3', 'PutBucketVersioning', {
      requestParameters: { bucketName: 'b', VersioningConfiguration: { Status: 'Suspended' }, versioning: '' },
    }),
    true,
  ],
  [
    'disable_bucket_versioning',
    'another text inside it',
    event('s3', 'PutBucketVersioning', {
      requestParameters: { bucketName: 'b', VersioningConfiguration: { Status: 'Enabled' }, versioning: '' },
    }),
    false,
  ],
  ['s3browser_templated', 'a policy as one line', withPolicy(JSON.stringify(POLICY)), true],
  ['s3browser_templated', 'a policy spaced out', withPolicy(JSON.stringify(POLICY, null, 4)), true],
  ['s3browser_templated', 'a policy percent-encoded', withPolicy(encodeURIComponent(JSON.stringify(POLICY))), true],
  ['s3browser_templated', 'a policy about a bucket', withPolicy(JSON.stringify(POLICY).replaceAll('<', '')), false],
  [
    'ec2_vm_export_failure',
    'an object without the word',
    event('ec2', 'CreateInstanceExportTask', { responseElements: { exportTask: { state: 'active' } } }),
    true,
  ],
  [
    'ec2_vm_export_failure',
    'the word inside the object',
    event('ec2', 'CreateInstanceExportTask', { responseElements: { exportTask: { state: 'Failure' } } }),
    false,
  ],
  [
    'ec2_vm_export_failure',
    'any error',
    event('ec2', 'CreateInstanceExportTask', { errorCode: 'Client.AuthFailure' }),
    false,
  ],
  [
    'ecs_task_definition_cred_endpoint_query',
    'an array of objects with arrays',
    event('ecs', 'RegisterTaskDefinition', {
      requestParameters: {
        ...TASK,
        containerDefinitions: [
          ...TASK.containerDefinitions,
          { name: 'c', command: ['sh', '-c', 'curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] },
        ],
      },
    }),
    true,
  ],
  [
    'ecs_task_definition_cred_endpoint_query',
    'commands of another kind',
    event('ecs', 'RegisterTaskDefinition', { requestParameters: TASK }),
    false,
  ],
  [
    'new_lambda_layer_attached',
    'an array of layers and a dated name',
    event('lambda', 'UpdateFunctionConfiguration20150331v2', {
      requestParameters: { functionName: 'f', layers: ['arn:aws:lambda:eu-west-1:111122223333:layer:x:1'] },
    }),
    true,
  ],
  [
    'new_lambda_layer_attached',
    'no layers',
    event('lambda', 'UpdateFunctionConfiguration20150331v2', { requestParameters: { functionName: 'f', layers: [] } }),
    false,
  ],
  [
    'rds_change_master_password',
    'a hidden password',
    event('rds', 'ModifyDBInstance', { responseElements: { pendingModifiedValues: { masterUserPassword: '****' } } }),
    true,
  ],
  [
    'imds_malicious_usage',
    'an expression found inside',
    event('s3', 'ListBuckets', { userIdentity: { arn: STOLEN } }),
    true,
  ],
  [
    'imds_malicious_usage',
    'the agent itself',
    event('ssm', 'UpdateInstanceInformation', { userIdentity: { arn: STOLEN } }),
    false,
  ],
  [
    'console_getsignintoken',
    'signs of other languages are literal',
    event('signin', 'GetSigninToken', { userAgent: `Jersey/\${project.version} (HttpUrlConnection 11.0)` }),
    false,
  ],
  ['console_getsignintoken', 'another agent', event('signin', 'GetSigninToken', { userAgent: 'aws_consoler' }), true],
  [
    'update_login_profile',
    'a reference to another field',
    event('iam', 'UpdateLoginProfile', {
      userIdentity: { arn: 'arn:aws:iam::111122223333:user/sam' },
      requestParameters: { userName: 'alex' },
    }),
    true,
  ],
  [
    'iam_backdoor_users_keys',
    'a field name as text',
    event('iam', 'CreateAccessKey', {
      userIdentity: { arn: 'arn:aws:iam::111122223333:user/sam' },
      responseElements: { accessKey: { userName: 'alex' } },
    }),
    true,
  ],
];

describe.skipIf(!existsSync(CASES))('published AWS rules on records in CloudTrail’s own shape', () => {
  const rules = existsSync(CASES)
    ? casesIn(CASES).filter((found) => textAt(found, 'name')?.endsWith('/pos') === true)
    : [];

  test('every rule there is loads', () => {
    expect(rules.length).toBe(57);
    for (const found of rules) matchesOf(textAt(found, 'rule_yaml') ?? '', {});
  });

  test.each(SHAPES)('%s: %s', (name, _, record, matches) => {
    const texts = rules.flatMap((found) =>
      textAt(found, 'name')?.includes(name) === true ? [textAt(found, 'rule_yaml') ?? ''] : [],
    );
    expect(texts).toHaveLength(1);
    expect(matchesOf(texts[0] ?? '', record).length > 0).toBe(matches);
  });
});
