import { describe, expect, it } from 'vitest';
import { demoStory } from '../../cli/local/story.ts';
import { readLogFile } from '../../engine/record/log-file.ts';

const NOW = Date.UTC(2026, 10, 21, 16, 7);
const seeds = ['trailwarden', '3', 'b', 'c'];

describe.each(seeds)('the story of seed %s', (seed) => {
  const story = demoStory(NOW, seed);
  const planted = (kind: string) => story.planted.find((thing) => thing.kind === kind) ?? expect.fail(kind);
  const steps = story.acts.flatMap(({ steps: inAct }, act) =>
    Symbol.iterator in inAct ? [...inAct].map((step) => ({ ...step, act })) : [],
  );
  const digests = story.trail.objects.filter((object) => object.kind === 'digest');

  it('delivers every object of the trail once before anything is done to it', () => {
    const first = new Map(steps.toReversed().map((step) => [step.key, step]));
    for (const { key, bytes } of story.trail.objects) expect(first.get(key)?.bytes).toBe(bytes);
  });

  it('cuts every record of the intruder out of the rewritten file and leaves the others', () => {
    const [before, after] = steps.filter(({ key }) => key === planted('rewritten-log').key);
    const counts = [before, after].map((step) => {
      const read = readLogFile(step?.bytes ?? new Uint8Array(), { maxBytes: 1e7 });
      if (read.kind !== 'records') expect.fail(read.kind);
      const text = JSON.stringify(read.records);
      return { records: read.records.length, intruder: text.includes('203.0.113.77') };
    });
    expect(counts).toMatchObject([{ intruder: true }, { intruder: false }]);
    expect(counts[1]?.records).toBeGreaterThan(0);
  });

  it('deletes a digest that another one follows', () => {
    const { key } = planted('deleted-digest');
    expect(steps.find((step) => step.key === key)).toMatchObject({ notify: 'none', deleted: true });
    const gone = digests.find((digest) => digest.key === key) ?? expect.fail('not a digest');
    const next = digests.find(
      ({ account, region, startTime }) =>
        account === gone.account && region === gone.region && startTime === gone.endTime,
    );
    expect(next).toBeDefined();
    expect(gone.logFiles.length).toBeGreaterThan(0);
  });

  it('loses the notification of a log file whose digest comes in the last act', () => {
    const { key } = planted('lost-notification');
    expect(steps.filter((step) => step.key === key)).toMatchObject([{ notify: 'none' }]);
    const lister = digests.find(({ logFiles }) => logFiles.includes(key)) ?? expect.fail('no digest lists it');
    expect(steps.find((step) => step.key === lister.key)?.act).toBe(story.acts.length - 1);
  });

  it('tells the queue of objects in all four shapes of notifications', () => {
    expect(new Set(steps.map(({ notify }) => notify))).toEqual(
      new Set(['s3', 's3-sns', 'eventbridge', 'cloudtrail-sns', 'none']),
    );
  });
});
