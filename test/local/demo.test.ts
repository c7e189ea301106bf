import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../cli/local/outcome.ts';
import { playScenario } from '../../cli/local/session.ts';
import { demoScenario, demoStory } from '../../cli/local/story.ts';
import { textAt } from '../../engine/record/record.ts';

const story = demoStory(Date.now(), 'trailwarden');
const logs = story.trail.objects.filter((object) => object.kind === 'log');
const digests = story.trail.objects.filter((object) => object.kind === 'digest');
const faults: unknown[] = [];
const acts: string[] = [];
let outcome: Outcome;

beforeAll(async () => {
  outcome = await playScenario(demoScenario(story), {
    onAct: ({ title }) => acts.push(title),
    onFinding: () => undefined,
    onFault: (_, error) => faults.push(error),
  });
}, 60_000);

const found = (field: string): readonly string[] =>
  outcome.findings.map((finding) => textAt(finding, field) ?? '').filter((value) => value !== '');

describe('the demonstration through the real functions', () => {
  it('finds everything that was done to the trail', () => {
    expect(outcome.planted.map(({ planted, result }) => [planted.kind, result])).toEqual([
      ['rewritten-log', 'found'],
      ['deleted-digest', 'found'],
      ['lost-notification', 'found'],
      ['broken-file', 'found'],
    ]);
  });

  it('says nothing else of integrity or health, and each thing once', () => {
    expect([...found('code')].sort()).toEqual([
      'DIGEST_MISSING',
      'FILE_UNREADABLE',
      'LOG_HASH_MISMATCH',
      'LOG_REQUEUED',
      'LOG_REWRITTEN',
    ]);
    expect(new Set(found('id')).size).toBe(outcome.findings.length);
  });

  it('detects each step of the intrusion, and nothing of what everybody else does', () => {
    const detections = outcome.findings.filter((finding) => textAt(finding, 'kind') === 'detection');
    const names = new Set(detections.map((finding) => textAt(finding, 'action', 'eventName')));
    for (const step of [
      'ConsoleLogin',
      'AttachUserPolicy',
      'CreateAccessKey',
      'StopLogging',
      'DeleteDetector',
      'ModifySnapshotAttribute',
    ])
      expect(names).toContain(step);
    for (const finding of detections) expect(textAt(finding, 'source', 'ip')).toBe('203.0.113.77');
  });

  it('scans every log file but the broken one, and every digest of an intact chain is in order', () => {
    expect(outcome).toMatchObject({ logFiles: logs.length + 1, scanned: logs.length, malformed: 0, dead: 1 });
    // Not in order: the one deleted, the one that misses it, the one that lists the rewritten file.
    expect(outcome).toMatchObject({ digests: digests.length, verified: digests.length - 3 });
  });

  it('counts every record, those cut out of the rewritten file apart', () => {
    const delivered = logs.reduce((sum, { records }) => sum + records, 0);
    const cut = Number(/(\d+) records of the intruder/.exec(story.planted[0]?.what ?? '')?.[1]);
    expect(outcome.records).toBe(delivered - cut);
  });

  it('has scanned, as signed, every log file that a digest lists, but for the rewritten one', () => {
    const gone = digests.find(({ key }) => story.planted.some((thing) => thing.key === key));
    expect(outcome.listed).toBe(logs.length - (gone?.logFiles.length ?? 0));
    expect(outcome.asSigned).toBe(outcome.listed - 1);
  });

  it('plays every act, and no function throws', () => {
    expect(acts).toEqual(story.acts.map(({ title }) => title));
    expect(faults).toEqual([]);
  });

  it('takes less than 20 seconds, and leaves the environment as it was', () => {
    expect(outcome.seconds).toBeLessThan(20);
    expect(Object.keys(process.env).filter((name) => name.startsWith('TRAILWARDEN_'))).toEqual([]);
  });
});
