import type { Via } from '../engine/finding/finding.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/record/json.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { own, textAt } from '../engine/record/record.ts';
import type { Removal } from '../engine/take-removal.ts';

/** One thing a message says. */
export type Notice =
  | {
      readonly kind: 'object';
      readonly location: ObjectLocation;
      readonly via: Extract<Via, 'delivered' | 'backfill'>;
      /** Stored bytes, where the notification tells. */
      readonly size?: number;
    }
  /** An object, or a version of it, is gone. */
  | { readonly kind: 'removed'; readonly removal: Removal }
  /** Nothing to read, for a reason that is known. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** What a queue message says: notices, or that it is of no shape we know. */
export type Envelope =
  | { readonly kind: 'notices'; readonly notices: readonly Notice[] }
  | { readonly kind: 'unknown'; readonly reason: string };

const notices = (...all: readonly Notice[]): Envelope => ({ kind: 'notices', notices: all });
const ignored = (reason: string): Notice => ({ kind: 'ignored', reason });
const unknown = (reason: string): Envelope => ({ kind: 'unknown', reason });

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const objectNotice = (
  location: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
  size: Json | undefined,
  via: 'delivered' | 'backfill' = 'delivered',
): Notice => {
  const { bucket, key, versionId } = location;
  // CloudTrail makes `…/CloudTrail/` when a trail is created; consoles make others.
  if (key.endsWith('/')) return ignored(`a folder object: ${key}`);
  return {
    kind: 'object',
    // S3 writes `null` as the version of objects from before versioning; asked for by that name it is found all the same.
    location: { bucket, key, ...(versionId === undefined ? {} : { versionId }) },
    via,
    ...(typeof size === 'number' ? { size } : {}),
  };
};

/**
 * A key out of a classic S3 notification: form-encoded, `+` for a space (S3 guide, "Event message structure").
 * EventBridge events and CloudTrail's own messages hold the key as it is: decoding those would turn a `+` or `%` of
 * the key into something else. Undefined when it is not validly encoded.
 */
const decodeKey = (key: string): string | undefined => {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};

/** Who and when, where the notification tells. */
const circumstances = (at: string | undefined, requester: string | undefined, ip: string | undefined) => ({
  ...(at === undefined ? {} : { at }),
  ...(requester === undefined ? {} : { requester }),
  ...(ip === undefined ? {} : { ip }),
});

/** `ObjectRemoved:…` and `LifecycleExpiration:…`, each with `Delete` or `DeleteMarkerCreated` (S3 guide, event types). */
const REMOVED = /^(?:s3:)?(ObjectRemoved|LifecycleExpiration):(Delete|DeleteMarkerCreated)$/;

const s3Removal = (record: Json, location: ObjectLocation): Notice | undefined => {
  const [, event, how] = REMOVED.exec(textAt(record, 'eventName') ?? '') ?? [];
  if (event === undefined) return undefined;
  const who = textAt(record, 'userIdentity', 'principalId');
  const ip = textAt(record, 'requestParameters', 'sourceIPAddress');
  return {
    kind: 'removed',
    removal: {
      location,
      how: how === 'Delete' ? 'deleted' : 'marker',
      by: event === 'ObjectRemoved' ? 'request' : 'lifecycle',
      ...circumstances(textAt(record, 'eventTime'), who, ip),
    },
  };
};

const s3Notice = (record: Json): Notice | undefined => {
  if (textAt(record, 'eventSource') !== 'aws:s3') return undefined;
  const name = textAt(record, 'eventName') ?? '';
  const bucket = textAt(record, 's3', 'bucket', 'name');
  const object = own(own(record, 's3'), 'object');
  const key = decodeKey(textAt(object, 'key') ?? '');
  const stores = /^(s3:)?ObjectCreated:/.test(name);
  if (!stores && !REMOVED.test(name)) return ignored(`S3 says ${name}, which neither stores nor removes an object`);
  if (bucket === undefined || key === undefined || key === '') return undefined;
  const versionId = nonEmpty(textAt(object, 'versionId'));
  if (!stores) return s3Removal(record, { bucket, key, ...(versionId === undefined ? {} : { versionId }) });
  const via = name.endsWith(':Backfill') ? 'backfill' : 'delivered';
  return objectNotice({ bucket, key, versionId }, own(object, 'size'), via);
};

const s3Notification = (records: readonly Json[]): Envelope => {
  const all: Notice[] = [];
  for (const [index, record] of records.entries()) {
    const notice = s3Notice(record);
    if (notice === undefined) return unknown(`Records[${index}] is no S3 event with a bucket and an encoded key`);
    all.push(notice);
  }
  return all.length === 0 ? notices(ignored('an S3 notification without records')) : notices(...all);
};

const eventRemoval = (event: JsonObject, location: ObjectLocation): Notice => {
  const detail = own(event, 'detail');
  const who = textAt(detail, 'requester');
  const ip = textAt(detail, 'source-ip-address');
  return {
    kind: 'removed',
    removal: {
      location,
      how: textAt(detail, 'deletion-type') === 'Delete Marker Created' ? 'marker' : 'deleted',
      by: textAt(detail, 'reason') === 'Lifecycle Expiration' ? 'lifecycle' : 'request',
      ...circumstances(textAt(event, 'time'), who, ip),
    },
  };
};

const eventBridge = (event: JsonObject): Envelope => {
  const type = textAt(event, 'detail-type') ?? '';
  if (type !== 'Object Created' && type !== 'Object Deleted')
    return notices(ignored(`EventBridge says ${type}, which neither stores nor removes an object`));
  const bucket = textAt(event, 'detail', 'bucket', 'name');
  const object = own(own(event, 'detail'), 'object');
  const key = nonEmpty(textAt(object, 'key'));
  if (bucket === undefined || key === undefined) return unknown(`an ${type} event without bucket or key`);
  const versionId = nonEmpty(textAt(object, 'version-id'));
  if (type === 'Object Deleted')
    return notices(eventRemoval(event, { bucket, key, ...(versionId === undefined ? {} : { versionId }) }));
  return notices(objectNotice({ bucket, key, versionId }, own(object, 'size')));
};

const cloudTrail = (bucket: string, keys: Json | undefined): Envelope => {
  const all = Array.isArray(keys) ? keys : [keys];
  const texts = all.filter((key): key is string => typeof key === 'string' && key !== '');
  if (texts.length === 0 || texts.length !== all.length)
    return unknown("a CloudTrail notification whose 's3ObjectKey' is not a list of keys");
  return notices(...texts.map((key) => objectNotice({ bucket, key, versionId: undefined }, undefined)));
};

/** CloudTrail's own message when a topic is set on a trail (also handled so by AWS's Java processing library). */
const VALIDATION = 'CloudTrail validation message';

const subscription = (message: JsonObject): Envelope | undefined => {
  const type = textAt(message, 'Type');
  if (type !== 'SubscriptionConfirmation' && type !== 'UnsubscribeConfirmation') return undefined;
  const topic = textAt(message, 'TopicArn') ?? 'a topic';
  // Its URL is never fetched: anyone who can write to the queue would choose where this function calls.
  return notices(ignored(`SNS ${type} of ${topic}; confirm it with aws sns confirm-subscription`));
};

const known = (message: JsonObject): Envelope => {
  const records = own(message, 'Records');
  if (Array.isArray(records)) return s3Notification(records);
  if (textAt(message, 'source') === 'aws.s3') return eventBridge(message);
  const bucket = textAt(message, 's3Bucket');
  if (bucket !== undefined) return cloudTrail(bucket, own(message, 's3ObjectKey'));
  if (textAt(message, 'Event') === 's3:TestEvent') return notices(ignored('s3:TestEvent'));
  const fields = Object.keys(message).slice(0, 5).join(', ').slice(0, 200);
  return unknown(`an object with the fields ${fields === '' ? '(none)' : fields}`);
};

const parse = (text: string): Json | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Reads the body of a message on the deliveries queue: S3 → SQS, S3 → SNS → SQS, S3 → EventBridge → SQS and
 * CloudTrail → SNS → SQS, the SNS ones enveloped or raw; our own requeued messages have S3's shape. What neither stores
 * nor removes an object is `ignored` with its reason. Anything else is `unknown`: the caller must keep that message, for it may be the
 * only word of a log file.
 */
export const readEnvelope = (body: string): Envelope => {
  if (body.startsWith(VALIDATION)) return notices(ignored(VALIDATION));
  const message = parse(body);
  if (!isJsonObject(message)) return unknown('the body is no JSON object');
  const confirmation = subscription(message);
  if (confirmation !== undefined) return confirmation;
  if (textAt(message, 'Type') !== 'Notification') return known(message);
  const inner = textAt(message, 'Message') ?? '';
  if (inner.startsWith(VALIDATION)) return notices(ignored(VALIDATION));
  const carried = parse(inner);
  return isJsonObject(carried) ? known(carried) : unknown('an SNS notification whose Message is no JSON object');
};
