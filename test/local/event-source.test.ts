import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedAws, startEmbeddedAws } from '../../cli/local/embedded-aws.ts';
import { startEventSource, untilEmpty } from '../../cli/local/event-source.ts';

let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await startEmbeddedAws({ visibilitySeconds: 30, maxReceives: 2 });
});
afterAll(() => aws.stop());

describe('an event source', () => {
  it('deletes what did not fail, tries again what failed, and leaves it to the dead-letter queue in the end', async () => {
    const seen: string[] = [];
    const faults: unknown[] = [];
    const source = startEventSource(
      aws.clients,
      aws.queues.deliveries,
      async ({ Records: records }) => {
        seen.push(...records.map(({ body }) => body));
        if (records.some(({ body }) => body === 'crash') && seen.filter((body) => body === 'crash').length === 1)
          throw new Error('the function crashed');
        const bad = records.filter(({ body }) => body === 'bad');
        return { batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      },
      { retrySeconds: 0, onFault: (_, error) => faults.push(error) },
    );
    for (const body of ['good', 'bad', 'crash']) await aws.clients.send(aws.queues.deliveries.url, body);
    await untilEmpty(aws.clients, [aws.queues.deliveries]);
    await source.stop();
    const count = (wanted: string) => seen.filter((body) => body === wanted).length;
    expect(faults).toHaveLength(1);
    expect(count('crash')).toBe(2);
    expect(count('bad')).toBe(2);
    expect(count('good')).toBeGreaterThanOrEqual(1);
    const dead = await aws.clients.receive(aws.queues.deliveriesDead.url, 0);
    expect(dead.map(({ body }) => body)).toEqual(['bad']);
  });
});
