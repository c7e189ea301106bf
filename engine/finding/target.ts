import { isJsonObject, type Json } from '../record/json.ts';
import { type CloudTrailRecord, own, textAt } from '../record/record.ts';
import { plainText } from './escape.ts';
import { isSecretKey } from './redact.ts';

const MAX_RESOURCES = 20;
const MAX_TEXT = 512;

/** Request parameters that name what a call acts on, the more telling first. */
const NAMING = [
  'bucketName',
  'functionName',
  'secretId',
  'userName',
  'roleName',
  'groupName',
  'roleArn',
  'trailName',
  'name',
  'instanceId',
  'dBInstanceIdentifier',
  'dBSnapshotIdentifier',
  'snapshotId',
  'imageId',
  'groupId',
  'keyId',
  'resourceArn',
  'modelId',
] as const;

const NAME_KEY = /(?:name|id|arn|identifier)$/i;

const named = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? plainText(value, MAX_TEXT) : undefined;

/** First element of EC2's `{ instancesSet: { items: [{ instanceId }] } }`. */
const firstItem = (parameters: Json | undefined): Json | undefined => {
  if (!isJsonObject(parameters)) return undefined;
  for (const value of Object.values(parameters).slice(0, 20)) {
    const items = own(value, 'items');
    if (Array.isArray(items)) return items[0];
  }
  return undefined;
};

const nameIn = (parameters: Json | undefined): string | undefined => {
  if (!isJsonObject(parameters)) return undefined;
  const key =
    NAMING.find((name) => named(own(parameters, name)) !== undefined) ??
    Object.keys(parameters)
      .slice(0, 50)
      .find((name) => NAME_KEY.test(name) && !isSecretKey(name) && named(own(parameters, name)) !== undefined);
  return key === undefined ? undefined : named(own(parameters, key));
};

/** What the call acted on, by the name its request gives it; undefined where the request names nothing. */
export const targetOf = (record: CloudTrailRecord): string | undefined => {
  const parameters = own(record, 'requestParameters');
  const object = textAt(parameters, 'key');
  const bucket = textAt(parameters, 'bucketName');
  if (bucket && object) return plainText(`${bucket}/${object}`, MAX_TEXT);
  return nameIn(parameters) ?? nameIn(firstItem(parameters));
};

const isArn = (value: unknown): value is string => typeof value === 'string' && value.startsWith('arn:');

/** `resources[]` may spell it `ARN`, `arn`, or `ARNPrefix` alone (records in the wild hold all three). */
const listedArns = (record: CloudTrailRecord): readonly string[] => {
  const listed = own(record, 'resources');
  if (!Array.isArray(listed)) return [];
  return listed
    .slice(0, MAX_RESOURCES)
    .map((entry) => own(entry, 'ARN') ?? own(entry, 'arn') ?? own(entry, 'ARNPrefix'))
    .filter(isArn);
};

/** ARNs and names of what a record is about, without repetition: at most 20, each at most 512 characters. */
export const resourcesOf = (record: CloudTrailRecord): readonly string[] => {
  const parameters = own(record, 'requestParameters');
  const inRequest = isJsonObject(parameters) ? Object.values(parameters).slice(0, 50).filter(isArn) : [];
  const target = targetOf(record);
  const all = [...listedArns(record), ...inRequest].map((arn) => plainText(arn, MAX_TEXT));
  const repeated = target === undefined || all.some((arn) => arn === target || arn.endsWith(target));
  return [...new Set(repeated ? all : [...all, target])].slice(0, MAX_RESOURCES);
};
