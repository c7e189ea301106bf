import { createHash, randomUUID } from 'node:crypto';

/** The ways a bucket's news reaches the deliveries queue. `none`: the notification is lost on its way. */
export type NotificationShape = 's3' | 's3-sns' | 'eventbridge' | 'cloudtrail-sns' | 'none';

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const iso = (at: number): string => new Date(at).toISOString();

/** S3 writes keys into its own notifications form-encoded: a space is `+`, a slash stays. */
const formEncoded = (key: string): string => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');

const s3Event = ({ bucket, key, size, etag, region, at }: StoredObject): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: iso(at),
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:AROA000000000EXAMPLE0:cloudtrail' },
        requestParameters: { sourceIPAddress: '192.0.2.10' },
        responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'embedded' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'trailwarden',
          bucket: { name: bucket, ownerIdentity: { principalId: 'A3NL1KOZZKExample' }, arn: `arn:aws:s3:::${bucket}` },
          object: { key: formEncoded(key), size, eTag: etag, sequencer: at.toString(16).padStart(16, '0') },
        },
      },
    ],
  });

const snsEnvelope = (topic: string, subject: string | undefined, message: string, at: number): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: topic,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: message,
    Timestamp: iso(at),
    SignatureVersion: '1',
    Signature: 'embedded',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/embedded.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
  });

const eventBridge = ({ bucket, key, size, etag, region, at }: StoredObject): string =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '000000000000',
    time: iso(at),
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size, etag, sequencer: at.toString(16).padStart(16, '0') },
      'request-id': 'C3D13FE58DE4C810',
      requester: 'cloudtrail.amazonaws.com',
      'source-ip-address': '192.0.2.10',
      reason: 'PutObject',
    },
  });

/**
 * The body of the queue message AWS would send for one stored object, in one of the shapes a deployment can have.
 *
 * Sources: S3 user guide, notification content structure and EventBridge events; CloudTrail user guide, configuring
 * SNS notifications. Only S3's own shape encodes the key.
 */
export const notificationBody = (shape: Exclude<NotificationShape, 'none'>, stored: StoredObject): string => {
  const topic = `arn:aws:sns:${stored.region}:000000000000:log-files`;
  switch (shape) {
    case 's3':
      return s3Event(stored);
    case 's3-sns':
      return snsEnvelope(topic, 'Amazon S3 Notification', s3Event(stored), stored.at);
    case 'eventbridge':
      return eventBridge(stored);
    case 'cloudtrail-sns':
      return snsEnvelope(
        topic,
        undefined,
        JSON.stringify({ s3Bucket: stored.bucket, s3ObjectKey: [stored.key] }),
        stored.at,
      );
  }
};

/** S3's ETag of an object stored in one part: the hex MD5 of its bytes. */
export const etagOf = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
