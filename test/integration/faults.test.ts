import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../engine/ledger/lifetimes.ts';
import { logFile, logKey, record } from '../stories/fake-rules.ts';
import { bundleFunctions, type Deployment, startDeployment } from './deployment.ts';
import type { Call, Fault } from './fault-proxy.ts';
import type { Instance } from './instance.ts';
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

const ids = async (): Promise<readonly string[]> =>
  (await deployed.findings()).map(({ event, code }) => event?.id ?? code ?? '').toSorted();

const put = (name: string, ...eventIds: readonly string[]) =>
  deployed.aws.putObject(logKey(name), logFile([record('Fine', 'e0'), ...eventIds.map(stopLogging)]));

const isMark = (call: Call): boolean => call.name === 'dynamodb PutItem' && call.body.includes('"published"');
const isClaim = (call: Call): boolean => call.name === 'dynamodb PutItem' && call.body.includes('"claimed"');
const isFileItem = (call: Call): boolean => call.name === 'dynamodb PutItem' && call.body.includes('"file#');
const silence: Fault = { kind: 'silence' };

/** Runs one batch and kills the instance as soon as it makes the call. */
const killAt = async (reached: Promise<Call>): Promise<void> => {
  const instance = await deployed.start('on-delivery');
  const round = deployed.poll('deliveries', instance);
  await reached;
  await instance.kill();
  expect(await round).toMatchObject({ killed: true });
};

/** A new instance takes what is left, after the lease of the killed one. */
const recover = async (): Promise<Instance> => {
  const instance = await deployed.start('on-delivery', { clockOffsetMs: LEASE_MS });
  await deployed.drain('deliveries', instance);
  expect(await deployed.waiting('deliveries')).toBe(0);
  return instance;
};

describe('an instance killed', () => {
  it('while it reads a file: the file is scanned by the next, each finding once', async () => {
    await put('one', 'e1', 'e2');
    await killAt(deployed.proxy.fail('s3 GET', silence));
    await recover();
    expect(await ids()).toEqual(['e1', 'e2']);
  });

  it('between claim and publish: the finding arrives once, after the lease', async () => {
    await put('one', 'e1');
    await killAt(deployed.proxy.fail('sns Publish', silence));
    const early = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', early)).toMatchObject({ received: 1, failed: 1 });
    expect(await ids()).toEqual([]);
    await recover();
    expect(await ids()).toEqual(['e1']);
  });

  it('between publish and mark: the finding arrives twice with one id, and never a third time', async () => {
    await put('one', 'e1');
    await killAt(deployed.tableProxy.fail(isMark, silence));
    await recover();
    await put('one', 'e1');
    await recover();
    const findings = await deployed.findings();
    expect(findings.map(({ event }) => event?.id)).toEqual(['e1', 'e1']);
    expect(new Set(findings.map(({ id }) => id)).size).toBe(1);
  });

  it('in the middle of a file of many findings: the rest arrive, those before at most twice', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `e${index + 1}`);
    await put('one', ...many);
    let published = 0;
    const twentieth = (call: Call): boolean => call.name === 'sns Publish' && ++published === 20;
    await killAt(deployed.proxy.fail(twentieth, silence));
    await recover();
    const found = await ids();
    expect([...new Set(found)].toSorted()).toEqual(many.toSorted());
    // Ten findings are under way at once: no more can have been sent and not marked.
    expect(found.length - many.length).toBeLessThan(10);
  });

  it('before the file is remembered: scanned anew, nothing is said twice', async () => {
    await put('one', 'e1');
    await killAt(deployed.tableProxy.fail(isFileItem, silence));
    const instance = await recover();
    expect(await ids()).toEqual(['e1']);
    await instance.kill();
    expect(instance.metrics()).toMatchObject({ FilesScanned: 1, Matches: 1, FindingsRepeated: 1 });
  });
});

const throttled: Fault = { kind: 'status', status: 400, code: 'Throttling' };
const broken: Fault = { kind: 'status', status: 500, code: 'InternalError' };
const unavailable: Fault = { kind: 'status', status: 503, code: 'SlowDown' };
const cut: Fault = { kind: 'cut' };

describe('a service that fails once is asked again by the SDK: one receive, one message', () => {
  it.each<[string, 'proxy' | 'tableProxy', string, Fault]>([
    ['SNS is throttling', 'proxy', 'sns Publish', throttled],
    ['SNS breaks', 'proxy', 'sns Publish', broken],
    ['SNS cuts the connection', 'proxy', 'sns Publish', cut],
    ['S3 says slow down', 'proxy', 's3 GET', unavailable],
    ['S3 cuts the connection', 'proxy', 's3 GET', cut],
    ['DynamoDB is throttling', 'tableProxy', 'dynamodb PutItem', { ...throttled, code: 'ThrottlingException' }],
    ['DynamoDB breaks', 'tableProxy', 'dynamodb PutItem', { ...broken, code: 'InternalServerError' }],
    ['DynamoDB loses the answer to a claim', 'tableProxy', 'dynamodb PutItem', { kind: 'answer-lost' }],
  ])('%s', async (_, where, call, fault) => {
    await put('one', 'e1');
    void deployed[where].fail(call, fault);
    const instance = await deployed.start('on-delivery');
    expect(await deployed.drain('deliveries', instance)).toEqual([{ received: 1, failed: 0, killed: false }]);
    expect(await ids()).toEqual(['e1']);
  });

  it('DynamoDB says nothing at all: given up after five seconds and asked again', async () => {
    await put('one', 'e1');
    void deployed.tableProxy.fail(isClaim, silence);
    const instance = await deployed.start('on-delivery');
    expect(await deployed.drain('deliveries', instance)).toEqual([{ received: 1, failed: 0, killed: false }]);
    expect(await ids()).toEqual(['e1']);
  }, 20_000);

  it('SNS loses the answer: the SDK sends again, the finding arrives twice with one id', async () => {
    await put('one', 'e1');
    void deployed.proxy.fail('sns Publish', { kind: 'answer-lost' });
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    const findings = await deployed.findings();
    expect(findings.length).toBeLessThanOrEqual(2);
    expect(new Set(findings.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a service that fails longer than the SDK asks keeps the message; then one message', () => {
  it.each<[string, 'proxy' | 'tableProxy', string | ((call: Call) => boolean), Fault, string]>([
    [
      'SNS refuses',
      'proxy',
      'sns Publish',
      { kind: 'status', status: 403, code: 'AuthorizationError' },
      'PublishFailures',
    ],
    ['SNS breaks', 'proxy', 'sns Publish', broken, 'PublishFailures'],
    ['S3 breaks', 'proxy', 's3 GET', broken, 'MessagesFailed'],
    [
      'DynamoDB refuses a claim',
      'tableProxy',
      isClaim,
      { kind: 'status', status: 400, code: 'AccessDeniedException' },
      'LedgerErrors',
    ],
    [
      'DynamoDB refuses the file item',
      'tableProxy',
      isFileItem,
      { kind: 'status', status: 400, code: 'AccessDeniedException' },
      'LedgerErrors',
    ],
  ])('%s', async (_, where, call, fault, metric) => {
    await put('one', 'e1');
    void deployed[where].fail(call, fault, 3);
    const instance = await deployed.start('on-delivery');
    const rounds = await deployed.drain('deliveries', instance);
    expect(rounds.slice(0, -1).every(({ failed }) => failed === 1)).toBe(true);
    expect(rounds.length).toBeGreaterThan(1);
    expect(rounds.at(-1)).toMatchObject({ failed: 0 });
    expect(await ids()).toEqual(['e1']);
    expect(await deployed.waiting('deliveriesDead')).toBe(0);
    await instance.kill();
    expect(instance.metrics()).toMatchObject({
      [metric]: rounds.length - 1,
      FilesScanned: 1,
      Matches: 1,
    });
  });

  it('the mark is refused: the finding was sent and is sent once more after the lease, not before', async () => {
    await put('one', 'e1');
    void deployed.tableProxy.fail(isMark, { kind: 'status', status: 400, code: 'AccessDeniedException' }, 1);
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ failed: 1 });
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ failed: 1 });
    expect(await ids()).toEqual(['e1']);
    await instance.moveClock(LEASE_MS);
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ failed: 0 });
    expect(await ids()).toEqual(['e1']);
  });

  it('a service that fails for good moves the message to the dead-letter queue, and a redrive finds everything', async () => {
    await put('one', 'e1');
    void deployed.proxy.fail('sns Publish', { kind: 'status', status: 403, code: 'AuthorizationError' }, 5);
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    expect(await deployed.waiting('deliveriesDead')).toBe(1);
    expect(await ids()).toEqual([]);
    const { clients, queues } = deployed.aws;
    for (const { body, receiptHandle } of await clients.receive(queues.deliveriesDead.url, 0)) {
      await clients.send(queues.deliveries.url, body);
      await clients.remove(queues.deliveriesDead.url, receiptHandle);
    }
    await deployed.drain('deliveries', instance);
    expect(await ids()).toEqual(['e1']);
  });
});

describe('deliveries as queues make them', () => {
  it('a message five times and two instances at once: each finding once', async () => {
    const names = ['one', 'two', 'three', 'four'];
    for (let time = 0; time < 5; time++)
      for (const name of time % 2 === 0 ? names : names.toReversed()) await put(name, `${name}-1`, `${name}-2`);
    const instances = await Promise.all([deployed.start('on-delivery'), deployed.start('on-delivery')]);
    // A held finding fails its message, which comes again at once here: more receives than a queue would allow.
    await Promise.all(instances.map((instance) => deployed.drain('deliveries', instance)));
    await deployed.drain('deliveries', instances[0]);
    expect(await deployed.waiting('deliveries')).toBe(0);
    expect(await ids()).toEqual(names.flatMap((name) => [`${name}-1`, `${name}-2`]).toSorted());
  });

  it('a message that shows again while a slow instance still reads its file: the finding arrives once', async () => {
    await deployed.stop();
    deployed = await startDeployment(bundles.folder, { visibilitySeconds: 1 });
    await put('one', 'e1');
    const reached = deployed.proxy.fail('s3 GET', silence);
    const slow = await deployed.start('on-delivery');
    const other = await deployed.start('on-delivery');
    const round = deployed.poll('deliveries', slow);
    await reached;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(await deployed.drain('deliveries', other)).toEqual([{ received: 1, failed: 0, killed: false }]);
    expect(await round).toEqual({ received: 1, failed: 0, killed: false });
    expect(await ids()).toEqual(['e1']);
    expect(await deployed.waiting('deliveries')).toBe(0);
  }, 20_000);

  it('a clock an hour ahead of the other’s: each finding once when they take turns', async () => {
    const ahead = await deployed.start('on-delivery', { clockOffsetMs: 3_600_000 });
    const behind = await deployed.start('on-delivery');
    for (const instance of [ahead, behind, ahead]) {
      await put('one', 'e1');
      await deployed.drain('deliveries', instance);
    }
    expect(await ids()).toEqual(['e1']);
  });

  it('a lease that runs out while its owner still publishes: at least once, one id', async () => {
    await put('one', 'e1');
    const slow = await deployed.start('on-delivery');
    const reached = deployed.proxy.fail('sns Publish', silence);
    const round = deployed.poll('deliveries', slow);
    await reached;
    await put('one', 'e1');
    await deployed.drain('deliveries', await deployed.start('on-delivery', { clockOffsetMs: LEASE_MS }));
    expect(await ids()).toEqual(['e1']);
    // The slow one gives its request up after five seconds and repeats it: sent twice, by then nothing can know.
    expect(await round).toMatchObject({ failed: 0 });
    expect(new Set(await ids())).toEqual(new Set(['e1']));
  }, 20_000);
});

describe('objects that are not what was announced', () => {
  it('a missing object is a finding, and scanned when it is back', async () => {
    await put('one', 'e1');
    await deployed.aws.clients.deleteObject(deployed.aws.bucket, logKey('one'));
    const instance = await deployed.start('on-delivery');
    expect(await deployed.poll('deliveries', instance)).toMatchObject({ failed: 1 });
    await deployed.aws.putObject(logKey('one'), logFile([stopLogging('e1')]), { notify: 'none' });
    await deployed.drain('deliveries', instance);
    expect(await ids()).toEqual(['FILE_MISSING', 'e1']);
  });

  it('a denied object is a finding, and scanned when the policy is mended', async () => {
    await put('one', 'e1');
    void deployed.proxy.fail('s3 GET', { kind: 'status', status: 403, code: 'AccessDenied' }, 2);
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    expect(await ids()).toEqual(['FILE_DENIED', 'e1']);
    await instance.kill();
    expect(instance.metrics()).toMatchObject({ FilesFailed: 2, FilesScanned: 1 });
  });

  it('an object overwritten before it was read: what stands there now is scanned, and its hash remembered', async () => {
    await put('one', 'e1');
    await deployed.aws.putObject(logKey('one'), logFile([stopLogging('e2')]), { notify: 'none' });
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    expect(await ids()).toEqual(['e2']);
  });

  it('an unknown message ends on the dead-letter queue, with all that came beside it done', async () => {
    await deployed.aws.clients.send(deployed.aws.queues.deliveries.url, '{"unheard":"of"}');
    await put('one', 'e1');
    const instance = await deployed.start('on-delivery');
    await deployed.drain('deliveries', instance);
    expect(await ids()).toEqual(['e1']);
    expect(await deployed.waiting('deliveriesDead')).toBe(1);
  });
});
