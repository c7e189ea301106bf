import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** Where emulators of AWS listen. Nothing here ever reads the machine's own credentials. */
export interface EmbeddedEndpoints {
  /** S3, SNS and SQS. */
  readonly endpoint: string;
  readonly dynamodb: string;
  readonly region: string;
}

export interface EmbeddedQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

/** A message as SQS hands it out, in the field names a Lambda event source uses. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly [name: string]: string };
}

interface TableKey {
  readonly partition: string;
  readonly sort?: string;
}

/** What setting up and driving embedded emulators needs of the SDK, and no more. */
export interface EmbeddedClients {
  readonly createBucket: (bucket: string) => Promise<void>;
  readonly putObject: (object: {
    readonly bucket: string;
    readonly key: string;
    readonly bytes: Uint8Array;
    /** User metadata, without `x-amz-meta-`. */
    readonly metadata?: { readonly [key: string]: string };
  }) => Promise<void>;
  readonly deleteObject: (bucket: string, key: string) => Promise<void>;
  readonly createQueue: (name: string, attributes?: { readonly [name: string]: string }) => Promise<EmbeddedQueue>;
  readonly send: (queueUrl: string, body: string) => Promise<void>;
  /** At most ten messages; waits up to `waitSeconds` for the first. */
  readonly receive: (queueUrl: string, waitSeconds: number, signal?: AbortSignal) => Promise<readonly QueueMessage[]>;
  readonly remove: (queueUrl: string, receiptHandle: string) => Promise<void>;
  /** Makes a received message visible again after so many seconds. */
  readonly retryIn: (queueUrl: string, receiptHandle: string, seconds: number) => Promise<void>;
  /** Messages waiting (visible and delayed) and in flight. */
  readonly depth: (queueUrl: string) => Promise<{ readonly waiting: number; readonly inFlight: number }>;
  readonly createTopic: (name: string) => Promise<string>;
  readonly subscribeQueue: (topicArn: string, queueArn: string) => Promise<void>;
  /** A table of string keys, active when the promise resolves; gives its ARN. */
  readonly createTable: (name: string, key: TableKey) => Promise<string>;
  readonly destroy: () => void;
}

/** Credentials that no AWS account accepts: a request that missed the emulators would fail, not succeed. */
export const embeddedCredentials = { accessKeyId: 'embedded', secretAccessKey: 'embedded' } as const;

const required = (value: string | undefined, what: string): string => {
  if (value === undefined) throw new Error(`the emulator answered without ${what}`);
  return value;
};

const queueClients = (
  sqs: SQSClient,
  endpoint: string,
): Pick<EmbeddedClients, 'createQueue' | 'send' | 'receive' | 'remove' | 'retryIn' | 'depth'> => ({
  createQueue: async (name, attributes) => {
    const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }));
    const url = required(made.QueueUrl, 'QueueUrl');
    const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
    // The emulator names a host `sqs.<region>.localhost`, which not every machine resolves and the SDK would then call.
    const reachable = new URL(new URL(url).pathname, endpoint).href;
    return { name, url: reachable, arn: required(asked.Attributes?.['QueueArn'], 'QueueArn') };
  },
  send: async (queueUrl, body) => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  },
  receive: async (queueUrl, waitSeconds, signal) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages } = await sqs.send(command, signal === undefined ? {} : { abortSignal: signal });
    return (Messages ?? []).map((message) => ({
      messageId: required(message.MessageId, 'MessageId'),
      receiptHandle: required(message.ReceiptHandle, 'ReceiptHandle'),
      body: message.Body ?? '',
      attributes: message.Attributes ?? {},
    }));
  },
  remove: async (queueUrl, receiptHandle) => {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));
  },
  retryIn: async (queueUrl, receiptHandle, seconds) => {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  },
  depth: async (queueUrl) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    const count = (name: QueueAttributeName): number => Number(Attributes[name] ?? 0);
    return {
      waiting: count('ApproximateNumberOfMessages') + count('ApproximateNumberOfMessagesDelayed'),
      inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    };
  },
});

const createTable = async (dynamodb: DynamoDBClient, name: string, key: TableKey): Promise<string> => {
  const names = key.sort === undefined ? [key.partition] : [key.partition, key.sort];
  const KeySchema: KeySchemaElement[] = names.map((AttributeName, index) => ({
    AttributeName,
    KeyType: index === 0 ? 'HASH' : 'RANGE',
  }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema,
    }),
  );
  for (;;) {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
    if (Table?.TableStatus === 'ACTIVE') return required(Table.TableArn, 'TableArn');
  }
};

/**
 * Clients of in-process emulators, for `trailwarden local` and the integration tests: what a deployment makes with
 * CloudFormation (bucket, queues, topic, table) is made here by the same API calls, against loopback only.
 */
export const embeddedClients = ({
  endpoint,
  dynamodb: dynamodbEndpoint,
  region,
}: EmbeddedEndpoints): EmbeddedClients => {
  const shared = { region, endpoint, credentials: embeddedCredentials };
  const s3 = new S3Client({ ...shared, forcePathStyle: true });
  const sns = new SNSClient(shared);
  const sqs = new SQSClient(shared);
  const dynamodb = new DynamoDBClient({ ...shared, endpoint: dynamodbEndpoint });
  return {
    createBucket: async (bucket) => {
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    },
    putObject: async ({ bucket, key, bytes, metadata }) => {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: 'application/json',
          ContentEncoding: 'gzip',
          Metadata: { ...metadata },
        }),
      );
    },
    deleteObject: async (bucket, key) => {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    ...queueClients(sqs, endpoint),
    createTopic: async (name) =>
      required((await sns.send(new CreateTopicCommand({ Name: name }))).TopicArn, 'TopicArn'),
    subscribeQueue: async (topicArn, queueArn) => {
      await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn }));
    },
    createTable: (name, key) => createTable(dynamodb, name, key),
    destroy: () => {
      for (const client of [s3, sns, sqs, dynamodb]) client.destroy();
    },
  };
};
