/**
 * `npm run oracle [-- --tampers N --seed S]`: the real AWS CLI beside `trailwarden verify`, on the same trails served on a
 * loopback port: the digest cases where they are, and trails made here, whole and tampered with at random.
 *
 * Wherever the CLI says INVALID we must name the same object; wherever we find something in a trail it calls whole, the
 * code must be in differences.ts with the reason.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { tampersOf } from '../digest/tampers.ts';
import { copyWorld, makeTrail } from '../digest/trail.ts';
import { awsCli, type Judgement, judgeWithAwsCli, judgeWithTrailwarden } from './contenders.ts';
import { ONLY_THE_CLI, ONLY_WE } from './differences.ts';
import { caseScenario, madeScenario, type Scenario } from './scenario.ts';
import { serveWorld } from './server.ts';

const CASES = resolve(import.meta.dirname, '../../../shared/data/digest-cases');
const HOURS = 4;
/** Each run is a Python and a Node process: as many as the machine has cores. */
const AT_ONCE = 2;

const { values } = parseArgs({
  options: { tampers: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});

const cases = (): readonly Scenario[] => {
  if (!existsSync(CASES)) {
    console.log(`skipped: the digest cases are not here (${CASES})`);
    return [];
  }
  return readdirSync(CASES)
    .filter((name) => /^[a-z]\d+\w?\.json$/.test(name))
    .flatMap((name) => caseScenario(join(CASES, name)) ?? []);
};

const tampered = (count: number, seed: number): readonly Scenario[] => {
  const { world } = makeTrail(HOURS);
  const steps = fc.sample(fc.array(tampersOf([...world.keys()]), { minLength: 1, maxLength: 2 }), {
    numRuns: count,
    seed,
  });
  const whole = madeScenario('made, whole', world, HOURS);
  return [
    whole,
    ...steps.map((tampers, index) => {
      const copy = copyWorld(world);
      for (const tamper of tampers) tamper(copy);
      return madeScenario(`made, tampered ${index}`, copy, HOURS);
    }),
  ];
};

interface Outcome {
  readonly scenario: Scenario;
  readonly kind: 'agree' | 'gave up' | 'documented' | 'differ';
  readonly reason: string;
}

const compare = (scenario: Scenario, cli: Judgement, ours: Judgement): Omit<Outcome, 'scenario'> => {
  if (![0, 1, 3].includes(ours.exit)) return { kind: 'differ', reason: `we ended with ${ours.exit}: ${ours.output}` };
  if (cli.exit === 255) return { kind: 'gave up', reason: cli.output.trim().split('\n').at(-1) ?? '' };
  const unnamed = [...cli.invalid].filter((id) => !ours.invalid.has(id));
  const known = ONLY_THE_CLI[scenario.name];
  if (unnamed.length > 0)
    return known === undefined
      ? { kind: 'differ', reason: `the AWS CLI calls INVALID, we do not: ${unnamed.join(', ')}` }
      : { kind: 'documented', reason: known };
  if (cli.exit === 1 && ours.exit === 0) return { kind: 'differ', reason: 'the AWS CLI ended with 1, we with 0' };
  if (cli.exit === 1 || ours.codes.length === 0) return { kind: 'agree', reason: '' };
  const unexplained = [...new Set(ours.codes)].filter((code) => ONLY_WE[code] === undefined);
  return unexplained.length === 0
    ? { kind: 'documented', reason: [...new Set(ours.codes)].join(', ') }
    : { kind: 'differ', reason: `the AWS CLI calls it whole, we say ${unexplained.join(', ')}` };
};

const judge = async (program: string, scenario: Scenario): Promise<Outcome> => {
  const server = await serveWorld(scenario.world);
  try {
    const cli = await judgeWithAwsCli(program, scenario, server.url);
    const ours = await judgeWithTrailwarden(scenario, server.url);
    return { scenario, ...compare(scenario, cli, ours) };
  } finally {
    await server.stop();
  }
};

const program = awsCli();
const scenarios = [...cases(), ...tampered(Number(values.tampers), Number(values.seed))];
const outcomes: Outcome[] = [];
const left = scenarios.values();
const worker = async (): Promise<void> => {
  for (const scenario of left) outcomes.push(await judge(program, scenario));
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));

for (const { scenario, kind, reason } of outcomes.toSorted((a, b) => (a.scenario.name < b.scenario.name ? -1 : 1)))
  if (kind !== 'agree') console.log(`${kind.padEnd(10)}  ${scenario.name.padEnd(18)}  ${reason}`);
const count = (kind: Outcome['kind']): number => outcomes.filter((outcome) => outcome.kind === kind).length;
console.log(
  `${count('agree')} agree, ${count('documented')} differ as documented, the AWS CLI gave up on ${count('gave up')}`,
);
console.log(`${outcomes.length - count('differ')} passed, ${count('differ')} failed`);
process.exitCode = count('differ') > 0 ? 1 : 0;
