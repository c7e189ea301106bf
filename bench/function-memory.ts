import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { type EmbeddedAws, startEmbeddedAws } from '../cli/local/embedded-aws.ts';
import { sqsEvent } from '../cli/local/event-source.ts';
import { streamCorpus } from '../cli/local/trail/trail.ts';
import { buildFunctions } from '../deploy/build.ts';
import type { Section } from './result.ts';

interface Case {
  readonly what: string;
  readonly files: readonly Uint8Array[];
}

interface Taken {
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly failed: number;
}

const MB = 1_000_000;
/** Of 1,769 MB, V8's heap may have about two thirds: the rest is for buffers outside of it. */
const HEAP_MB = 1200;
const START = Date.UTC(2026, 10, 1);
/** CloudTrail's largest file has 50 MB before compression (user guide, "Quotas in CloudTrail"). */
const LARGE_BYTES = 45 * MB;
const OPEN = '{"Records":[';
const CLOSE = ']}';

/** Generated files of about so many records each. */
const files = (seed: string, medianRecords: number, count: number): readonly Uint8Array[] => {
  const all: Uint8Array[] = [];
  const corpus = { seed, start: START, bytes: Number.POSITIVE_INFINITY, medianRecords, sigma: 0.01 };
  for (const { bytes } of streamCorpus(corpus)) {
    all.push(bytes);
    if (all.length === count) break;
  }
  return all;
};

/** A log file of so many inflated bytes: the records of many generated ones in one. */
const largeFile = (seed: string): Uint8Array => {
  const parts: string[] = [];
  let size = 0;
  const corpus = { seed, start: START, bytes: LARGE_BYTES, medianRecords: 5000, sigma: 0.1 };
  for (const { bytes } of streamCorpus(corpus)) {
    const records = gunzipSync(bytes).toString().slice(OPEN.length, -CLOSE.length);
    parts.push(records);
    size += records.length;
    if (size >= LARGE_BYTES) break;
  }
  return gzipSync(`${OPEN}${parts.join(',')}${CLOSE}`);
};

/** One gzip member of so many spaces, made without holding them. */
const bombOf = (bytes: number): Promise<Uint8Array> => {
  const spaces = Buffer.alloc(10 * MB, ' ');
  const source = function* () {
    for (let left = bytes; left > 0; left -= spaces.length) yield spaces.subarray(0, left);
  };
  return buffer(Readable.from(source()).pipe(createGzip({ level: 1 })));
};

const keyOf = (run: number, index: number): string =>
  `AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/01/123456789012_CloudTrail_us-east-1_20261101T0000Z_${String(run).padStart(6, 'r')}${String(index).padStart(10, '0')}.json.gz`;

/** One batch to a cold function in a process of its own. */
const take = async (aws: EmbeddedAws, bundle: string, run: number, { files: stored }: Case): Promise<Taken> => {
  const messages = [];
  for (const [index, bytes] of stored.entries()) {
    await aws.putObject(keyOf(run, index), bytes, { notify: 'none' });
    const body = JSON.stringify({ s3Bucket: aws.bucket, s3ObjectKey: [keyOf(run, index)] });
    messages.push({ messageId: `m${index}`, receiptHandle: '', body, attributes: {} });
  }
  const env = {
    ...aws.env,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    TRAILWARDEN_FINDINGS_TOPIC_ARN: aws.topicArn,
    TRAILWARDEN_TABLE: aws.table,
    TRAILWARDEN_BUCKETS: aws.bucket,
    TRAILWARDEN_DELIVERIES_QUEUE_URL: aws.queues.deliveries.url,
    TRAILWARDEN_DIGESTS_QUEUE_URL: aws.queues.digests.url,
  };
  const execArgv = [`--max-old-space-size=${HEAP_MB}`];
  const host = join(import.meta.dirname, 'function-host.js');
  const child = fork(host, { env, execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send({ bundle, event: sqsEvent(aws.queues.deliveries, messages) });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`on-delivery ended with ${code} before it answered`);
  });
  // IPC gives what function-host.js sent: what the batch took.
  const [taken]: Taken[] = await Promise.race([once(child, 'message'), gone]);
  gone.catch(() => undefined);
  if (taken === undefined) throw new Error('on-delivery did not answer');
  return taken;
};

/** What the bundled on-delivery needs for the sizes it must withstand: largest files, a bomb, a full batch of tiny ones. */
export const functionMemory = async (say: (line: string) => void): Promise<Section> => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-bench-'));
  const aws = await startEmbeddedAws();
  try {
    await buildFunctions(folder);
    const large = ['a', 'b', 'c', 'd'].map(largeFile);
    const cases: readonly Case[] = [
      { what: 'one file of 8 records', files: files('function one', 8, 1) },
      { what: 'one file of about 45 MB', files: large.slice(0, 1) },
      { what: 'four of them in one batch', files: large },
      { what: 'a bomb that inflates to 1 GB', files: [await bombOf(1000 * MB)] },
      { what: '500 files of 8 records in one batch', files: files('function tiny', 8, 500) },
    ];
    const rows: string[][] = [];
    for (const [run, one] of cases.entries()) {
      say(`on-delivery: ${one.what}`);
      const { milliseconds, peakBytes, failed } = await take(aws, join(folder, 'on-delivery', 'index.mjs'), run, one);
      const stored = one.files.reduce((sum, { length }) => sum + length, 0);
      const sizes = [(stored / MB).toFixed(2), String(failed), milliseconds.toFixed(0), (peakBytes / MB).toFixed(0)];
      rows.push([one.what, ...sizes]);
    }
    return {
      title: 'Memory of on-delivery',
      note: `The bundled function, cold, in a process of its own with a heap of ${HEAP_MB} MB; it is deployed with 1,769 MB. S3, SNS, SQS and DynamoDB are emulators on the same machine. “Failed” stays on its queue: the bomb, which is a finding.`,
      columns: ['batch', 'MB stored', 'failed', 'ms', 'peak RSS, MB'],
      rows,
    };
  } finally {
    await aws.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
