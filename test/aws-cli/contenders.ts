import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Scenario } from './scenario.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const VENV = join(ROOT, '.oracle', 'venv');
/** Pinned: 1.45.12 is the first that sees data appended to log files. */
const AWS_CLI = 'awscli==1.45.55';

/** A finding, and the object it is about: `bucket/key`. */
export interface Found {
  readonly code: string;
  readonly object: string | undefined;
}

export interface Judgement {
  readonly exit: number;
  /** Objects it names as invalid: `bucket/key`. */
  readonly invalid: ReadonlySet<string>;
  /** The AWS CLI's only: objects it names as valid. */
  readonly valid: ReadonlySet<string>;
  /** Ours only: the findings. */
  readonly findings: readonly Found[];
  readonly output: string;
}

/** Makes the virtual environment with the AWS CLI once, in `.oracle/`, which git ignores; gives the program's path. */
export const awsCli = (): string => {
  const program = join(VENV, 'bin', 'aws');
  const run = (command: string, args: readonly string[]): void => {
    const { status, stderr, error } = spawnSync(command, [...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr || String(error)}`);
  };
  if (existsSync(program)) return program;
  run('python3', ['-m', 'venv', VENV]);
  run(join(VENV, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', AWS_CLI]);
  return program;
};

const environment = (url: string, region: string) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: join(ROOT, '.oracle'),
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: region,
  AWS_EC2_METADATA_DISABLED: 'true',
});

interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((done) => {
    const options = { env, timeout: 120_000, maxBuffer: 64 << 20 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ exit, stdout, stderr });
    });
  });

/** The AWS CLI's verdict. Exit 255 is its giving up: no verdict. */
export const judgeWithAwsCli = async (program: string, scenario: Scenario, url: string): Promise<Judgement> => {
  const { arn, region, start, end, args } = scenario;
  const range = ['--trail-arn', arn, '--start-time', start, '--end-time', end, '--region', region];
  // The one argument the cases use to say that a default is wanted.
  const more = args.filter((arg) => arg !== '--no-verbose');
  const call = ['cloudtrail', 'validate-logs', ...range, '--verbose', ...more];
  const { exit, stdout, stderr } = await run(program, call, environment(url, region));
  const output = `${stdout}\n${stderr}`;
  const lines = [...output.matchAll(/^(?:\(backfill\) )?(?:Digest|Log) file\ts3:\/\/(\S+)\t(INVALID|valid)/gm)];
  const judged = (word: string): ReadonlySet<string> =>
    new Set(lines.flatMap(([, id = '', verdict]) => (verdict === word ? [id] : [])));
  return { exit, output, findings: [], invalid: judged('INVALID'), valid: judged('valid') };
};

const argument = (args: readonly string[], name: string): readonly string[] => {
  const value = args[args.indexOf(name) + 1];
  return args.includes(name) && value !== undefined ? [value] : [];
};

interface Named {
  readonly bucket?: string;
  readonly key?: string;
}

/** `trailwarden verify` on the same world. */
export const judgeWithTrailwarden = async (scenario: Scenario, url: string): Promise<Judgement> => {
  const { arn, region, start, end, args } = scenario;
  const named = [
    ...argument(args, '--s3-bucket').flatMap((bucket) => ['--bucket', bucket]),
    ...argument(args, '--s3-prefix').flatMap((prefix) => ['--prefix', prefix]),
    ...argument(args, '--account-id').flatMap((account) => ['--account', account]),
  ];
  const range = ['--trail-arn', arn, '--start', start, '--end', end, '--region', region, '--format', 'ndjson'];
  const command = [join(ROOT, 'cli', 'trailwarden.js'), 'verify', ...range, ...named];
  const { exit, stdout, stderr } = await run(process.execPath, command, environment(url, region));
  const findings = stdout.split('\n').flatMap((line): readonly Found[] => {
    if (line === '') return [];
    // Our own ndjson: one native finding a line, checked against its schema elsewhere.
    const finding: { readonly code?: string; readonly seen: { readonly object?: Named } } = JSON.parse(line);
    const { bucket, key } = finding.seen.object ?? {};
    return [
      { code: finding.code ?? '', object: bucket === undefined || key === undefined ? undefined : `${bucket}/${key}` },
    ];
  });
  const invalid = new Set(findings.flatMap(({ object }) => object ?? []));
  return { exit, invalid, valid: new Set(), findings, output: `${stdout}\n${stderr}` };
};
