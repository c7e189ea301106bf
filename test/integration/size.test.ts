import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sqsEvent } from '../../cli/local/event-source.ts';
import { logFile, logKey, record } from '../stories/fake-rules.ts';
import { bundleFunctions, type Deployment, startDeployment } from './deployment.ts';
import { stopLogging } from './stop-logging.ts';

let bundles: Awaited<ReturnType<typeof bundleFunctions>>;
let deployed: Deployment;

beforeAll(async () => {
  bundles = await bundleFunctions();
});
afterAll(() => bundles.remove());
beforeEach(async () => {
  deployed = await startDeployment(bundles.folder);
});
afterEach(() => deployed.stop());

const MB = 1_000_000;
/** The function has 1,769 MB; V8 gives about three quarters of that to the heap. */
const HEAP_MB = 1200;

/** A log file of so many inflated bytes, of records as large as real ones are on average (1.2 kB). */
const largeFile = (bytes: number): Buffer => {
  const padding = { requestParameters: { filler: 'x'.repeat(500), more: ['y'.repeat(250)] } };
  const texts: string[] = [];
  for (let size = 0, index = 0; size < bytes; index++) {
    const text = JSON.stringify({ ...stopLogging(`large-${index}`), eventName: 'DescribeTrails', ...padding });
    texts.push(text);
    size += text.length + 1;
  }
  texts.push(JSON.stringify(stopLogging('at the end')));
  return gzipSync(`{"Records":[${texts.join(',')}]}`, { level: 1 });
};

/** One gzip member of so many spaces, made without holding them. */
const bombOf = async (bytes: number): Promise<Buffer> => {
  const spaces = Buffer.alloc(10 * MB, 32);
  const source = function* () {
    for (let left = bytes; left > 0; left -= spaces.length) yield spaces.subarray(0, left);
  };
  return buffer(Readable.from(source()).pipe(createGzip({ level: 1 })));
};

describe('sizes', () => {
  it('a file of 45 MB beside three others like it is scanned within the heap of the function', async () => {
    const file = largeFile(45 * MB);
    for (const name of ['one', 'two', 'three', 'four']) await deployed.aws.putObject(logKey(name), file);
    const instance = await deployed.start('on-delivery', { heapMb: HEAP_MB });
    const started = performance.now();
    expect(await deployed.poll('deliveries', instance)).toEqual({ received: 4, failed: 0, killed: false });
    console.info(`four files of 45 MB: ${Math.round(performance.now() - started)} ms`);
    expect(await deployed.findings()).toMatchObject([{ event: { id: 'at the end' } }]);
  }, 60_000);

  it('a bomb of 1 GB is a finding in bounded time', async () => {
    const bomb = await bombOf(1000 * MB);
    await deployed.aws.putObject(logKey('bomb'), bomb);
    await deployed.aws.putObject(logKey('good'), logFile([stopLogging('e1')]));
    const instance = await deployed.start('on-delivery', { heapMb: HEAP_MB });
    const started = performance.now();
    expect(await deployed.poll('deliveries', instance)).toEqual({ received: 2, failed: 1, killed: false });
    console.info(`a bomb of 1 GB: ${Math.round(performance.now() - started)} ms`);
    expect((await deployed.findings()).map(({ event, code }) => event?.id ?? code).toSorted()).toEqual([
      'FILE_TOO_LARGE',
      'e1',
    ]);
  }, 60_000);

  it('a batch of 500 tiny files is one invocation', async () => {
    const { aws } = deployed;
    const messages = [];
    for (let index = 0; index < 500; index++) {
      await aws.putObject(logKey(`f${index}`), logFile([record('Fine', 'e0'), stopLogging(`e${index}`)]), {
        notify: 'none',
      });
      const body = JSON.stringify({ s3Bucket: aws.bucket, s3ObjectKey: [logKey(`f${index}`)] });
      messages.push({ messageId: `m${index}`, receiptHandle: '', body, attributes: {} });
    }
    const instance = await deployed.start('on-delivery', { heapMb: 256 });
    const started = performance.now();
    const ended = await instance.invoke(sqsEvent(aws.queues.deliveries, messages));
    console.info(`500 tiny files: ${Math.round(performance.now() - started)} ms`);
    expect(ended).toEqual({ kind: 'returned', result: { batchItemFailures: [] } });
    expect(new Set((await deployed.findings()).map(({ id }) => id)).size).toBe(500);
    await instance.kill();
    expect(instance.metrics()).toMatchObject({ FilesScanned: 500, Records: 1000, FindingsPublished: 500 });
  }, 60_000);
});
