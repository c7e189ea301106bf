import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './folders.ts';

/** What a whole process took. */
export interface Run {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly exitCode: number | null;
  /** The last characters of standard output and error. */
  readonly output: string;
  readonly errors: string;
}

export interface OwnRun extends Run {
  readonly peakBytes: number;
}

interface Options {
  readonly env?: { readonly [name: string]: string };
  readonly timeoutSeconds?: number;
}

const KEPT = 65_536;

const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-KEPT);
  });
  return () => text;
};

/** Runs a program to its end; CPU time is not known here. */
const runProgram = async (
  program: string,
  args: readonly string[],
  options: Options,
): Promise<Omit<Run, 'cpuSeconds'>> => {
  const started = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (options.timeoutSeconds ?? 600) * 1000,
  });
  const [output, errors] = [collect(child.stdout), collect(child.stderr)];
  const [exitCode]: (number | null)[] = await once(child, 'close');
  const wallSeconds = (performance.now() - started) / 1000;
  return { wallSeconds, exitCode: exitCode ?? null, output: output(), errors: errors() };
};

/** Runs a shell command line and its pipeline, with the CPU time of all its processes as the shell counts it. */
export const runShell = async (line: string, options: Options = {}): Promise<Run> => {
  const run = await runProgram('bash', ['-c', `TIMEFORMAT='%U %S'; time { ${line}\n}`], options);
  const [user = Number.NaN, system = Number.NaN] = (run.errors.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { ...run, cpuSeconds: user + system };
};

/**
 * Runs `trailwarden` as a user does.
 *
 * @throws Error with its last words when it ended in any other way than with an exit code of `expected`
 */
export const runTrailwarden = async (
  args: readonly string[],
  options: Options = {},
  expected: readonly number[] = [0],
): Promise<OwnRun> => {
  const aside = mkdtempSync(join(tmpdir(), 'trailwarden-bench-'));
  const file = join(aside, 'usage.json');
  try {
    const program = ['--import', join(import.meta.dirname, 'usage.js'), join(ROOT, 'cli', 'trailwarden.js'), ...args];
    const run = await runProgram(process.execPath, program, {
      ...options,
      env: { ...options.env, BENCH_USAGE_FILE: file },
    });
    if (!expected.includes(run.exitCode ?? -1))
      throw new Error(
        `trailwarden ${args.slice(0, 2).join(' ')} ended with ${run.exitCode}: ${run.errors.slice(-800)}`,
      );
    const used: { readonly cpuSeconds: number; readonly peakBytes: number } = JSON.parse(readFileSync(file, 'utf8'));
    return { ...run, ...used };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
};
