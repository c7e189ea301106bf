import { distance } from '../likeness.ts';
import catalogue from './catalogue.json' with { type: 'json' };

/** Where the names come from, for messages: they are as old as that. */
export const CATALOGUE_SOURCE = catalogue.source;

/**
 * Names in CloudTrail that no public API has: sign-in, events of the services themselves, internal APIs of consoles (AWS
 * CloudTrail user guide, "Non-API events"; the services' own guides).
 */
const BEYOND_THE_API: { readonly [source: string]: readonly string[] } = {
  backup: ['BackupDeleted', 'BackupJobCompleted', 'BackupJobStarted', 'RestoreCompleted', 'RestoreStarted'],
  bedrock: [
    'CreateFoundationModelAgreement',
    'DeleteEnforcedGuardrailConfiguration',
    'GetFoundationModelAvailability',
    'ListFoundationModelAgreementOffers',
    'PutFoundationModelEntitlement',
    'PutUseCaseForModelAccess',
  ],
  ec2: [
    'BidEvictedEvent',
    'SharedSnapshotCopyInitiated',
    'SharedSnapshotVolumeCreated',
    'CreateNetworkInterfaceAttachment',
  ],
  iam: ['EmailUpdated', 'PasswordUpdated'],
  kms: ['DeleteKey', 'RotateKey', 'SynchronizeMultiRegionKey'],
  lambda: ['LambdaESMDisabled', 'Invoke'],
  s3: ['JobCreated', 'JobStatusChanged', 'PostObject', 'BatchDeleteObjects', 'HeadBucket', 'HeadObject'],
  secretsmanager: [
    'CancelSecretVersionDelete',
    'EndSecretVersionDelete',
    'RotationFailed',
    'RotationStarted',
    'RotationSucceeded',
    'SecretVersionDeletion',
    'StartSecretVersionDelete',
    'TestRotationFailed',
    'TestRotationStarted',
    'TestRotationSucceeded',
  ],
};

/** Services of which no complete list of names is public: any name may be right. */
const OPEN_ENDED: ReadonlySet<string> = new Set([
  'cloudshell',
  'console',
  'health',
  'signin',
  'sso',
  'sso-directory',
  'sso-oauth',
  'trustedadvisor',
]);

/** API names that CloudTrail logs under another name: what to write instead. */
const RENAMED: { readonly [source: string]: { readonly [name: string]: string } } = {
  s3: {
    DeletePublicAccessBlock: 'DeleteBucketPublicAccessBlock',
    GetBucketLifecycleConfiguration: 'GetBucketLifecycle',
    GetBucketNotificationConfiguration: 'GetBucketNotification',
    ListObjectsV2: 'ListObjects',
    PutBucketLifecycleConfiguration: 'PutBucketLifecycle',
    PutBucketNotificationConfiguration: 'PutBucketNotification',
    PutEncryptionConfiguration: 'PutBucketEncryption',
    PutLifecycleConfiguration: 'PutBucketLifecycle',
    PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
    PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
    PutReplicationConfiguration: 'PutBucketReplication',
  },
};

const packed: ReadonlyMap<string, string> = new Map(Object.entries(catalogue.services));
const unpacked = new Map<string, ReadonlyMap<string, string>>();

const unpack = (text: string): readonly string[] =>
  text.split('|').flatMap((group) => {
    const [verb = '', ...rests] = group.split(' ');
    return rests.map((rest) => `${verb}${rest}`);
  });

/** Names of a service: lower case → as logged. Undefined where the service is not known, or any name may be right. */
const namesOf = (service: string): ReadonlyMap<string, string> | undefined => {
  const text = packed.get(service);
  if (text === undefined || OPEN_ENDED.has(service)) return undefined;
  const known = unpacked.get(service);
  if (known !== undefined) return known;
  const names = new Map(
    [...unpack(text), ...(BEYOND_THE_API[service] ?? [])].map((name) => [name.toLowerCase(), name]),
  );
  unpacked.set(service, names);
  return names;
};

/** `cloudtrail.amazonaws.com` → `cloudtrail`; undefined where it is no event source at all. */
export const serviceOf = (source: string): string | undefined =>
  /^([a-z0-9-]+)\.amazonaws\.com$/.exec(source.toLowerCase())?.[1];

/** Whether any service of the catalogue has this event source. */
export const isKnownService = (service: string): boolean => packed.has(service) || OPEN_ENDED.has(service);

/** Old and new versions of an API: `v2` behind a date (Lambda), a date with underscores (CloudFront). */
const withoutVersion = (name: string): string => name.replace(/(\d{8})v\d+$/, '$1');
const cloudFront = (name: string): string => name.replace(/\d{4}_\d{2}_\d{2}$/, '');

/** The name as the service logs it, or undefined where it logs none like it (case does not count). */
export const loggedAs = (service: string, name: string): string | undefined => {
  const names = namesOf(service);
  const lower = name.toLowerCase();
  if (names === undefined) return name;
  const exact = names.get(lower) ?? (service === 'lambda' ? names.get(withoutVersion(lower)) : undefined);
  if (exact !== undefined) return exact.length === name.length ? exact : name;
  if (service !== 'cloudfront') return undefined;
  const stem = cloudFront(lower);
  return stem !== lower && [...names.keys()].some((known) => cloudFront(known) === stem) ? name : undefined;
};

/** Services that log a name, for `that is a call of …`. */
export const servicesWith = (name: string): readonly string[] =>
  [...packed.keys()].filter((service) => namesOf(service) !== undefined && loggedAs(service, name) !== undefined);

/** Event sources of services that sound like a name, nearest first. */
export const servicesLike = (service: string): readonly string[] =>
  [...packed.keys(), ...OPEN_ENDED]
    .map((known) => ({ known, away: distance(known, service.slice(0, 80)) }))
    .filter(({ known, away }) => away <= 2 || known.includes(service))
    .sort((a, b) => a.away - b.away)
    .map(({ known }) => known);

/** What was probably meant by a name the service does not log: its renamed, dated or nearest name. */
export const nearestName = (service: string, name: string): string | undefined => {
  const renamed = RENAMED[service]?.[name];
  if (renamed !== undefined) return renamed;
  const lower = name.toLowerCase().slice(0, 80);
  const names = [...(namesOf(service) ?? [])];
  const dated = names.find(([known]) => known.startsWith(lower) && /^\d/.test(known.slice(lower.length)));
  if (dated !== undefined) return dated[1];
  const near = names
    .filter(([known]) => Math.abs(known.length - lower.length) <= 3)
    .map(([known, shown]) => ({ shown, away: distance(lower, known) }))
    .sort((a, b) => a.away - b.away)[0];
  return near !== undefined && near.away <= 3 ? near.shown : undefined;
};
