import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';

/** Temporary credentials as SDK clients take them; the client asks again before `expiration`. */
export interface AssumedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

/** STS answered without credentials. */
export class NoCredentialsError extends Error {
  override readonly name = 'NoCredentialsError';
}

/**
 * Credentials of the role that may read the log bucket: for buckets whose policy names only roles of their own account
 * (Control Tower's Log Archive). The default hour suits: the SDK client asks again shortly before it ends.
 */
export const assumedRole =
  (client: STSClient, roleArn: string): (() => Promise<AssumedCredentials>) =>
  async () => {
    const input = { RoleArn: roleArn, RoleSessionName: 'trailwarden' };
    const { Credentials: given } = await client.send(new AssumeRoleCommand(input));
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration)
      throw new NoCredentialsError(`STS gave no credentials for ${roleArn}`);
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
      expiration: given.Expiration,
    };
  };
