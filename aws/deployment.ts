import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { clientOptions } from './client-options.ts';

/** Where a deployed stack has its parts: its CloudFormation outputs. */
export interface Deployment {
  readonly stack: string;
  readonly status: string;
  readonly findingsTopicArn: string;
  readonly alarmTopicArn: string;
  readonly table: string;
  readonly keyArn: string;
  readonly deliveriesQueueUrl: string;
  readonly digestsQueueUrl: string;
  readonly canaryQueueUrl: string;
  readonly invocationsDeadLettersUrl: string;
  readonly deliveriesDeadLettersArn: string;
  readonly digestsDeadLettersArn: string;
  readonly bucket: string;
  readonly bucketOwner: string;
  readonly prefix: string;
  readonly trailArn?: string;
  readonly readerRoleArn?: string;
}

/** There is no such stack, or one that is not Trailwarden's. */
export class NoDeploymentError extends Error {
  override readonly name = 'NoDeploymentError';
}

type Outputs = ReadonlyMap<string, string>;

const describe = async (stack: string): Promise<{ readonly status: string; readonly outputs: Outputs }> => {
  try {
    const { Stacks } = await new CloudFormationClient(clientOptions).send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    const [found] = Stacks ?? [];
    const outputs = (found?.Outputs ?? []).map(
      ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
    );
    return { status: found?.StackStatus ?? 'unknown', outputs: new Map(outputs) };
  } catch (error) {
    if (!(error instanceof CloudFormationServiceException) || error.name !== 'ValidationError') throw error;
    throw new NoDeploymentError(
      `There is no stack ${stack} in this account and Region. Name it with --stack, choose the Region with AWS_REGION, ` +
        'or deploy first: npx serverless deploy',
      { cause: error },
    );
  }
};

/** `-` stands for none in outputs that may not be empty. */
const optional = <Name extends string>(name: Name, value: string): { readonly [key in Name]?: string } => {
  const field: { [key in Name]?: string } = {};
  if (value !== '-') field[name] = value;
  return field;
};

/**
 * Finds a deployment by its stack's name (`trailwarden-prod`), in the account and Region of the credentials.
 *
 * @throws NoDeploymentError when there is none, or an output is missing
 */
export const findDeployment = async (stack: string): Promise<Deployment> => {
  const { status, outputs } = await describe(stack);
  const output = (name: string): string => {
    const value = outputs.get(name);
    if (value !== undefined) return value;
    throw new NoDeploymentError(
      `The stack ${stack} (${status}) has no output ${name}. Deploy this release: docs/upgrade.md`,
    );
  };
  return {
    stack,
    status,
    findingsTopicArn: output('FindingsTopicArn'),
    alarmTopicArn: output('AlarmTopicArn'),
    table: output('LedgerTableName'),
    keyArn: output('KeyArn'),
    deliveriesQueueUrl: output('DeliveriesQueueUrl'),
    digestsQueueUrl: output('DigestsQueueUrl'),
    canaryQueueUrl: output('CanaryQueueUrl'),
    invocationsDeadLettersUrl: output('InvocationsDeadLettersUrl'),
    deliveriesDeadLettersArn: output('DeliveriesDeadLettersArn'),
    digestsDeadLettersArn: output('DigestsDeadLettersArn'),
    bucket: output('LogBucketName'),
    bucketOwner: output('LogBucketOwnerId'),
    prefix: output('LogPrefixOrNone').replace(/^-/, ''),
    ...optional('trailArn', output('TrailArnOrNone')),
    ...optional('readerRoleArn', output('ReaderRoleArnOrNone')),
  };
};
