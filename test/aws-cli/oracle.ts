/**
 * `npm run oracle [-- --tampers N --seed S]`: the real AWS CLI beside `trailwarden verify`, on the same trails served on a
 * loopback port: every scenario of ../digest/scenarios.ts, the digest cases where they are, and trails tampered with at
 * random.
 *
 * Object by object: what the CLI calls INVALID we must name, too, and what only we name must be in differences.ts with
 * the reason. Of the scenarios, the command must also find what the engine finds on the same trail in memory.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { HOURS, SCENARIOS } from '../digest/scenarios.ts';
import { tampersOf } from '../digest/tampers.ts';
import { copyWorld, makeTrail } from '../digest/trail.ts';
import { awsCli, type Found, type Judgement, judgeWithAwsCli, judgeWithTrailwarden } from './contenders.ts';
import { CALLED_VALID, EXCEPTIONS, GIVES_UP, NOT_LOOKED_AT, ONLY_THE_CLI } from './differences.ts';
import { caseScenario, madeScenario, type Scenario } from './scenario.ts';
import { serveWorld } from './server.ts';

const CASES = resolve(import.meta.dirname, '../../../shared/data/digest-cases');
/** The names of the cases' scenarios. */
const CASE = /^[a-z]\d+\w?$/;
const TAMPERED_HOURS = 4;
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
    .filter((name) => name.endsWith('.json') && CASE.test(name.slice(0, -5)))
    .flatMap((name) => caseScenario(join(CASES, name)) ?? []);
};

/** HTTP drops white space around the value of a header, and S3 with it. */
const NOT_CARRIED = 'a signature with a space behind';

const table = (): readonly Scenario[] => {
  const carried = SCENARIOS.filter(([title]) => title !== NOT_CARRIED);
  if (carried.length === SCENARIOS.length) throw new Error(`no scenario is named ${NOT_CARRIED} any more`);
  return carried.map(([title, make, want]) => ({ ...madeScenario(title, make(), HOURS), want }));
};

const tampered = (count: number, seed: number): readonly Scenario[] => {
  const { world } = makeTrail(TAMPERED_HOURS);
  const steps = fc.sample(fc.array(tampersOf([...world.keys()]), { minLength: 1, maxLength: 2 }), {
    numRuns: count,
    seed,
  });
  const whole = madeScenario('made, whole', { world }, TAMPERED_HOURS);
  return [
    whole,
    ...steps.map((tampers, index) => {
      const copy = copyWorld(world);
      for (const tamper of tampers) tamper(copy);
      return madeScenario(`made, tampered ${index}`, { world: copy }, TAMPERED_HOURS);
    }),
  ];
};

interface Outcome {
  readonly scenario: Scenario;
  /** Entries of differences.ts that this shows: `LIST › name`. */
  readonly documented: readonly string[];
  /** Differences that nothing documents. */
  readonly differ: readonly string[];
}

const LISTS = { ONLY_THE_CLI, CALLED_VALID, NOT_LOOKED_AT, GIVES_UP };
type Difference = readonly [list: keyof typeof LISTS, name: string, what: string];

/** Where a finding of ours differs from what the AWS CLI says of the same object; undefined: it calls it INVALID, too. */
const differenceOf = ({ code, object = '' }: Found, cli: Judgement): Difference | undefined => {
  if (cli.invalid.has(object)) return undefined;
  return cli.valid.has(object)
    ? ['CALLED_VALID', code, `the AWS CLI calls ${object} valid, we say ${code}`]
    : ['NOT_LOOKED_AT', code, `the AWS CLI says nothing of ${object || 'it'}, we say ${code}`];
};

const differencesOf = ({ name }: Scenario, cli: Judgement, ours: Judgement): readonly Difference[] => {
  const last = cli.output.trim().split('\n').at(-1) ?? '';
  // Exit 255 is its giving up: nothing is judged, and one of our findings should say why.
  if (cli.exit === 255) {
    const code = ours.findings.find((finding) => GIVES_UP[finding.code] !== undefined)?.code ?? 'nothing';
    return [['GIVES_UP', code, `the AWS CLI gives up: ${last}`]];
  }
  const unnamed = [...cli.invalid].filter((id) => !ours.invalid.has(id));
  const silent = cli.exit === 1 && cli.invalid.size === 0 ? [`exit 1: ${last}`] : [];
  return [
    ...[...unnamed, ...silent].map(
      (id): Difference => ['ONLY_THE_CLI', name, `the AWS CLI calls INVALID, we do not: ${id}`],
    ),
    ...ours.findings.flatMap((finding) => {
      const difference = differenceOf(finding, cli);
      return difference === undefined ? [] : [difference];
    }),
  ];
};

const compare = (scenario: Scenario, cli: Judgement, ours: Judgement): Outcome => {
  const documented: string[] = [];
  const differ: string[] = [];
  if (![0, 1, 3].includes(ours.exit)) differ.push(`we ended with ${ours.exit}: ${ours.output}`);
  const codes = ours.findings.map(({ code }) => code).sort();
  const { want } = scenario;
  if (want !== undefined && codes.join() !== want.toSorted().join())
    differ.push(`the command says [${codes.join(', ')}], the engine [${want.join(', ')}]`);
  for (const [list, name, what] of differencesOf(scenario, cli, ours))
    if (EXCEPTIONS[scenario.name]?.codes.includes(name)) documented.push(`EXCEPTIONS › ${scenario.name} › ${name}`);
    else if (LISTS[list][name] !== undefined) documented.push(`${list} › ${name}`);
    else differ.push(what);
  return { scenario, documented: [...new Set(documented)], differ };
};

const judge = async (program: string, scenario: Scenario): Promise<Outcome> => {
  const server = await serveWorld(scenario.world);
  try {
    const cli = await judgeWithAwsCli(program, scenario, server.url);
    const ours = await judgeWithTrailwarden(scenario, server.url);
    return compare(scenario, cli, ours);
  } finally {
    await server.stop();
  }
};

/** Entries of differences.ts that no scenario of this run shows; those of scenarios that did not run do not count. */
const staleEntries = (outcomes: readonly Outcome[]): readonly string[] => {
  const shown = new Set(outcomes.flatMap(({ documented }) => documented));
  const ran = new Set(outcomes.map(({ scenario }) => scenario.name));
  const entries = [
    ...Object.entries(LISTS).flatMap(([list, reasons]) =>
      Object.keys(reasons)
        .filter((name) => list !== 'ONLY_THE_CLI' || ran.has(name) || !CASE.test(name))
        .map((name) => `${list} › ${name}`),
    ),
    ...Object.entries(EXCEPTIONS).flatMap(([name, { codes }]) => codes.map((code) => `EXCEPTIONS › ${name} › ${code}`)),
  ];
  return entries.filter((entry) => !shown.has(entry));
};

const program = awsCli();
const fixed = [...table(), ...cases()];
const scenarios = [...fixed, ...tampered(Number(values.tampers), Number(values.seed))];
const outcomes: Outcome[] = [];
const left = scenarios.values();
const worker = async (): Promise<void> => {
  for (const scenario of left) outcomes.push(await judge(program, scenario));
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));

for (const { scenario, documented, differ } of outcomes.toSorted((a, b) =>
  a.scenario.name < b.scenario.name ? -1 : 1,
)) {
  if (documented.length > 0) console.log(`documented  ${scenario.name}: ${documented.join(', ')}`);
  for (const what of differ) console.log(`DIFFER      ${scenario.name}: ${what}`);
}
// What is tampered with at random differs from seed to seed: it shows that nothing is missing, not that nothing is stale.
const stale = staleEntries(outcomes.filter(({ scenario }) => fixed.includes(scenario)));
for (const entry of stale) console.log(`STALE       differences.ts › ${entry}: no scenario shows it`);
const failed = outcomes.filter(({ differ }) => differ.length > 0).length;
const agree = outcomes.filter(({ differ, documented }) => differ.length === 0 && documented.length === 0).length;
console.log(`${agree} agree, ${outcomes.length - failed - agree} differ as documented, ${stale.length} stale entries`);
console.log(`${outcomes.length - failed} passed, ${failed + stale.length} failed`);
process.exitCode = failed + stale.length > 0 ? 1 : 0;
