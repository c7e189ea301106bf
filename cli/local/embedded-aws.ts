import { once } from 'node:events';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { type EmbeddedClients, type EmbeddedQueue, embeddedClients, embeddedCredentials } from '../../aws/embedded.ts';
import { etagOf, type NotificationShape, notificationBody } from './notification.ts';

export interface EmbeddedAwsOptions {
  readonly region?: string;
  readonly bucket?: string;
  /** How long a received message stays hidden. Short, so that a failed message comes back while someone watches. */
  readonly visibilitySeconds?: number;
  /** Receives before a message moves to its dead-letter queue. */
  readonly maxReceives?: number;
  /** Times of notifications, milliseconds since the epoch. */
  readonly clock?: () => number;
}

interface PutOptions {
  readonly metadata?: { readonly [key: string]: string };
  /** How the deliveries queue hears of it; `s3` unless told. fauxqs itself sends no notification. */
  readonly notify?: NotificationShape;
  /** Deletes the object again before the notification is sent. */
  readonly deleted?: true;
}

/** S3, SNS, SQS and DynamoDB inside this process, on loopback ports, with what a deployment would have made in them. */
export interface EmbeddedAws {
  readonly region: string;
  readonly bucket: string;
  readonly topicArn: string;
  readonly table: string;
  readonly queues: {
    readonly deliveries: EmbeddedQueue;
    readonly deliveriesDead: EmbeddedQueue;
    readonly digests: EmbeddedQueue;
    readonly digestsDead: EmbeddedQueue;
    /** Subscribed to the topic, raw delivery off: bodies are SNS envelopes. */
    readonly findings: EmbeddedQueue;
  };
  readonly endpoints: { readonly aws: string; readonly dynamodb: string };
  /** What the SDK reads to find the emulators: endpoints, Region, credentials no account accepts. */
  readonly env: { readonly [name: string]: string };
  readonly clients: EmbeddedClients;
  /** Stores an object in the trail's bucket and tells the deliveries queue, as S3 would. */
  readonly putObject: (key: string, bytes: Uint8Array, options?: PutOptions) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The ledger table's key, as deploy/ makes it. */
const ledgerKey = { partition: 'pk' } as const;

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the emulator has no port');
  return `http://127.0.0.1:${address.port}`;
};

const queueWithDeadLetters = async (
  clients: EmbeddedClients,
  name: string,
  { visibilitySeconds = 5, maxReceives = 5 }: EmbeddedAwsOptions,
): Promise<{ readonly queue: EmbeddedQueue; readonly dead: EmbeddedQueue }> => {
  const dead = await clients.createQueue(`${name}-dead`);
  const queue = await clients.createQueue(name, {
    VisibilityTimeout: String(visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: maxReceives }),
  });
  return { queue, dead };
};

const makeResources = async (clients: EmbeddedClients, bucket: string, options: EmbeddedAwsOptions) => {
  const table = 'trailwarden-ledger';
  const [deliveries, digests, findings, topicArn] = await Promise.all([
    queueWithDeadLetters(clients, 'trailwarden-deliveries', options),
    queueWithDeadLetters(clients, 'trailwarden-digests', options),
    clients.createQueue('trailwarden-findings-reader'),
    clients.createTopic('trailwarden-findings'),
    clients.createTable(table, ledgerKey),
    clients.createBucket(bucket),
  ]);
  await clients.subscribeQueue(topicArn, findings.arn);
  const queues = {
    deliveries: deliveries.queue,
    deliveriesDead: deliveries.dead,
    digests: digests.queue,
    digestsDead: digests.dead,
    findings,
  };
  return { table, topicArn, queues };
};

/**
 * Starts fauxqs (S3, SNS, SQS) and dynalite (DynamoDB) in this process and makes the trail's bucket, the queues with
 * their dead-letter queues, the findings topic with one queue subscribed, and the ledger table.
 *
 * Loopback only: fauxqs' own `startFauxqs` listens on every interface, and what lies in the bucket may be someone's
 * real log files. Neither emulator has S3 notifications or object versions: `putObject` sends the notification itself.
 *
 * @throws when a port cannot be opened or an emulator refuses a call; what was started is stopped before
 */
export const startEmbeddedAws = async (options: EmbeddedAwsOptions = {}): Promise<EmbeddedAws> => {
  const { region = 'us-east-1', bucket = 'example-org-cloudtrail', clock = Date.now } = options;
  const app = buildApp({ logger: false, defaultRegion: region });
  const tables = dynalite({ createTableMs: 0 });
  const aws = await app.listen({ port: 0, host: '127.0.0.1' });
  const dynamodb = await listen(tables);
  const clients = embeddedClients({ endpoint: aws, dynamodb, region });
  const stop = async (): Promise<void> => {
    clients.destroy();
    app.server.closeAllConnections();
    tables.closeAllConnections();
    await Promise.all([app.close(), new Promise<void>((resolve) => tables.close(() => resolve()))]);
  };
  const resources = await makeResources(clients, bucket, options).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    region,
    bucket,
    ...resources,
    endpoints: { aws, dynamodb },
    env: {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: embeddedCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: embeddedCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: aws,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    },
    clients,
    putObject: async (key, bytes, { metadata = {}, notify = 's3', deleted } = {}) => {
      await clients.putObject({ bucket, key, bytes, metadata });
      if (deleted) await clients.deleteObject(bucket, key);
      if (notify === 'none') return;
      const stored = { bucket, key, size: bytes.length, etag: etagOf(bytes), region, at: clock() };
      await clients.send(resources.queues.deliveries.url, notificationBody(notify, stored));
    },
    stop,
  };
};
