import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { showBytes, showCount } from '../cli/terminal/units.ts';
import { median } from './arithmetic.ts';
import { runShell, runTrailwarden } from './command.ts';
import { ROOT } from './folders.ts';
import { type BenchResult, type Section, type Target, target } from './result.ts';
import type { Served, ServerSpec } from './s3-server.ts';

export interface VerifyBenchOptions {
  readonly runs: number;
  /** A month of one chain as well. */
  readonly big: boolean;
  readonly say: (line: string) => void;
}

type Part = Pick<BenchResult, 'sections' | 'targets'>;

const DAY = { hours: 24, logsPerHour: 200, repeat: false } as const;
const MONTH = { hours: 720, logsPerHour: 200, repeat: true } as const;
/** Milliseconds a GET waits at the server: none, and what S3 takes within a Region. */
const DELAYS = [0, 15] as const;

const withServer = async <T>(spec: ServerSpec, task: (served: Served) => Promise<T>): Promise<T> => {
  const args = [join(import.meta.dirname, 's3-server.ts'), JSON.stringify(spec)];
  const server: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    if (server.stdout === null) throw new Error('the server has no standard output');
    const [line]: unknown[] = await once(createInterface(server.stdout), 'line');
    // Written by s3-server.ts, whose line this is.
    const served: Served = JSON.parse(String(line));
    return await task(served);
  } finally {
    server.kill();
  }
};

const environment = ({ url }: Served): { readonly [name: string]: string } => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** `4800/4800`, or `4,800 of 4,800`: a run that did not validate every log file is no measurement. */
const sayNotAll = (who: string, output: string): Error =>
  new Error(`${who} did not validate every log: ${output.slice(-600)}`);

const runOwn = async (served: Served): Promise<Measured> => {
  const { trailArn, organization, account, region, start, end } = served;
  const where = ['--org', organization, '--account', account, '--region', region];
  const args = ['verify', '--trail-arn', trailArn, ...where, '--start', start, '--end', end, '--format', 'json'];
  const run = await runTrailwarden(args, { env: environment(served) });
  return { seconds: run.wallSeconds, cpuSeconds: run.cpuSeconds, peakBytes: run.peakBytes };
};

/** Runs a command and writes its peak memory (KB) behind it: bash's `time` does not know it. */
const PEAK =
  'import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; print("PEAK", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)';

/** The AWS CLI that the oracle script installed, or the one on the PATH. */
const findAws = async (): Promise<{ readonly command: string; readonly version: string } | undefined> => {
  for (const command of [join(ROOT, '.oracle', 'venv', 'bin', 'aws'), 'aws']) {
    const { exitCode, output } = await runShell(`${command} --version 2>&1`);
    if (exitCode === 0) return { command, version: output.split(' ')[0] ?? command };
  }
  return undefined;
};

const runAws = async (aws: string, served: Served): Promise<Measured> => {
  const { trailArn, account, start, end } = served;
  const args = `cloudtrail validate-logs --trail-arn ${trailArn} --account-id ${account} --start-time ${start} --end-time ${end}`;
  const env = { ...environment(served), PYTHONUNBUFFERED: '1' };
  const run = await runShell(`python3 -c '${PEAK}' ${aws} ${args}`, { env, timeoutSeconds: 900 });
  const peak = /PEAK (\d+)/.exec(run.output)?.[1];
  if (!run.output.includes(`${served.logs}/${served.logs} log files valid`) || peak === undefined)
    throw sayNotAll('aws cloudtrail validate-logs', run.output + run.errors);
  return { seconds: run.wallSeconds, cpuSeconds: run.cpuSeconds, peakBytes: Number(peak) * 1024 };
};

const middle = (runs: readonly Measured[]): Measured => ({
  seconds: median(runs.map(({ seconds }) => seconds)),
  cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
  peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)),
});

const repeated = async (count: number, task: () => Promise<Measured>): Promise<Measured> => {
  const runs: Measured[] = [];
  for (let turn = 0; turn < count; turn += 1) runs.push(await task());
  return middle(runs);
};

const row = (who: string, delay: number, logs: number, run: Measured, ratio: number): readonly string[] => [
  who,
  String(delay),
  run.seconds.toFixed(2),
  run.cpuSeconds.toFixed(2),
  showCount(Math.round(logs / run.seconds)),
  Number.isNaN(ratio) ? '-' : `${ratio.toFixed(1)} ×`,
  showBytes(run.peakBytes),
];

const COLUMNS = ['who', 'ms per GET', 'wall s', 'CPU s', 'logs/s', '÷ AWS CLI', 'peak RSS'] as const;

const measureDay = async ({ runs, say }: VerifyBenchOptions): Promise<Part> => {
  const aws = await findAws();
  const rows: (readonly string[])[] = [];
  const targets: Target[] = [];
  for (const delayMs of DELAYS)
    await withServer({ ...DAY, delayMs }, async (served) => {
      say(`a day, ${delayMs} ms per GET: trailwarden`);
      const own = await repeated(runs, () => runOwn(served));
      if (aws !== undefined) say(`a day, ${delayMs} ms per GET: AWS CLI`);
      // One run of the AWS CLI with latency takes over a minute, and its time is the latency's: it hardly varies.
      const turns = delayMs === 0 ? Math.min(runs, 3) : 1;
      const theirs = aws === undefined ? undefined : await repeated(turns, () => runAws(aws.command, served));
      const ratio = theirs === undefined ? Number.NaN : theirs.seconds / own.seconds;
      rows.push(row('trailwarden verify', delayMs, served.logs, own, ratio));
      if (theirs === undefined) {
        rows.push(['AWS CLI', String(delayMs), 'not here', '-', '-', '-', '-']);
        return;
      }
      rows.push(row(aws?.version ?? 'AWS CLI', delayMs, served.logs, theirs, 1));
      const what = `logs per second ÷ AWS CLI, ${delayMs} ms per GET`;
      targets.push(target(what, ratio, '×', { least: delayMs === 0 ? 5 : 40 }));
    });
  const note =
    'Whole processes, start-up included: 24 digests, 4,800 log files, one server on loopback for both, answering each GET after the given time.';
  return { sections: [{ title: 'A day of one chain', note, columns: COLUMNS, rows }], targets };
};

const measureMonth = async ({ say }: VerifyBenchOptions): Promise<Part> => {
  say('a month of one chain: 720 digests, 144,000 log files');
  return withServer({ ...MONTH, delayMs: 0 }, async (served) => {
    const run = await runOwn(served);
    const section: Section = {
      title: 'A month of one chain',
      note: '720 digests and 144,000 log files from the same server, without latency.',
      columns: COLUMNS,
      rows: [row('trailwarden verify', 0, served.logs, run, Number.NaN)],
    };
    return {
      sections: [section],
      targets: [target('peak RSS, a month of one chain', run.peakBytes / 1e6, 'MB', { most: 200 })],
    };
  });
};

/** Speed and memory of `trailwarden verify`, beside the AWS CLI. */
export const benchVerify = async (options: VerifyBenchOptions): Promise<Part> => {
  const day = await measureDay(options);
  if (!options.big) return day;
  const month = await measureMonth(options);
  return { sections: [...day.sections, ...month.sections], targets: [...day.targets, ...month.targets] };
};
