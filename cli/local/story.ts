import { gzipSync } from 'node:zlib';
import { isJsonObject, type Json } from '../../engine/record/json.ts';
import { readLogFile } from '../../engine/record/log-file.ts';
import { textAt } from '../../engine/record/record.ts';
import type { NotificationShape } from './notification.ts';
import type { Scenario } from './session.ts';
import { attackChain } from './trail/attack.ts';
import type { TrailDigest } from './trail/digests.ts';
import type { TrailLogFile } from './trail/log-files.ts';
import { logText, recordText } from './trail/log-text.ts';
import { type Random, seeded } from './trail/random.ts';
import { makeTrail, type Trail, type TrailObject } from './trail/trail.ts';

/** An object put into the bucket. */
export interface Step {
  readonly key: string;
  /** Gzipped. */
  readonly bytes: Uint8Array;
  readonly metadata?: { readonly [key: string]: string };
  readonly notify: NotificationShape;
  /** Deleted at once, before its notification is sent. */
  readonly deleted?: true;
}

/** Steps that may run side by side; the next act begins when the pipeline has nothing left to do. */
export interface Act {
  readonly title: string;
  readonly steps: Iterable<Step> | AsyncIterable<Step>;
}

/** A thing planted in the story, and what is expected to come of it. */
export interface Planted {
  readonly kind: 'rewritten-log' | 'deleted-digest' | 'lost-notification' | 'broken-file';
  readonly key: string;
  readonly what: string;
  /** How it is noticed, in a few words. */
  readonly how: string;
  /** Codes of findings of which one has to name the key. */
  readonly codes: readonly string[];
}

export interface Story {
  readonly trail: Trail;
  readonly acts: readonly Act[];
  readonly planted: readonly Planted[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const INTRUDERS = new Set(['j.rivera', 'backup-svc']);
const SHAPES = ['s3', 's3-sns', 'eventbridge', 'cloudtrail-sns'] as const;

const recordsOf = (file: TrailLogFile): readonly { readonly record: { readonly [key: string]: Json } }[] => {
  const read = readLogFile(file.bytes, { maxBytes: 2 ** 27 });
  return read.kind === 'records' ? read.records : [];
};

const isIntruders = (record: Json): boolean => INTRUDERS.has(textAt(record, 'userIdentity', 'userName') ?? '');

/** The file that tells most of the intruder, and the same without it. */
const coverUp = (logs: readonly TrailLogFile[]) => {
  const telling = logs
    .map((file) => ({ file, records: recordsOf(file).map(({ record }) => record) }))
    .map(({ file, records }) => ({ file, records, cut: records.filter(isIntruders).length }))
    // Something has to be left: an empty file would give the forgery away by its size.
    .filter(({ records, cut }) => records.length > cut)
    .toSorted((a, b) => b.cut - a.cut)[0];
  if (telling === undefined || telling.cut === 0) throw new Error('no log file tells of the intruder among others');
  const left = telling.records.filter((record) => !isIntruders(record));
  return {
    key: telling.file.key,
    cut: telling.cut,
    bytes: gzipSync(logText(left.filter(isJsonObject).map(recordText))),
  };
};

const brokenFile = (random: Random, like: TrailLogFile) => ({
  // A stranger's file under a name like CloudTrail's own.
  key: like.key.replace(/_[A-Za-z0-9]{16}\.json\.gz$/, `_${random.text('mixed', 16)}.json.gz`),
  bytes: like.bytes.subarray(0, Math.floor(like.bytes.length / 2)),
});

const largest = (logs: readonly TrailLogFile[]): TrailLogFile => {
  const [first] = logs.toSorted((a, b) => b.records - a.records);
  if (first === undefined) throw new Error('the trail has too few log files to lose one');
  return first;
};

/** What is planted, chosen so that no two touch the same chain. */
const choose = (random: Random, { organization, objects }: Trail, secondHour: number) => {
  const logs = objects.filter((object) => object.kind === 'log');
  const digests = objects.filter((object) => object.kind === 'digest');
  const rewritten = coverUp(logs);
  const [home, third] = [organization.accounts[0].id, organization.accounts[2]?.id];
  const [region, second] = [organization.regions[0], organization.regions[1] ?? organization.regions[0]];
  const inChain = (account: string | undefined, at: string) => (object: TrailObject) =>
    object.account === account && object.region === at && object.deliveredAt >= secondHour;
  const lost = largest(logs.filter(inChain(third, region)));
  const deleted = digests.find(
    (digest) => digest.account === home && digest.region === second && digest.logFiles.length > 0,
  );
  if (deleted === undefined) throw new Error('the trail has no digest to delete');
  return { rewritten, lost, deleted, broken: brokenFile(random, largest(logs.filter(inChain(third, second)))) };
};

type Chosen = ReturnType<typeof choose>;

const plantedThings = ({ rewritten, lost, deleted, broken }: Chosen): readonly Planted[] => [
  {
    kind: 'rewritten-log',
    key: rewritten.key,
    what: `a log file rewritten after delivery, ${rewritten.cut} records of the intruder cut out`,
    how: 'the hash CloudTrail signed is another',
    codes: ['LOG_HASH_MISMATCH'],
  },
  {
    kind: 'deleted-digest',
    key: deleted.key,
    what: 'a digest deleted before anyone heard of it',
    how: 'the next digest of its chain names it',
    codes: ['DIGEST_MISSING'],
  },
  {
    kind: 'lost-notification',
    key: lost.key,
    what: `the notification of a log file lost, ${lost.records} records unseen`,
    how: 'its digest lists it; queued again and scanned',
    codes: ['LOG_REQUEUED'],
  },
  {
    kind: 'broken-file',
    key: broken.key,
    what: 'half a log file put among the others',
    how: 'it cannot be read; its message is kept',
    codes: ['FILE_UNREADABLE'],
  },
];

const put = (object: TrailObject, index: number): Step => ({
  key: object.key,
  bytes: object.bytes,
  metadata: object.metadata,
  notify: SHAPES[index % SHAPES.length] ?? 's3',
});

const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);

const actsOf = (
  objects: readonly TrailObject[],
  chosen: Chosen,
  span: { readonly from: number; readonly to: number },
) => {
  const closing = (object: TrailObject): object is TrailDigest =>
    object.kind === 'digest' && object.endTime > span.from + 2 * HOUR - MINUTE;
  const arrive = (object: TrailObject, index: number): readonly Step[] => {
    if (object.key === chosen.lost.key) return [{ ...put(object, index), notify: 'none' }];
    if (object.key === chosen.deleted.key) return [{ ...put(object, index), notify: 'none', deleted: true }];
    return [put(object, index)];
  };
  return [
    {
      title: `CloudTrail delivers two hours, ${clock(span.from)} to ${clock(span.to)} UTC`,
      steps: objects.filter((object) => !closing(object)).flatMap(arrive),
    },
    {
      title: 'The intruder covers the tracks, and some things just go wrong',
      steps: [
        { key: chosen.rewritten.key, bytes: chosen.rewritten.bytes, notify: 's3' },
        { key: chosen.broken.key, bytes: chosen.broken.bytes, notify: 's3' },
      ],
    },
    { title: 'The signed digests of the second hour arrive', steps: objects.filter(closing).flatMap(arrive) },
  ] as const satisfies readonly Act[];
};

/**
 * The demonstration: two hours of an invented organization's trail, one intrusion, and four things done to the trail.
 *
 * @param now milliseconds since the epoch; the trail ends half an hour before it, as the newest digest would
 * @param seed the same seed and time give the same story
 */
export const demoStory = (now: number, seed: string): Story => {
  const start = Math.floor((now - 2 * HOUR - 35 * MINUTE) / MINUTE) * MINUTE;
  const random = seeded(`story ${seed}`);
  const trail = makeTrail({
    seed,
    start,
    hours: 2,
    recordsPerHour: [500, 2500],
    plant: (organization) => attackChain(random.fork('attack'), organization, start + 85 * MINUTE),
  });
  const chosen = choose(random, trail, start + HOUR + 5 * MINUTE);
  return {
    trail,
    acts: actsOf(trail.objects, chosen, { from: start, to: start + 2 * HOUR }),
    planted: plantedThings(chosen),
  };
};

/** The story, and what the outcome asks about: which objects there are, and what the digests that stayed vouch for. */
export const demoScenario = ({ trail, acts, planted }: Story): Scenario => {
  const keyOf = (kind: Planted['kind']): readonly string[] =>
    planted.filter((thing) => thing.kind === kind).map(({ key }) => key);
  const logs = trail.objects.filter((object) => object.kind === 'log');
  const digests = trail.objects.filter((object) => object.kind === 'digest');
  const listed = new Set(
    digests.filter(({ key }) => !keyOf('deleted-digest').includes(key)).flatMap(({ logFiles }) => logFiles),
  );
  const logKeys = [...logs.map(({ key }) => key), ...keyOf('broken-file')];
  return {
    bucket: trail.organization.bucket,
    acts,
    planted,
    trail,
    logKeys: () => logKeys,
    digestKeys: digests.map(({ key }) => key),
    signed: new Map(logs.filter(({ key }) => listed.has(key)).map(({ key, sha256 }) => [key, sha256])),
  };
};
