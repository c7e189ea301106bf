import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { assumedRole, NoCredentialsError } from '../../aws/reader-role.ts';

const sts = mockClient(STSClient);
const role = 'arn:aws:iam::111122223333:role/log-reader';
const credentials = assumedRole(new STSClient({ region: 'us-east-1' }), role);

beforeEach(() => sts.reset());

it('asks STS for the role and gives what a client takes', async () => {
  const Expiration = new Date('2026-03-05T01:00:00Z');
  sts.on(AssumeRoleCommand).resolves({
    Credentials: { AccessKeyId: 'a', SecretAccessKey: 'b', SessionToken: 'c', Expiration },
  });
  expect(await credentials()).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 'b',
    sessionToken: 'c',
    expiration: Expiration,
  });
  expect(sts.commandCalls(AssumeRoleCommand)[0]?.args[0].input).toEqual({
    RoleArn: role,
    RoleSessionName: 'trailwarden',
  });
});

it('throws what STS throws, and when it gives nothing', async () => {
  sts.on(AssumeRoleCommand).rejectsOnce(new Error('AccessDenied')).resolves({});
  await expect(credentials()).rejects.toThrow('AccessDenied');
  await expect(credentials()).rejects.toBeInstanceOf(NoCredentialsError);
});
