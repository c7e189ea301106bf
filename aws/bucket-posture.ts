import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** How a log bucket is protected, and whom it notifies. `undefined`: S3 did not let us ask. */
export interface BucketPosture {
  readonly versioning?: boolean;
  readonly mfaDelete?: boolean;
  readonly objectLock?: boolean;
  readonly publicAccessBlocked?: boolean;
  /** Algorithm of the default encryption: AES256, aws:kms. */
  readonly encryption?: string;
  readonly notifiesEventBridge?: boolean;
  /** ARNs of queues and topics the bucket notifies itself. */
  readonly notifies?: readonly string[];
  /** AWS error codes of questions that were refused. */
  readonly refused: readonly string[];
}

/** Errors that are answers: nothing of the kind is configured. */
const NOT_CONFIGURED = new Set([
  'ObjectLockConfigurationNotFoundError',
  'NoSuchPublicAccessBlockConfiguration',
  'ServerSideEncryptionConfigurationNotFoundError',
]);

/** Asks a bucket how it is protected. Each question is asked by itself: a role that may not ask one may ask others. */
export const readBucketPosture = async (client: S3Client, bucket: string, owner: string): Promise<BucketPosture> => {
  const input = { Bucket: bucket, ExpectedBucketOwner: owner };
  const refused: string[] = [];
  const ask = async <T>(question: () => Promise<T>, otherwise: T): Promise<T | undefined> => {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof S3ServiceException)) throw error;
      if (NOT_CONFIGURED.has(error.name)) return otherwise;
      refused.push(error.name);
      return undefined;
    }
  };
  const versioning = await ask(() => client.send(new GetBucketVersioningCommand(input)), undefined);
  const lock = await ask(
    async () =>
      (await client.send(new GetObjectLockConfigurationCommand(input))).ObjectLockConfiguration?.ObjectLockEnabled ===
      'Enabled',
    false,
  );
  const blocked = await ask(async () => {
    const { PublicAccessBlockConfiguration: block = {} } = await client.send(new GetPublicAccessBlockCommand(input));
    return [block.BlockPublicAcls, block.BlockPublicPolicy, block.IgnorePublicAcls, block.RestrictPublicBuckets].every(
      Boolean,
    );
  }, false);
  const encryption = await ask(async () => {
    const { ServerSideEncryptionConfiguration: rules } = await client.send(new GetBucketEncryptionCommand(input));
    return rules?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'none';
  }, 'none');
  const notified = await ask(() => client.send(new GetBucketNotificationConfigurationCommand(input)), undefined);
  return {
    ...(versioning && { versioning: versioning.Status === 'Enabled', mfaDelete: versioning.MFADelete === 'Enabled' }),
    ...(lock !== undefined && { objectLock: lock }),
    ...(blocked !== undefined && { publicAccessBlocked: blocked }),
    ...(encryption !== undefined && { encryption }),
    ...(notified && {
      notifiesEventBridge: notified.EventBridgeConfiguration !== undefined,
      notifies: [
        ...(notified.QueueConfigurations ?? []).flatMap(({ QueueArn }) => QueueArn ?? []),
        ...(notified.TopicConfigurations ?? []).flatMap(({ TopicArn }) => TopicArn ?? []),
      ],
    }),
    refused: [...new Set(refused)],
  };
};
