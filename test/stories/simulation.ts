import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { s3Message } from '../../aws/queue.ts';
import { takeMessage } from '../../aws/take-message.ts';
import type { Finding } from '../../engine/finding/finding.ts';
import { LEASE_MS } from '../../engine/ledger/lifetimes.ts';
import { type MemoryLedger, memoryLedger } from '../../engine/ledger/memory.ts';
import type { ObjectRead } from '../../engine/ports.ts';
import { countersAgree } from '../../engine/scan-records.ts';
import type { DeliveryWorld } from '../../engine/take-object.ts';
import { logFile, logKey, record, rule, ruleSet } from './fake-rules.ts';

/** Deterministic random numbers: a failing schedule is told by its seed (mulberry32). */
const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Step {
  readonly worker: Worker;
  readonly name: string;
  readonly effect: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Worker {
  alive: boolean;
  readonly skewMs: number;
}

interface Message {
  readonly body: string;
  visibleAt: number;
}

/** What one schedule did and what is wrong with its outcome; `problems` must be empty. */
export interface Outcome {
  readonly problems: readonly string[];
  readonly matches: number;
  readonly published: number;
  readonly repeats: number;
  readonly kills: number;
  readonly faults: number;
  readonly steps: number;
}

const BUCKET = 'trail';
const START = Date.parse('2026-03-05T12:00:00Z');
const VISIBILITY_MS = 2 * LEASE_MS;
const RULES = ruleSet(
  rule('Bad'),
  rule('Quiet', { mode: 'shadow' }),
  rule('Noisy', { suppressSeconds: 10 * 365 * 86400 }),
);

/** Files of a schedule: key → eventName and eventID of each record. Some events are in two files, as CloudTrail does. */
const makeFiles = (random: () => number) => {
  const files = new Map<string, readonly (readonly [string, string])[]>();
  const count = 1 + Math.floor(random() * 4);
  for (let file = 0; file < count; file++) {
    const records = Array.from({ length: Math.floor(random() * 6) }, (_, index): readonly [string, string] => {
      const name = ['Fine', 'Bad', 'Bad', 'Quiet', 'Noisy'][Math.floor(random() * 5)] ?? 'Fine';
      return [name, random() < 0.2 ? `shared-${name}` : `${name}-${file}-${index}`];
    });
    files.set(logKey(`file${file}`), records);
  }
  return files;
};

/**
 * Runs one random schedule: several workers on one queue, messages delivered in any order and more than once, calls that
 * fail before or after they took effect, workers killed between any two calls, clocks that jump past a lease or differ
 * by up to an hour. After the storm everything works, and the queue runs empty.
 */
export const simulate = async (seed: number): Promise<Outcome> => {
  const random = randomOf(seed);
  const files = makeFiles(random);
  const skewed = random() < 0.25;
  const stormSteps = 20 + Math.floor(random() * 150);
  const ledger = memoryLedger();
  const problems: string[] = [];
  const sent = new Map<string, Finding[]>();
  /** Findings for which a repetition is allowed: a crash or a lost answer fell between publish and mark. */
  const excused = new Set<string>();
  const pending: Step[] = [];
  let now = START;
  let steps = 0;
  let kills = 0;
  let faults = 0;

  const queue: Message[] = [...files.keys()].flatMap((key) =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
      body: s3Message({ bucket: BUCKET, key }, 'Requeue'),
      visibleAt: START + Math.floor(random() * LEASE_MS),
    })),
  );

  /** A port's call: it waits until the scheduler lets it happen, or fail, or never end. */
  const call = <T>(worker: Worker, name: string, effect: () => Promise<T> | T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (worker.alive) pending.push({ worker, name, effect, resolve: (value) => resolve(value as T), reject });
    });

  const worldOf = (worker: Worker): DeliveryWorld => ({
    ledger: ledgerOf(worker, ledger, call, (id, claimedAt) => {
      if (now - claimedAt >= LEASE_MS) excused.add(id);
    }),
    publish: (finding) =>
      call(worker, `publish ${finding.id}`, () => {
        sent.set(finding.id, [...(sent.get(finding.id) ?? []), finding]);
      }),
    clock: () => now + worker.skewMs,
    newOwner: () => `owner-${owners++}`,
    ...(random() < 0.5 ? { pause: () => call(worker, 'pause', () => undefined) } : {}),
    ruleSet: RULES,
    readObject: ({ key }) =>
      call(worker, 'read', (): ObjectRead => {
        const content = files.get(key);
        return content === undefined ? { kind: 'missing' } : { kind: 'found', bytes: bytesOf(content), metadata: {} };
      }),
    limits: { maxStoredBytes: 1e6, maxInflatedBytes: 1e6 },
    forwardDigests: async () => {},
    buckets: [BUCKET],
    prefix: '',
  });
  let owners = 0;

  const work = async (worker: Worker): Promise<void> => {
    const take = takeMessage(worldOf(worker));
    while (worker.alive) {
      const visible = queue.filter(({ visibleAt }) => visibleAt <= now);
      const message = visible[Math.floor(random() * visible.length)];
      if (message === undefined) return;
      message.visibleAt = now + VISIBILITY_MS;
      try {
        for (const report of await take(message.body))
          if (report.kind !== 'scanned' || !countersAgree(report.counters))
            problems.push(`a file was ${report.kind}, or its counters do not agree`);
        await call(worker, 'delete', () => {
          const at = queue.indexOf(message);
          if (at >= 0) queue.splice(at, 1);
        });
      } catch {
        message.visibleAt = now;
        await call(worker, 'pause', () => undefined).catch(() => undefined);
      }
    }
  };

  let running = 0;
  const startWorker = (): void => {
    const worker = { alive: true, skewMs: skewed ? Math.floor((random() - 0.5) * 3_600_000) : 0 };
    running += 1;
    const ended = () => {
      if (worker.alive) running -= 1;
    };
    work(worker).then(ended, ended);
  };

  const kill = (worker: Worker): void => {
    kills += 1;
    running -= 1;
    worker.alive = false;
    // A finding this worker sent and did not mark may come again; its calls under way never happen.
    for (let at = pending.length - 1; at >= 0; at--) {
      const step = pending[at];
      if (step?.worker !== worker) continue;
      if (step.name.startsWith('mark ')) excused.add(step.name.slice(5));
      pending.splice(at, 1);
    }
  };

  const perform = async (step: Step): Promise<void> => {
    const storm = steps < stormSteps;
    const luck = storm ? random() : 1;
    const id = step.name.split(' ')[1] ?? '';
    // Sent, and now it will not be marked.
    if (luck < 0.08 && step.name.startsWith('mark ')) excused.add(id);
    if (luck < 0.03) return kill(step.worker);
    if (luck < 0.08) {
      faults += 1;
      return step.reject(new Error('failed before it took effect'));
    }
    const value = await step.effect();
    if (luck < 0.11) {
      faults += 1;
      // Sent, but the sender was told otherwise: it will be sent again.
      if (step.name.startsWith('publish ')) excused.add(id);
      return step.reject(new Error('the answer was lost'));
    }
    if (luck < 0.14) {
      if (step.name.startsWith('publish ')) excused.add(id);
      return kill(step.worker);
    }
    return step.resolve(value);
  };

  while (queue.length > 0 && steps < 20_000) {
    if (running < 1 + (seed % 3)) startWorker();
    // Everything that follows from the last step happens before the next is chosen.
    await new Promise((resolve) => setImmediate(resolve));
    const [step] = pending.splice(Math.floor(random() * pending.length), 1);
    const jump = random();
    now += jump < 0.9 ? Math.floor(jump * 50) : jump < 0.97 || steps >= stormSteps ? LEASE_MS / 10 : LEASE_MS;
    steps += 1;
    if (step !== undefined) await perform(step);
    else if (running === 0) now += LEASE_MS / 2;
  }

  if (queue.length > 0) problems.push(`${queue.length} messages were never done`);
  problems.push(...(await judge(files, ledger, sent, skewed ? undefined : excused)));
  const published = sent.size;
  const repeats = [...sent.values()].reduce((sum, copies) => sum + copies.length - 1, 0);
  const matches = [...files.values()].flat().filter(([name]) => name !== 'Fine').length;
  return { problems, matches, published, repeats, kills, faults, steps };
};

const bytesOf = (content: readonly (readonly [string, string])[]): Buffer =>
  logFile(content.map(([name, id]) => record(name, id)));

type CallPort = <T>(worker: Worker, name: string, effect: () => Promise<T> | T) => Promise<T>;

/** The ledger behind the scheduler. `onMark` hears when the lease of a finding now being marked began. */
const ledgerOf = (
  worker: Worker,
  ledger: MemoryLedger,
  call: CallPort,
  onMark: (id: string, claimedAt: number) => void,
): MemoryLedger => {
  const claims = new Map<string, number>();
  return {
    ...ledger,
    claimFinding: (id, claim) =>
      call(worker, `claim ${id}`, () => {
        claims.set(id, claim.now - worker.skewMs);
        return ledger.claimFinding(id, claim);
      }),
    markPublished: (id, mark) =>
      call(worker, `mark ${id}`, () => {
        onMark(id, claims.get(id) ?? 0);
        return ledger.markPublished(id, mark);
      }),
    releaseClaim: (id, owner) => call(worker, `release ${id}`, () => ledger.releaseClaim(id, owner)),
    admit: (group, id, window) => call(worker, `admit ${id}`, () => ledger.admit(group, id, window)),
    putFile: (item, at) => call(worker, 'file', () => ledger.putFile(item, at)),
  };
};

/** Compares what was sent and remembered with what was delivered. Without `excused`, repetitions are not judged. */
const judge = async (
  files: ReadonlyMap<string, readonly (readonly [string, string])[]>,
  ledger: MemoryLedger,
  sent: ReadonlyMap<string, readonly Finding[]>,
  excused: ReadonlySet<string> | undefined,
): Promise<readonly string[]> => {
  const problems: string[] = [];
  const events = new Map([...sent.values()].map((copies) => [copies[0]?.event?.id ?? '', copies] as const));
  const delivered = new Set([...files.values()].flat().map(([, id]) => id));
  const named = (wanted: string) =>
    new Set([...files.values()].flat().flatMap(([name, id]) => (name === wanted ? [id] : [])));
  for (const id of named('Bad')) if (!events.has(id)) problems.push(`${id} was never published`);
  for (const id of named('Quiet')) if (events.has(id)) problems.push(`${id} of a shadow rule was published`);
  const noisy = named('Noisy');
  const loud = [...noisy].filter((id) => events.has(id)).length;
  if (loud !== Math.min(1, noisy.size))
    problems.push(`${loud} of ${noisy.size} findings of a suppressed group published`);
  for (const [event, copies] of events) {
    const [first] = copies;
    if (!delivered.has(event)) problems.push(`${event} was published and never delivered`);
    if (excused !== undefined && copies.length > 1 && first !== undefined && !excused.has(first.id))
      problems.push(`${event} was published ${copies.length} times without a crash between publish and mark`);
    const later = { owner: 'judge', now: START + 300 * LEASE_MS };
    if (first !== undefined && (await ledger.claimFinding(first.id, later)) !== 'published')
      problems.push(`the ledger does not know that ${event} was published`);
  }
  for (const [key, content] of files) {
    const item = await ledger.getFile({ bucket: BUCKET, key });
    const sha256 = createHash('sha256')
      .update(gunzipSync(bytesOf(content)))
      .digest('hex');
    if (item?.sha256 !== sha256 || item.records !== content.length)
      problems.push(`the ledger does not agree on ${key}`);
  }
  return problems;
};
