// Started afresh for every measurement: one variant, one corpus. Arguments as one JSON object; answers with one line.
import { readFileSync } from 'node:fs';
import { compileRules } from '../engine/rule/compile.ts';
import { filesOf } from './corpus.ts';
import { FIRST_RECORDS } from './first-records.ts';
import { readRuleSet } from './rule-sets.ts';
import { type PassCount, passOf, type Variant } from './work.ts';

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

const runPasses = (asked: Extract<Asked, { kind: 'passes' }>): Answer => {
  const files = filesOf(asked).map((path) => readFileSync(path));
  const pass = passOf(asked.variant, asked.rules);
  for (let turn = 0; turn < asked.warmUps; turn += 1) pass(files);
  const runs = Array.from({ length: asked.passes }, () => timed(() => pass(files)));
  const count = runs[0]?.value ?? { records: 0, matches: 0 };
  return { ...count, cpu: runs.map(({ cpu }) => cpu), peakBytes: process.resourceUsage().maxRSS * 1024 };
};

/**
 * Rules from their JSON to the first records judged, in a process that has compiled nothing before: what is made only
 * when a record needs it is in it. Modules are loaded already.
 */
const runInit = ({ rules }: Extract<Asked, { kind: 'init' }>): Answer => {
  const { cpu, value } = timed(() => {
    const { documents, lists } = readRuleSet(rules);
    const { ruleSet } = compileRules(documents, { lists });
    return FIRST_RECORDS.flatMap((record) => ruleSet.match(record)).length;
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
process.stdout.write(`${JSON.stringify(asked.kind === 'init' ? runInit(asked) : runPasses(asked))}\n`);
