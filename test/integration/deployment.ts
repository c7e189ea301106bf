import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedAws, type EmbeddedAwsOptions, startEmbeddedAws } from '../../cli/local/embedded-aws.ts';
import { sqsEvent } from '../../cli/local/event-source.ts';
import { buildFunctions } from '../../deploy/build.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type Instance, type InstanceOptions, startInstance } from './instance.ts';

type FunctionName = 'on-delivery' | 'on-digest' | 'on-api-call' | 'on-log-events' | 'on-schedule';
type QueueName = 'deliveries' | 'digests';

/** The functions as they are deployed: bundled, with their rules beside them. */
export const bundleFunctions = async (): Promise<{ readonly folder: string; readonly remove: () => void }> => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-bundles-'));
  await buildFunctions(folder);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** What one receive of a queue led to. */
interface Round {
  readonly received: number;
  readonly failed: number;
  readonly killed: boolean;
}

/** A deployment on emulators, behind proxies that can fail. */
export interface Deployment {
  readonly aws: EmbeddedAws;
  /** In front of S3, SNS and SQS. */
  readonly proxy: FaultProxy;
  /** In front of DynamoDB. */
  readonly tableProxy: FaultProxy;
  readonly start: (
    name: FunctionName,
    options?: InstanceOptions & { readonly env?: { readonly [name: string]: string } },
  ) => Promise<Instance>;
  /** Receives once and invokes, as Lambda's event source does: what did not fail is deleted, the rest comes again. */
  readonly poll: (queue: QueueName, instance: Instance) => Promise<Round>;
  /** Polls until the queue is empty or `rounds` are over. */
  readonly drain: (queue: QueueName, instance: Instance, rounds?: number) => Promise<readonly Round[]>;
  /** Findings that reached the queue subscribed to the topic, in order, read once. */
  readonly findings: () => Promise<readonly Finding[]>;
  readonly waiting: (queue: keyof EmbeddedAws['queues']) => Promise<number>;
  readonly stop: () => Promise<void>;
}

const failedIds = (result: unknown): readonly string[] => {
  const response: { readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[] } = Object(result);
  return (response.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
};

const findingIn = (body: string): Finding => {
  const envelope: { readonly Message: string } = JSON.parse(body);
  const message: { readonly finding: Finding } = JSON.parse(envelope.Message);
  return message.finding;
};

/** Starts the emulators and the proxies; functions are started one by one. */
export const startDeployment = async (bundles: string, options: EmbeddedAwsOptions = {}): Promise<Deployment> => {
  const aws = await startEmbeddedAws({ visibilitySeconds: 30, ...options });
  const [proxy, tableProxy] = await Promise.all([
    startFaultProxy(aws.endpoints.aws),
    startFaultProxy(aws.endpoints.dynamodb),
  ]);
  const environment = {
    ...aws.env,
    AWS_ENDPOINT_URL: proxy.url,
    AWS_ENDPOINT_URL_DYNAMODB: tableProxy.url,
    TRAILWARDEN_FINDINGS_TOPIC_ARN: aws.topicArn,
    TRAILWARDEN_TABLE: aws.table,
    TRAILWARDEN_BUCKETS: aws.bucket,
    TRAILWARDEN_DELIVERIES_QUEUE_URL: aws.queues.deliveries.url,
    TRAILWARDEN_DIGESTS_QUEUE_URL: aws.queues.digests.url,
    POWERTOOLS_SERVICE_NAME: 'trailwarden-test',
    PATH: process.env['PATH'] ?? '',
  };
  const instances: Instance[] = [];
  const poll = async (name: QueueName, instance: Instance): Promise<Round> => {
    const queue = aws.queues[name];
    const messages = await aws.clients.receive(queue.url, 0);
    if (messages.length === 0) return { received: 0, failed: 0, killed: false };
    const ended = await instance.invoke(sqsEvent(queue, messages));
    const failed = new Set(
      ended.kind === 'returned' ? failedIds(ended.result) : messages.map(({ messageId }) => messageId),
    );
    for (const { messageId, receiptHandle } of messages)
      await (failed.has(messageId)
        ? aws.clients.retryIn(queue.url, receiptHandle, 0)
        : aws.clients.remove(queue.url, receiptHandle));
    return { received: messages.length, failed: failed.size, killed: ended.kind === 'killed' };
  };
  return {
    aws,
    proxy,
    tableProxy,
    start: async (name, { env = {}, ...options } = {}) => {
      const bundle = join(bundles, name, 'index.mjs');
      const instance = await startInstance(bundle, { ...environment, ...env }, options);
      instances.push(instance);
      return instance;
    },
    poll,
    drain: async (queue, instance, rounds = 20) => {
      const done: Round[] = [];
      while (done.length < rounds) {
        const round = await poll(queue, instance);
        if (round.received === 0) break;
        done.push(round);
      }
      return done;
    },
    findings: async () => {
      const read: Finding[] = [];
      for (;;) {
        const messages = await aws.clients.receive(aws.queues.findings.url, 0);
        if (messages.length === 0) return read;
        for (const { body, receiptHandle } of messages) {
          read.push(findingIn(body));
          await aws.clients.remove(aws.queues.findings.url, receiptHandle);
        }
      }
    },
    waiting: async (queue) => {
      const { waiting, inFlight } = await aws.clients.depth(aws.queues[queue].url);
      return waiting + inFlight;
    },
    stop: async () => {
      await Promise.all(instances.map((instance) => instance.kill()));
      await Promise.all([proxy.stop(), tableProxy.stop()]);
      await aws.stop();
    },
  };
};
