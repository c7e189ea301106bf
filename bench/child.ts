// Started afresh for every measurement: one variant, one corpus. Arguments as one JSON object; answers with one line.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { sift } from '../engine/record/sift.ts';
import { compileRules } from '../engine/rule/compile.ts';
import { FIRST_RECORDS } from './first-records.ts';
import type { StoredRules } from './rule-sets.ts';
import type { PassCount, Variant } from './work.ts';

/** What a child is asked. */
export type Asked =
  | {
      readonly kind: 'passes';
      readonly variant: Variant;
      readonly folder: string;
      readonly rules?: string;
      readonly warmUps: number;
      readonly passes: number;
    }
  | { readonly kind: 'init'; readonly rules: string };

export interface Answer extends PassCount {
  /** CPU milliseconds of the whole process (JavaScript, garbage collection, compiler threads), one per pass. */
  readonly cpu: readonly number[];
  readonly peakBytes: number;
}

const cpuMilliseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const timed = <T>(task: () => T): { readonly value: T; readonly cpu: number } => {
  const before = cpuMilliseconds();
  const value = task();
  return { value, cpu: cpuMilliseconds() - before };
};

const runPasses = async (asked: Extract<Asked, { kind: 'passes' }>): Promise<Answer> => {
  // What makes corpora and rules is not loaded for the other kind: it would fill the heap, and be collected in its time.
  const [{ filesOf }, { passOf }] = await Promise.all([import('./corpus.ts'), import('./work.ts')]);
  const files = filesOf(asked).map((path) => readFileSync(path));
  const pass = passOf(asked.variant, asked.rules);
  for (let turn = 0; turn < asked.warmUps; turn += 1) pass(files);
  const runs = Array.from({ length: asked.passes }, () => timed(() => pass(files)));
  const count = runs[0]?.value ?? { records: 0, matches: 0 };
  return { ...count, cpu: runs.map(({ cpu }) => cpu), peakBytes: process.resourceUsage().maxRSS * 1024 };
};

/** Milliseconds in which what Node reads TypeScript with, compiled in the background once it was used, is done with it. */
const SETTLING = 500;

/**
 * Rules from their JSON to the first records judged, in a process that has loaded the engine and compiled nothing before:
 * what is made only when a record needs it is in it.
 */
const runInit = async ({ rules }: Extract<Asked, { kind: 'init' }>): Promise<Answer> => {
  const firstFile = Buffer.from(JSON.stringify({ Records: FIRST_RECORDS }));
  await setTimeout(SETTLING);
  const { cpu, value } = timed(() => {
    // Written by ruleSetFile as a bundle holds it.
    const { documents, lists }: StoredRules = JSON.parse(readFileSync(rules, 'utf8'));
    const { ruleSet } = compileRules(documents, { lists });
    // As on-delivery has them in a file, and as on-api-call has them one by one.
    const sifted = sift(firstFile, ruleSet.sieve());
    return (sifted?.looks.length ?? 0) + FIRST_RECORDS.flatMap((record) => ruleSet.match(record)).length;
  });
  return {
    records: FIRST_RECORDS.length,
    matches: value,
    cpu: [cpu],
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
};

// Typed by the one place that starts this process: rounds.ts.
const asked: Asked = JSON.parse(process.argv[2] ?? '{}');
const answer = await (asked.kind === 'init' ? runInit(asked) : runPasses(asked));
process.stdout.write(`${JSON.stringify(answer)}\n`);
