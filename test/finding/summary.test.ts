import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf, summaryOf } from '../../engine/finding/summary.ts';
import type { JsonObject } from '../../engine/record/json.ts';
import { HOSTILE, record } from './samples.ts';

const say = (fields: JsonObject) => summaryOf({ ...record, ...fields });
const signIn = {
  eventName: 'ConsoleLogin',
  eventSource: 'signin.amazonaws.com',
  requestParameters: null,
  eventType: 'AwsConsoleSignIn',
};
const root = { type: 'Root', accountId: '123456789012', arn: 'arn:aws:iam::123456789012:root', accessKeyId: '' };

describe('summaryOf', () => {
  it.each<[string, JsonObject, string]>([
    [
      'a call that worked',
      {},
      'Role admin/alex of account 123456789012 called StopLogging (cloudtrail) on arn:aws:cloudtrail:eu-west-1:123456789012:trail/main in eu-west-1, from 192.0.2.10; it succeeded.',
    ],
    [
      'a denied call',
      { errorCode: 'AccessDenied', requestParameters: null },
      'Role admin/alex of account 123456789012 called StopLogging (cloudtrail) in eu-west-1, from 192.0.2.10; it was denied (AccessDenied).',
    ],
    [
      'a call that failed',
      { errorCode: 'TrailNotFoundException', requestParameters: { name: 'main' } },
      'Role admin/alex of account 123456789012 called StopLogging (cloudtrail) on main in eu-west-1, from 192.0.2.10; it failed (TrailNotFoundException).',
    ],
    [
      'another account’s resource',
      { recipientAccountId: '999999999999', requestParameters: null },
      'Role admin/alex of account 123456789012 called StopLogging (cloudtrail) in eu-west-1 of account 999999999999, from 192.0.2.10; it succeeded.',
    ],
    [
      'root signing in without MFA',
      {
        ...signIn,
        userIdentity: root,
        responseElements: { ConsoleLogin: 'Success' },
        additionalEventData: { MFAUsed: 'No' },
      },
      'The root user of account 123456789012 signed in to the console without MFA in eu-west-1, from 192.0.2.10.',
    ],
    [
      'a failed sign-in',
      {
        ...signIn,
        userIdentity: { type: 'IAMUser', userName: 'eve' },
        responseElements: { ConsoleLogin: 'Failure' },
        errorMessage: 'Failed authentication',
      },
      'User eve failed to sign in to the console (Failed authentication) in eu-west-1 of account 123456789012, from 192.0.2.10.',
    ],
    [
      'an AWS service without a type',
      {
        userIdentity: { accountId: '123456789012', invokedBy: 'backup.amazonaws.com' },
        sourceIPAddress: 'backup.amazonaws.com',
        requestParameters: null,
      },
      'AWS service backup.amazonaws.com called StopLogging (cloudtrail) in eu-west-1, from backup.amazonaws.com; it succeeded.',
    ],
    [
      'a service event',
      {
        eventType: 'AwsServiceEvent',
        eventSource: 'lambda.amazonaws.com',
        eventName: 'LambdaESMDisabled',
        userIdentity: { accountId: '123456789012', invokedBy: 'lambda.amazonaws.com' },
        requestParameters: null,
      },
      'AWS service lambda reported LambdaESMDisabled in eu-west-1.',
    ],
    [
      'an anonymous caller',
      {
        userIdentity: { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL', principalId: '' },
        eventSource: 's3.amazonaws.com',
        eventName: 'GetObject',
        requestParameters: { bucketName: 'b', key: 'k' },
      },
      'An anonymous caller called GetObject (s3) on b/k in eu-west-1 of account 123456789012, from 192.0.2.10; it succeeded.',
    ],
  ])('says who did what: %s', (_name, fields, expected) => {
    expect(say(fields)).toBe(expected);
  });

  it('speaks of insights, which name no one', () => {
    const insightDetails = {
      state: 'Start',
      eventSource: 'ec2.amazonaws.com',
      eventName: 'RunInstances',
      insightType: 'ApiCallRateInsight',
    };
    expect(
      summaryOf({
        eventCategory: 'Insight',
        awsRegion: 'us-east-1',
        recipientAccountId: '123456789012',
        insightDetails,
      }),
    ).toBe(
      'CloudTrail Insights: an unusual rate of RunInstances calls to ec2 began in us-east-1 of account 123456789012.',
    );
  });

  it('is one bounded line of safe text, whatever the record', () => {
    const key = fc.constantFrom(
      'userIdentity',
      'type',
      'userName',
      'arn',
      'eventName',
      'insightDetails',
      'requestParameters',
      'bucketName',
      'key',
      'items',
      'resources',
      '__proto__',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 1, true, HOSTILE, 'Root', 'x'.repeat(5000)),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(key, tie('value')),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value), (any) => {
        const given: JsonObject = JSON.parse(JSON.stringify(any));
        const sentence = summaryOf(given);
        expect(sentence.length).toBeLessThanOrEqual(1000);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
        expect(sentence).not.toMatch(/[\u0000-\u001f\u202e]/);
      }),
    );
  });
});

describe('outcomeOf', () => {
  it.each<[string, JsonObject, object]>([
    ['no error', {}, { outcome: 'success' }],
    ['a null error code', { errorCode: null }, { outcome: 'success' }],
    ['an error code', { errorCode: 'AccessDenied' }, { outcome: 'failure', errorCode: 'AccessDenied' }],
    ['an error message alone', { errorMessage: 'Failed authentication' }, { outcome: 'failure' }],
    [
      'a failed sign-in',
      { eventName: 'ConsoleLogin', responseElements: { ConsoleLogin: 'Failure' } },
      { outcome: 'failure' },
    ],
    [
      'a failed role switch',
      { eventName: 'SwitchRole', responseElements: { SwitchRole: 'Failure' } },
      { outcome: 'failure' },
    ],
  ])('reads %s', (_name, fields, expected) => {
    expect(outcomeOf(fields)).toEqual(expected);
  });
});
