import { devNull } from 'node:os';
import type { EmbeddedAws } from './embedded-aws.ts';

export interface EnvironmentOptions {
  readonly rulesFile: string;
  /** Where CloudTrail's API is served; absent where nobody verifies digests. */
  readonly cloudTrailUrl?: string;
  readonly organizationId?: string;
  readonly trailArn?: string;
  /** Lets the functions' own log lines through. */
  readonly verbose: boolean;
}

/**
 * The environment serverless.yml gives every function, with the emulators in place of AWS, and the machine's own AWS
 * settings out of reach: a profile or an endpoint of a config file would otherwise win over some of these.
 */
export const functionEnvironment = (
  aws: EmbeddedAws,
  { rulesFile, cloudTrailUrl, organizationId, trailArn, verbose }: EnvironmentOptions,
): { readonly [name: string]: string } => ({
  ...aws.env,
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  TRAILWARDEN_FINDINGS_TOPIC_ARN: aws.topicArn,
  TRAILWARDEN_TABLE: aws.table,
  TRAILWARDEN_BUCKETS: aws.bucket,
  TRAILWARDEN_DELIVERIES_QUEUE_URL: aws.queues.deliveries.url,
  TRAILWARDEN_DIGESTS_QUEUE_URL: aws.queues.digests.url,
  TRAILWARDEN_RULES_FILE: rulesFile,
  ...(cloudTrailUrl === undefined ? {} : { AWS_ENDPOINT_URL_CLOUDTRAIL: cloudTrailUrl }),
  ...(organizationId === undefined ? {} : { TRAILWARDEN_ORGANIZATION_ID: organizationId }),
  ...(trailArn === undefined ? {} : { TRAILWARDEN_TRAIL_ARN: trailArn }),
  POWERTOOLS_SERVICE_NAME: 'trailwarden',
  POWERTOOLS_METRICS_DISABLED: 'true',
  POWERTOOLS_LOG_LEVEL: verbose ? 'INFO' : 'SILENT',
});

const isAwsName = (name: string): boolean => /^(AWS_|TRAILWARDEN_|POWERTOOLS_)/.test(name);

/**
 * Puts an environment in place of this process's own AWS variables.
 *
 * @returns puts back what was there before
 */
export const enterEnvironment = (environment: { readonly [name: string]: string }): (() => void) => {
  const before = { ...process.env };
  const clear = (): void => {
    for (const name of Object.keys(process.env).filter(isAwsName)) delete process.env[name];
  };
  clear();
  Object.assign(process.env, environment);
  return () => {
    clear();
    for (const [name, value] of Object.entries(before))
      if (isAwsName(name) && value !== undefined) process.env[name] = value;
  };
};
