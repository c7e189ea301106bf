import { AccountId, checkSettings, type Reading } from './settings-reader.ts';

/** What a deployed function knows of its surroundings. Every function has the same environment. */
export interface Settings {
  /** `TRAILWARDEN_FINDINGS_TOPIC_ARN`: where findings are published. */
  readonly findingsTopicArn: string;
  /** `TRAILWARDEN_TABLE`: the ledger's DynamoDB table. */
  readonly table: string;
  /** `TRAILWARDEN_BUCKETS`: comma-separated names; nothing is read from any other bucket. */
  readonly buckets: readonly string[];
  /** `TRAILWARDEN_PREFIX`: keys must start with it; '' for none. */
  readonly prefix: string;
  /** `TRAILWARDEN_BUCKET_OWNER`: account that must own the buckets (ExpectedBucketOwner). */
  readonly bucketOwner?: string;
  /** `TRAILWARDEN_READER_ROLE_ARN`: role to assume for reading the buckets; default: the function's own. */
  readonly readerRoleArn?: string;
  /** `TRAILWARDEN_DELIVERIES_QUEUE_URL`: where notifications of log files arrive. */
  readonly deliveriesQueueUrl: string;
  /** `TRAILWARDEN_DIGESTS_QUEUE_URL`: where on-delivery forwards digest files. */
  readonly digestsQueueUrl: string;
  /** `TRAILWARDEN_TRAIL_ARN`: the trail whose digests are verified. */
  readonly trailArn?: string;
  /** `TRAILWARDEN_ORGANIZATION_ID`: `o-…` of an organization trail. */
  readonly organizationId?: string;
  /** `TRAILWARDEN_OCSF`: also put an OCSF Detection Finding in each message; default true. */
  readonly ocsf: boolean;
  /** `TRAILWARDEN_MAX_STORED_MIB`: largest object read. CloudTrail's own limit is 50 MB before compression. */
  readonly maxStoredBytes: number;
  /** `TRAILWARDEN_MAX_INFLATED_MIB`: largest file inflated. */
  readonly maxInflatedBytes: number;
  /** `TRAILWARDEN_RULES_FILE`: rules.json elsewhere than beside the bundle. */
  readonly rulesFile?: string;
}

const MIB = 1024 * 1024;

/**
 * Reads the settings out of an environment (`process.env`). All that is wrong is reported together, in one
 * `SettingsError` whose message has a line per variable, so that one failed deployment shows everything to mend.
 */
export const readSettings = (env: { readonly [name: string]: string | undefined }): Settings =>
  checkSettings(env, (read: Reading): Settings => {
    const bucketOwner = read.optional('TRAILWARDEN_BUCKET_OWNER', AccountId);
    const trailArn = read.optional('TRAILWARDEN_TRAIL_ARN', /^arn:[\w-]+:cloudtrail:[\w-]+:\d{12}:trail\/.+$/);
    const organizationId = read.optional('TRAILWARDEN_ORGANIZATION_ID', /^o-[a-z0-9]{10,32}$/);
    const readerRoleArn = read.optional('TRAILWARDEN_READER_ROLE_ARN', /^arn:[\w-]+:iam::\d{12}:role\/\S+$/);
    const rulesFile = read.optional('TRAILWARDEN_RULES_FILE', /./);
    return {
      findingsTopicArn: read.required('TRAILWARDEN_FINDINGS_TOPIC_ARN', /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/),
      table: read.required('TRAILWARDEN_TABLE', /^[\w.-]{3,255}$/),
      buckets: read.list('TRAILWARDEN_BUCKETS', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
      prefix: read.optional('TRAILWARDEN_PREFIX', /./) ?? '',
      deliveriesQueueUrl: read.required('TRAILWARDEN_DELIVERIES_QUEUE_URL', /^https?:\/\/\S+$/),
      digestsQueueUrl: read.required('TRAILWARDEN_DIGESTS_QUEUE_URL', /^https?:\/\/\S+$/),
      ocsf: read.flag('TRAILWARDEN_OCSF', true),
      maxStoredBytes: read.count('TRAILWARDEN_MAX_STORED_MIB', 64, { least: 1, most: 512 }) * MIB,
      maxInflatedBytes: read.count('TRAILWARDEN_MAX_INFLATED_MIB', 128, { least: 1, most: 1024 }) * MIB,
      ...(bucketOwner === undefined ? {} : { bucketOwner }),
      ...(trailArn === undefined ? {} : { trailArn }),
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(readerRoleArn === undefined ? {} : { readerRoleArn }),
      ...(rulesFile === undefined ? {} : { rulesFile }),
    };
  });
