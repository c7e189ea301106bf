// npm run bench [-- engine|verify|delivery] [options]: figures as ratios within one run, because ratios travel.
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import { showResult, storeResult, writeDocument } from './report.ts';
import type { BenchResult } from './result.ts';

const HELP = `npm run bench [-- BENCH] [options]

  engine (default)   rules on records: CPU time as ratios to gunzipSync + JSON.parse, start-up, threads, other tools
  verify             digests and logs of a trail on a loopback S3, beside the AWS CLI
  delivery           many small files with simulated GET latency

  --runs N           rounds, each in fresh processes (default 3; 9 for figures to publish)
  --full             200 MB corpora
  --big              engine: also one file of 866 MB inflated; verify: also a month of one chain
  --json FILE        the result as JSON, besides bench/results/
  --write-docs       put the last results into docs/performance.md; with no BENCH named, without measuring again
`;

const say = (line: string): void => {
  process.stderr.write(`· ${line}\n`);
};

const read = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      full: { type: 'boolean', default: false },
      big: { type: 'boolean', default: false },
      json: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });

type Measured = Pick<BenchResult, 'sections' | 'targets'>;
type Options = { readonly runs: number; readonly full: boolean; readonly big: boolean };

const measure = async (bench: string, options: Options): Promise<Measured & Pick<BenchResult, 'bench'>> => {
  switch (bench) {
    case 'engine':
      return { bench, ...(await (await import('./engine.ts')).benchEngine({ ...options, say })) };
    case 'verify':
      return { bench, ...(await (await import('./verify.ts')).benchVerify({ ...options, say })) };
    case 'delivery':
      return { bench, ...(await (await import('./delivery.ts')).benchDelivery({ ...options, say })) };
    default:
      throw new Error(`there is no bench called ${bench}\n\n${HELP}`);
  }
};

const commandOf = (args: readonly string[]): string => {
  const kept = args.filter((arg, at) => arg !== '--write-docs' && arg !== '--json' && args[at - 1] !== '--json');
  return ['npm run bench', ...(kept.length > 0 ? ['--', ...kept] : [])].join(' ');
};

const run = async (): Promise<void> => {
  const { values, positionals } = read();
  const runs = Number(values.runs);
  if (values.help) return void process.stdout.write(HELP);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: expected a whole number from 1`);
  const named = positionals[0];
  if (named !== undefined || !values['write-docs']) {
    const on = machine();
    const measured = await measure(named ?? 'engine', { runs, full: values.full, big: values.big });
    const about = { at: new Date().toISOString(), machine: on, command: commandOf(process.argv.slice(2)) };
    const result: BenchResult = { ...measured, ...about };
    storeResult(result, values.json);
    process.stdout.write(`\n${showResult(result)}\n${result.machine}\n`);
  }
  if (values['write-docs']) writeDocument();
};

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
