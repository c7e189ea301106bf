import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedAws, startEmbeddedAws } from '../../cli/local/embedded-aws.ts';

let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await startEmbeddedAws({ visibilitySeconds: 1, maxReceives: 2, clock: () => Date.UTC(2026, 0, 2) });
});
afterAll(() => aws.stop());

const drain = async (url: string): Promise<readonly string[]> => {
  const messages = await aws.clients.receive(url, 0);
  for (const message of messages) await aws.clients.remove(url, message.receiptHandle);
  return messages.map(({ body }) => body);
};

describe('embedded AWS', () => {
  it('listens on loopback only', () => {
    for (const endpoint of Object.values(aws.endpoints)) expect(new URL(endpoint).hostname).toBe('127.0.0.1');
    expect(aws.env['AWS_ENDPOINT_URL']).toBe(aws.endpoints.aws);
  });

  it.each([
    ['s3', 'AWSLogs/1/a+b%3D.json.gz'],
    ['eventbridge', 'AWSLogs/1/a b=.json.gz'],
    ['s3-sns', 'AWSLogs/1/a+b%3D.json.gz'],
    ['cloudtrail-sns', 'AWSLogs/1/a b=.json.gz'],
  ] as const)(
    'tells the deliveries queue of a stored object in the %s shape, with the key as that shape writes it',
    async (notify, key) => {
      await aws.putObject('AWSLogs/1/a b=.json.gz', Buffer.from('x'), { notify });
      const [body] = await drain(aws.queues.deliveries.url);
      expect(body).toContain(key);
    },
  );

  it('tells nobody when the notification is lost', async () => {
    await aws.putObject('AWSLogs/1/lost.json.gz', Buffer.from('x'), { notify: 'none' });
    expect(await drain(aws.queues.deliveries.url)).toEqual([]);
  });

  it('moves a message to the dead-letter queue after its last receive', async () => {
    await aws.clients.send(aws.queues.digests.url, 'poison');
    const seen = async (url: string, wait = 2) => (await aws.clients.receive(url, wait)).map(({ body }) => body);
    expect(await seen(aws.queues.digests.url)).toEqual(['poison']);
    expect(await seen(aws.queues.digests.url)).toEqual(['poison']);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await seen(aws.queues.digests.url, 0)).toEqual([]);
    expect(await seen(aws.queues.digestsDead.url)).toEqual(['poison']);
  });

  it('starts and stops within two seconds, and another one can run beside it', async () => {
    const started = performance.now();
    const second = await startEmbeddedAws();
    await second.stop();
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
