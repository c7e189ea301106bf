import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

describe('the bundled function for deliveries', () => {
  it.each(['s3', 's3-sns', 'eventbridge', 'cloudtrail-sns'] as const)(
    'a file announced by %s is a finding on the topic',
    async (notify) => {
      await deployed.aws.putObject(logKey('one'), logFile([record('Fine', 'e0'), stopLogging('e1')]), { notify });
      const instance = await deployed.start('on-delivery');
      expect(await deployed.drain('deliveries', instance)).toEqual([{ received: 1, failed: 0, killed: false }]);
      expect(await deployed.findings()).toMatchObject([
        {
          kind: 'detection',
          account: '123456789012',
          event: { id: 'e1' },
          seen: { via: 'delivered', object: { bucket: deployed.aws.bucket, key: logKey('one') } },
        },
      ]);
      await instance.kill();
      expect(instance.metrics()).toMatchObject({ FilesScanned: 1, Records: 2, Matches: 1, FindingsPublished: 1 });
    },
  );

  it('the same file delivered three times is one message', async () => {
    const bytes = logFile([stopLogging('e1')]);
    for (const notify of ['s3', 'eventbridge', 's3'] as const)
      await deployed.aws.putObject(logKey('one'), bytes, { notify });
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    expect(await deployed.findings()).toHaveLength(1);
    expect(await deployed.waiting('deliveries')).toBe(0);
  });

  it('one bad file among ten: nine are scanned, one is reported failed and named in a finding', async () => {
    const good = logFile([stopLogging('e1')]);
    for (let index = 0; index < 10; index++) {
      const bytes = index === 4 ? good.subarray(0, good.length - 5) : logFile([stopLogging(`e${index}`)]);
      await deployed.aws.putObject(logKey(`file${index}`), bytes);
    }
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toEqual({ received: 10, failed: 1, killed: false });
    const findings = await deployed.findings();
    expect(findings.filter(({ kind }) => kind === 'detection')).toHaveLength(9);
    expect(findings.filter(({ kind }) => kind === 'health')).toMatchObject([
      { code: 'FILE_UNREADABLE', summary: expect.stringContaining(logKey('file4')) },
    ]);
  });

  it('a file that stays bad ends on the dead-letter queue, and is told once', async () => {
    await deployed.aws.putObject(logKey('bad'), Buffer.from('no gzip'));
    const instance = await deployed.start('on-delivery');
    expect(await deployed.drain('deliveries', instance)).toHaveLength(5);
    expect(await deployed.findings()).toMatchObject([{ code: 'FILE_UNREADABLE' }]);
    expect(await deployed.waiting('deliveriesDead')).toBe(1);
  });

  it('a batch of which every message fails is reported message by message', async () => {
    for (const body of ['hello', '{"a":1}', '[]'])
      await deployed.aws.clients.send(deployed.aws.queues.deliveries.url, body);
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toEqual({ received: 3, failed: 3, killed: false });
  });

  it('messages that announce no log file are done', async () => {
    const { aws } = deployed;
    await aws.clients.send(aws.queues.deliveries.url, JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }));
    await aws.putObject('AWSLogs/123456789012/CloudTrail/', new Uint8Array());
    await aws.putObject('somebody/else.txt', Buffer.from('hello'));
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toEqual({ received: 3, failed: 0, killed: false });
    expect(await deployed.findings()).toEqual([]);
    expect(deployed.proxy.calls.filter(({ name }) => name === 's3 GET')).toEqual([]);
  });

  it('a bucket nobody configured is not read, and its message stays', async () => {
    const { aws } = deployed;
    await aws.clients.send(
      aws.queues.deliveries.url,
      JSON.stringify({ s3Bucket: 'somebody-elses', s3ObjectKey: [logKey('one')] }),
    );
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ received: 1, failed: 1 });
    expect(deployed.proxy.calls.filter(({ name }) => name === 's3 GET')).toEqual([]);
  });

  it('digests are handed on', async () => {
    const key = logKey('x')
      .replace('/CloudTrail/', '/CloudTrail-Digest/')
      .replace(/[^/]+$/, '123456789012_CloudTrail-Digest_eu-west-1_t_us-east-1_20260305T011352Z.json.gz');
    await deployed.aws.putObject(key, Buffer.from('x'));
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ failed: 0 });
    expect(await deployed.waiting('digests')).toBe(1);
  });
});
