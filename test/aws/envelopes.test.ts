import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../aws/envelopes.ts';
import { s3Message } from '../../aws/queue.ts';

const bodyOf = (name: string): string => {
  const path = join(import.meta.dirname, '../../events', name);
  const event: { readonly Records: readonly { readonly body: string }[] } = JSON.parse(readFileSync(path, 'utf8'));
  return event.Records[0]?.body ?? '';
};

const bucket = 'example-org-cloudtrail';
const key =
  'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/05/111122223333_CloudTrail_eu-west-1_20260305T0030Z_AbCdEfGhIjKlMnOp.json.gz';
const second =
  'AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/05/111122223333_CloudTrail_us-east-1_20260305T0030Z_QrStUvWxYz012345.json.gz';
const digest =
  'AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/05/111122223333_CloudTrail-Digest_eu-west-1_example-trail_us-east-1_20260305T011352Z.json.gz';
const versioned = { bucket, key, versionId: 'ExampleVersionOfLogFile00000001a' };
const object = (location: object, size?: number) => ({
  kind: 'object',
  location,
  via: 'delivered',
  ...(size === undefined ? {} : { size }),
});
/** The removal of the sample events, with what differs. */
const removed = (over: object) => ({
  kind: 'removed',
  removal: {
    location: versioned,
    how: 'deleted',
    by: 'request',
    at: '2026-03-05T00:31:58.412Z',
    ip: '192.0.2.10',
    ...over,
  },
});
const ignored = (reason: string) => ({ kind: 'ignored', reason: expect.stringContaining(reason) });

describe('messages of the deliveries queue', () => {
  it.each([
    ['sqs.s3-notification.json', [object(versioned, 1187)]],
    ['sqs.sns-s3-notification.json', [object(versioned, 1187)]],
    ['sqs.eventbridge-object-created.json', [object(versioned, 1187)]],
    ['sqs.cloudtrail-notification.json', [object({ bucket, key }), object({ bucket, key: second })]],
    ['sqs.cloudtrail-notification-raw.json', [object({ bucket, key }), object({ bucket, key: second })]],
    [
      'sqs.s3-notification-encoded-key.json',
      [object({ ...versioned, key: key.replace('AWSLogs', 'trail logs+2026/AWSLogs') }, 1187)],
    ],
    ['sqs.s3-notification-digest.json', [object({ bucket, key: digest }, 1187)]],
    ['sqs.s3-object-removed.json', [removed({ requester: 'AWS:AROAEXAMPLEPRINCIPAL1:example-session' })]],
    [
      'sqs.eventbridge-object-deleted.json',
      [removed({ how: 'marker', at: '2026-03-05T00:40:12Z', requester: '444455556666', ip: '203.0.113.7' })],
    ],
    ['sqs.s3-folder-object.json', [ignored('folder')]],
    ['sqs.s3-test-event.json', [ignored('s3:TestEvent')]],
    ['sqs.cloudtrail-validation.json', [ignored('validation')]],
    ['sqs.sns-subscription-confirmation.json', [ignored('SubscriptionConfirmation')]],
  ])('%s', (name, notices) => {
    expect(readEnvelope(bodyOf(name))).toEqual({ kind: 'notices', notices });
  });

  it('takes several records of one notification, each for itself', () => {
    const [first, removed] = ['sqs.s3-notification.json', 'sqs.s3-object-removed.json'].map(
      (name): { Records: unknown[] } => JSON.parse(bodyOf(name)),
    );
    const both = JSON.stringify({ Records: [...(removed?.Records ?? []), ...(first?.Records ?? [])] });
    expect(readEnvelope(both)).toMatchObject({
      kind: 'notices',
      notices: [{ kind: 'removed' }, object(versioned, 1187)],
    });
  });

  const s3 = (over: object) => ({
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: bucket }, object: { key: 'a' } },
    ...over,
  });
  const envelope = (Message: unknown) => JSON.stringify({ Type: 'Notification', Message });

  it.each([
    ['an S3 notification without records', JSON.stringify({ Records: [] }), [ignored('without records')]],
    [
      'an event name with the prefix configurations write',
      JSON.stringify({ Records: [s3({ eventName: 's3:ObjectCreated:Copy' })] }),
      [object({ bucket, key: 'a' })],
    ],
    [
      'a multipart upload',
      JSON.stringify({ Records: [s3({ eventName: 'ObjectCreated:CompleteMultipartUpload' })] }),
      [object({ bucket, key: 'a' })],
    ],
    [
      'a notification without a version',
      JSON.stringify({ Records: [s3({ s3: { bucket: { name: bucket }, object: { key: 'a', versionId: null } } })] }),
      [object({ bucket, key: 'a' })],
    ],
    [
      'an empty object, which is no folder: it is read and found truncated',
      JSON.stringify({ Records: [s3({ s3: { bucket: { name: bucket }, object: { key: 'a', size: 0 } } })] }),
      [object({ bucket, key: 'a' }, 0)],
    ],
    [
      'an EventBridge key, which is not encoded',
      JSON.stringify({
        source: 'aws.s3',
        'detail-type': 'Object Created',
        detail: { bucket: { name: bucket }, object: { key: 'a+b%20c' } },
      }),
      [object({ bucket, key: 'a+b%20c' })],
    ],
    [
      'an expiration by a lifecycle rule',
      JSON.stringify({ Records: [s3({ eventName: 'LifecycleExpiration:DeleteMarkerCreated' })] }),
      [{ kind: 'removed', removal: { location: { bucket, key: 'a' }, how: 'marker', by: 'lifecycle' } }],
    ],
    [
      'an expiration by a lifecycle rule, through EventBridge',
      JSON.stringify({
        source: 'aws.s3',
        'detail-type': 'Object Deleted',
        detail: {
          bucket: { name: bucket },
          object: { key: 'a+b' },
          requester: 's3.amazonaws.com',
          reason: 'Lifecycle Expiration',
          'deletion-type': 'Permanently Deleted',
        },
      }),
      [
        {
          kind: 'removed',
          removal: {
            location: { bucket, key: 'a+b' },
            how: 'deleted',
            by: 'lifecycle',
            requester: 's3.amazonaws.com',
          },
        },
      ],
    ],
    [
      'a restore from an archive',
      JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Restore Completed', detail: {} }),
      [ignored('Object Restore Completed')],
    ],
    [
      'a changed tag',
      JSON.stringify({ Records: [s3({ eventName: 'ObjectTagging:Put' })] }),
      [ignored('ObjectTagging:Put')],
    ],
    [
      'an EventBridge event in an SNS envelope',
      envelope(
        JSON.stringify({
          source: 'aws.s3',
          'detail-type': 'Object Created',
          detail: { bucket: { name: bucket }, object: { key: 'a' } },
        }),
      ),
      [object({ bucket, key: 'a' })],
    ],
    ['a raw validation message', 'CloudTrail validation message.', [ignored('validation')]],
    [
      'one key that is no list',
      JSON.stringify({ s3Bucket: bucket, s3ObjectKey: 'a+b' }),
      [object({ bucket, key: 'a+b' })],
    ],
    ['an S3 test event in an SNS envelope', envelope(bodyOf('sqs.s3-test-event.json')), [ignored('TestEvent')]],
    ['an unsubscription', JSON.stringify({ Type: 'UnsubscribeConfirmation' }), [ignored('Unsubscribe')]],
  ])('%s', (_, body, notices) => {
    expect(readEnvelope(body)).toEqual({ kind: 'notices', notices });
  });

  it.each([
    ['no JSON', 'hello', 'no JSON object'],
    ['JSON that is no object', '[1]', 'no JSON object'],
    ['an object nobody sends', '{"a":1,"b":2}', 'a, b'],
    ['an empty object', '{}', '(none)'],
    ['records of another service', JSON.stringify({ Records: [{ eventSource: 'aws:ses' }] }), 'Records[0]'],
    ['one strange record among good ones', JSON.stringify({ Records: [s3({}), 7] }), 'Records[1]'],
    ['a record without a bucket', JSON.stringify({ Records: [s3({ s3: { object: { key: 'a' } } })] }), 'Records[0]'],
    ['a record without a key', JSON.stringify({ Records: [s3({ s3: { bucket: { name: bucket } } })] }), 'Records[0]'],
    [
      'a key that is wrongly encoded',
      JSON.stringify({ Records: [s3({ s3: { bucket: { name: bucket }, object: { key: '%zz' } } })] }),
      'Records[0]',
    ],
    [
      'an Object Created event without a key',
      JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Created', detail: {} }),
      'bucket or key',
    ],
    [
      'an Object Deleted event without a key',
      JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Deleted', detail: { bucket: { name: bucket } } }),
      'bucket or key',
    ],
    [
      'a removal without a bucket',
      JSON.stringify({ Records: [s3({ eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'a' } } })] }),
      'Records[0]',
    ],
    ['keys that are no strings', JSON.stringify({ s3Bucket: bucket, s3ObjectKey: ['a', 1] }), 's3ObjectKey'],
    ['no keys', JSON.stringify({ s3Bucket: bucket }), 's3ObjectKey'],
    ['an SNS message that is text', envelope('hello'), 'Message'],
    ['an SNS message that is missing', envelope(undefined), 'Message'],
  ])('keeps what it does not know: %s', (_, body, reason) => {
    expect(readEnvelope(body)).toEqual({ kind: 'unknown', reason: expect.stringContaining(reason) });
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(fc.property(fc.json(), (body) => ['notices', 'unknown'].includes(readEnvelope(body).kind)));
  });

  it('reads the notifications we write ourselves, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.boolean(), (name, backfill) => {
        const location = { bucket, key: `${name}x` };
        const notice = { kind: 'object', location, via: backfill ? 'backfill' : 'delivered' };
        expect(readEnvelope(s3Message(location, backfill ? 'Backfill' : 'Requeue'))).toEqual({
          kind: 'notices',
          notices: [notice],
        });
      }),
    );
  });
});
