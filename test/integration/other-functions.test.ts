import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCloudTrailStub } from '../../cli/local/cloudtrail-stub.ts';
import { makeTrail, type TrailObject } from '../../cli/local/trail/trail.ts';
import { logFile, logKey } from '../stories/fake-rules.ts';
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

const eventNamed = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../events', name), 'utf8'));

const logsEvent = (record: unknown) => ({
  awslogs: {
    data: gzipSync(
      JSON.stringify({
        messageType: 'DATA_MESSAGE',
        logGroup: 'trail',
        logStream: 'one',
        logEvents: [{ id: '1', timestamp: 0, message: JSON.stringify(record) }],
      }),
    ).toString('base64'),
  },
});

const apiCall = (detail: unknown) => ({
  'detail-type': 'AWS API Call via CloudTrail',
  id: 'event-1',
  account: '123456789012',
  detail,
});

describe('one record on several paths', () => {
  it('is one finding, and names the first path', async () => {
    const record = stopLogging('e1');
    const [live, logs, delivery] = await Promise.all([
      deployed.start('on-api-call'),
      deployed.start('on-log-events'),
      deployed.start('on-delivery'),
    ]);
    expect(await live.invoke(apiCall(record))).toMatchObject({ kind: 'returned' });
    expect(await logs.invoke(logsEvent(record))).toMatchObject({ kind: 'returned' });
    await deployed.aws.putObject(logKey('one'), logFile([record, stopLogging('e2')]));
    await deployed.drain('deliveries', delivery);
    const findings = await deployed.findings();
    expect(findings.map(({ event, seen }) => [event?.id, seen.via])).toEqual([
      ['e1', 'live'],
      ['e2', 'delivered'],
    ]);
    await Promise.all([live.kill(), logs.kill(), delivery.kill()]);
    expect(live.metrics()).toMatchObject({ FindingsPublished: 1 });
    expect(logs.metrics()).toMatchObject({ Matches: 1, FindingsRepeated: 1 });
    expect(delivery.metrics()).toMatchObject({ Matches: 2, FindingsRepeated: 1, FindingsPublished: 1 });
  });
});

describe('the bundled functions for events', () => {
  it.each([
    ['eventbridge.api-call.json', 1],
    ['eventbridge.sign-in.json', 1],
    ['eventbridge.insight.json', 0],
  ])('%s gives at least %d finding', async (name, least) => {
    const instance = await deployed.start('on-api-call');
    expect(await instance.invoke(eventNamed(name))).toMatchObject({ kind: 'returned' });
    expect((await deployed.findings()).length).toBeGreaterThanOrEqual(least);
  });

  it('an event that is not CloudTrail’s fails, so that it is kept', async () => {
    const instance = await deployed.start('on-api-call');
    expect(await instance.invoke({ 'detail-type': 'Scheduled Event', detail: {} })).toMatchObject({
      kind: 'threw',
      error: expect.stringContaining('UnknownEventError'),
    });
  });

  it('a CloudWatch Logs subscription gives findings for its records, and a control message none', async () => {
    const instance = await deployed.start('on-log-events');
    expect(await instance.invoke(eventNamed('logs.control-message.json'))).toMatchObject({ kind: 'returned' });
    expect(await deployed.findings()).toEqual([]);
    expect(await instance.invoke(eventNamed('logs.subscription.json'))).toMatchObject({ kind: 'returned' });
    expect((await deployed.findings()).length).toBeGreaterThanOrEqual(2);
  });
});

describe('the bundled function for digests', () => {
  const trail = makeTrail({
    seed: 'digests',
    // The emulator's LastModified is now, and a digest written hours after its hour would be a finding of its own.
    start: Date.now() - 2 * 3_600_000,
    hours: 1,
    recordsPerHour: 60,
    accounts: 1,
    regions: ['us-east-1'],
  });

  const put = (object: TrailObject, bytes: Uint8Array = object.bytes, notify: 's3' | 'none' = 's3') =>
    deployed.aws.putObject(object.key, bytes, {
      notify,
      ...(object.kind === 'digest' ? { metadata: object.metadata } : {}),
    });

  const run = async () => {
    const stub = await startCloudTrailStub(trail);
    const delivery = await deployed.start('on-delivery');
    const digest = await deployed.start('on-digest', { env: { AWS_ENDPOINT_URL_CLOUDTRAIL: stub.url } });
    for (let round = 0; round < 3; round++) {
      await deployed.drain('deliveries', delivery);
      await deployed.drain('digests', digest);
    }
    const integrity = (await deployed.findings()).filter(({ kind }) => kind === 'integrity');
    await Promise.all([delivery.kill(), digest.kill(), stub.stop()]);
    return { integrity, scanned: delivery.metrics(), judged: digest.metrics() };
  };

  const logs = trail.objects.filter(({ kind }) => kind === 'log');
  const digests = trail.objects.filter(({ kind }) => kind === 'digest');

  it('verifies a whole trail and finds nothing to say', async () => {
    for (const object of trail.objects) await put(object);
    const { integrity, judged, scanned } = await run();
    expect(integrity).toEqual([]);
    expect(judged).toMatchObject({ DigestsVerified: digests.length });
    expect(scanned).toMatchObject({ FilesScanned: logs.length });
  });

  it('finds a log file that was altered after delivery', async () => {
    const victim = logs[0];
    for (const object of trail.objects)
      await put(object, object === victim ? logFile([stopLogging('forged')]) : object.bytes);
    const { integrity } = await run();
    expect(integrity.map(({ code }) => code)).toContain('LOG_HASH_MISMATCH');
    expect(integrity.every(({ summary }) => summary.includes(victim?.key ?? ''))).toBe(true);
  });

  it('sends a log file whose notification was lost back to be scanned', async () => {
    const lost = logs[0];
    for (const object of trail.objects) await put(object, object.bytes, object === lost ? 'none' : 's3');
    const { integrity, scanned, judged } = await run();
    expect(integrity).toEqual([]);
    expect(judged).toMatchObject({ LogsRequeued: 1 });
    expect(scanned).toMatchObject({ FilesScanned: logs.length });
  });

  it('tells of a log file and a digest that were removed, as S3 told it, and of a log written again', async () => {
    const delivery = await deployed.start('on-delivery');
    const [log, digest] = [logs[0], digests[0]];
    if (log === undefined || digest === undefined) throw new Error('the trail has no files');
    const removal = (key: string) => ({
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectRemoved:Delete',
          eventTime: '2026-03-05T12:00:00.000Z',
          userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
          s3: { bucket: { name: deployed.aws.bucket }, object: { key } },
        },
      ],
    });
    await put(log);
    await deployed.drain('deliveries', delivery);
    await put(log, logFile([stopLogging('forged')]));
    const { clients, queues } = deployed.aws;
    for (const key of [log.key, digest.key, 'notes.txt'])
      await clients.send(queues.deliveries.url, JSON.stringify(removal(key)));
    await deployed.drain('deliveries', delivery);
    const codes = (await deployed.findings()).filter(({ kind }) => kind === 'integrity').map(({ code }) => code);
    expect(codes.sort()).toEqual(['DIGEST_DELETED', 'LOG_DELETED', 'LOG_REWRITTEN']);
    await delivery.kill();
    expect(delivery.metrics()).toMatchObject({ ObjectsRemoved: 2, IntegrityProblems: 2 });
  });

  it('validates stored hours again every 15 minutes, and hears when no digest comes any more', async () => {
    const stub = await startCloudTrailStub(trail);
    const env = { AWS_ENDPOINT_URL_CLOUDTRAIL: stub.url };
    const [delivery, digest] = [await deployed.start('on-delivery'), await deployed.start('on-digest', { env })];
    for (const object of trail.objects) await put(object);
    for (let round = 0; round < 3; round++) {
      await deployed.drain('deliveries', delivery);
      await deployed.drain('digests', digest);
    }
    await deployed.findings();
    const victim = logs[0];
    if (victim !== undefined) await put(victim, logFile([stopLogging('forged')]), 'none');
    const schedule = await deployed.start('on-schedule', {
      env: {
        ...env,
        TRAILWARDEN_CANARY_QUEUE_URL: deployed.aws.queues.findings.url,
        TRAILWARDEN_CANARY: 'false',
        TRAILWARDEN_SWEEP_DAYS: '1',
      },
    });
    for (let run = 0; run < 12; run++) {
      expect(await schedule.invoke({})).toMatchObject({ kind: 'returned' });
      await schedule.moveClock(60 * 60_000);
    }
    const integrity = (await deployed.findings()).filter(({ kind }) => kind === 'integrity');
    await Promise.all([delivery.kill(), digest.kill(), schedule.kill(), stub.stop()]);
    expect(integrity.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['LOG_HASH_MISMATCH', 'DIGEST_SILENCE', 'DIGEST_SILENCE']),
    );
    expect(integrity.filter(({ code }) => code === 'LOG_HASH_MISMATCH')).toHaveLength(1);
    expect(
      integrity
        .map(({ code, severity }) => (code === 'DIGEST_SILENCE' ? severity : ''))
        .filter(Boolean)
        .sort(),
    ).toEqual(['high', 'medium']);
    expect(schedule.metrics()['HoursSwept']).toBeGreaterThan(20);
  });
});
