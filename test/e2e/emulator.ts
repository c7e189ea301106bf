import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Pinned: what moto can and cannot do decides how this suite is written. */
const MOTO = 'moto[server]==5.2.1';

export interface Emulator {
  readonly url: string;
  /** Environment for every client: the endpoint, and credentials that mean nothing. */
  readonly env: { readonly [name: string]: string };
  readonly stop: () => void;
}

const run = (command: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(command, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr || String(error)}`);
};

/** Makes the virtual environment once; it stays in `.e2e/`, which git ignores. */
const prepareEmulator = (folder: string): string => {
  const bin = join(folder, 'venv/bin');
  if (existsSync(join(bin, 'moto_server'))) return bin;
  run('python3', ['-m', 'venv', join(folder, 'venv')]);
  run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', MOTO]);
  return bin;
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const untilAnswers = async (url: string): Promise<void> => {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const answered = await fetch(`${url}/moto-api/data.json`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`moto did not answer on ${url} within 30 seconds`);
};

/** Starts moto_server on a free loopback port. */
export const startEmulator = async (folder: string): Promise<Emulator> => {
  const bin = prepareEmulator(folder);
  const port = await freePort();
  const log = openSync(join(folder, 'moto.log'), 'w');
  const server = spawn(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', log, log],
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = () => void server.kill('SIGKILL');
  process.once('exit', stop);
  await untilAnswers(url);
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stop,
  };
};
