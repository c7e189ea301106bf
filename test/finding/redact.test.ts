import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretKey, redactEvidence, redactRecord } from '../../engine/finding/redact.ts';
import type { Json, JsonObject } from '../../engine/record/json.ts';

const redacted = (record: JsonObject) => redactRecord(record).record;
const parameters = (value: Json) => redacted({ requestParameters: value })['requestParameters'];

describe('redactRecord', () => {
  it.each([
    ['a password', { password: 'x' }],
    ['a master password', { masterUserPassword: 'x' }],
    ['a secret', { secretString: 'x', clientSecret: 'y' }],
    ['a session token', { sessionToken: 'x' }],
    ['user data', { userData: 'IyEvYmluL3No' }],
    ['a private key', { privateKey: 'x' }],
    ['an API key', { apiKey: 'x' }],
    ['an authorization header', { Authorization: 'x' }],
  ])('hides %s', (_name, value) => {
    expect(parameters(value)).toEqual(Object.fromEntries(Object.keys(value).map((key) => [key, '***'])));
  });

  it.each<[string, Json]>([
    ['access key ids', { accessKeyId: 'AKIAEXAMPLE' }],
    ['which secret was read', { secretId: 'prod/db', secretARN: 'arn:x', secretName: 'n' }],
    ['when a token was issued', { 'aws:TokenIssueTime': '2026' }],
    ['numbers and flags', { passwordResetRequired: true, minimumPasswordLength: 8, password: null }],
    ['values CloudTrail hid already', { password: 'HIDDEN_DUE_TO_SECURITY_REASONS' }],
    ['words that only contain "pass"', { bypassRole: 'x', compass: 'y' }],
  ])('keeps %s', (_name, value) => {
    expect(parameters(value)).toEqual(value);
  });

  it('hides secrets in name and value pairs', () => {
    const environment = [
      { name: 'DB_PASSWORD', value: 'hunter2' },
      { name: 'HOST', value: 'db' },
    ];
    expect(parameters({ environment })).toEqual({
      environment: [
        { name: 'DB_PASSWORD', value: '***' },
        { name: 'HOST', value: 'db' },
      ],
    });
    expect(parameters([{ parameterKey: 'Secret', parameterValue: 's' }])).toEqual([
      { parameterKey: 'Secret', parameterValue: '***' },
    ]);
  });

  it('hides secrets inside strings that are JSON, and leaves other such strings as they are written', () => {
    expect(parameters({ input: '{"user":"a", "password":"hunter2"}' })).toEqual({
      input: '{"user":"a","password":"***"}',
    });
    const policy = '{ "Statement": [ {"Action":"secretsmanager:GetSecretValue"} ] }';
    expect(parameters({ policyDocument: policy })).toEqual({ policyDocument: policy });
  });

  it('hides PEM keys and signed URLs wherever they stand', () => {
    const url = 'https://b.s3.amazonaws.com/k?X-Amz-Security-Token=abc&X-Amz-Signature=def&x=1';
    expect(parameters({ a: '-----BEGIN RSA PRIVATE KEY-----\nMII', b: url })).toEqual({
      a: '***',
      b: 'https://b.s3.amazonaws.com/k?X-Amz-Security-Token=***&X-Amz-Signature=***&x=1',
    });
  });

  it('drops issued credentials and the query of a sign-in’s return address', () => {
    const record = {
      responseElements: { credentials: { accessKeyId: 'ASIA', sessionToken: 'x' }, assumedRoleUser: { arn: 'a' } },
      additionalEventData: { LoginTo: 'https://console.aws.amazon.com/?state=secret', MFAUsed: 'No' },
    };
    expect(redacted(record)).toEqual({
      responseElements: { assumedRoleUser: { arn: 'a' } },
      additionalEventData: { LoginTo: 'https://console.aws.amazon.com/', MFAUsed: 'No' },
    });
  });

  it('bounds depth, lengths and the whole, and says so', () => {
    const deep = Array(5000)
      .fill(0)
      .reduce<Json>((inner) => [inner], 1);
    const wide = Object.fromEntries(
      Array(1000)
        .fill(0)
        .map((_, at) => [`k${at}`, 'x'.repeat(10_000)]),
    );
    for (const value of [deep, wide, 'x'.repeat(1_000_000), Array(100_000).fill('y')]) {
      const { record, truncated } = redactRecord({ requestParameters: value });
      expect(truncated).toBe(true);
      expect(JSON.stringify(record).length).toBeLessThan(150_000);
    }
    expect(redactRecord({ a: 'b' }).truncated).toBe(false);
  });

  it('keeps __proto__ an ordinary key', () => {
    const clean = redacted(JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(Object.hasOwn(clean, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  it('never lets a password through, however deep', () => {
    const wrap = fc.constantFrom<((inner: Json) => Json)[]>(
      (inner) => ({ a: inner }),
      (inner) => [1, inner],
      (inner) => ({ text: JSON.stringify(inner) }),
    );
    fc.assert(
      fc.property(
        fc.array(wrap, { maxLength: 3 }),
        fc.constantFrom('password', 'SecretString', 'userData'),
        (wraps, key) => {
          const value = wraps.reduce<Json>((inner, each) => each(inner), { [key]: 'hunter2-token-value' });
          expect(JSON.stringify(parameters(value))).not.toContain('hunter2');
        },
      ),
    );
  });
});

describe('redactEvidence', () => {
  it('hides the value of a field whose path holds secrets', () => {
    expect(redactEvidence('requestParameters.userData', 'curl evil')).toBe('***');
    expect(redactEvidence('responseElements.credentials.accessKeyId', 'ASIA')).toBe('***');
    expect(redactEvidence('requestParameters.secretId', 'prod/db')).toBe('prod/db');
    expect(redactEvidence('requestParameters.policyDocument', '{"password":"x"}')).toBe('{"password":"***"}');
  });

  it('takes long keys for no secret rather than search them', () => {
    expect(isSecretKey(`password${'x'.repeat(300)}`)).toBe(false);
  });
});
