import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readZip } from '../stack/zip.ts';

/** A function of the packaged stack, running from its zip in a process of its own. */
export interface RunningFunction {
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly stop: () => void;
}

const unpack = (zip: string, folder: string): void => {
  for (const [name, content] of readZip(readFileSync(zip))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
};

type Answer = { readonly result?: unknown; readonly error?: string };

const nextAnswer = (child: ChildProcess): Promise<Answer> =>
  new Promise((resolve) => {
    const gone = (code: number | null): void => resolve({ error: `the function ended with ${code}` });
    child.once('exit', gone);
    // IPC gives what host.ts sent: an Answer.
    child.once('message', (message: Answer) => {
      child.off('exit', gone);
      resolve(message);
    });
  });

/**
 * Starts a packaged function as Lambda would: unzipped, its handler imported by the path in the template.
 *
 * @param handler as in the template: `dist/on-delivery/index.handler`
 * @param env all it sees; the deployed function's own variables among them
 */
export const startFunction = (
  packages: string,
  folder: string,
  name: string,
  handler: string,
  env: { readonly [name: string]: string },
): RunningFunction => {
  const home = join(folder, 'functions', name);
  unpack(join(packages, `${name}.zip`), home);
  const log = openSync(join(folder, `${name}.log`), 'w');
  const module = join(home, `${handler.replace(/\.\w+$/, '')}.mjs`);
  const child = fork(join(import.meta.dirname, 'host.ts'), [module], { env, stdio: ['ignore', log, log, 'ipc'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let turn: Promise<unknown> = Promise.resolve();
  return {
    // One event at a time, as one execution environment has it.
    invoke: (event) => {
      const answer = turn.then(async () => {
        child.send({ event, name });
        const { result, error } = await nextAnswer(child);
        if (error !== undefined) throw new Error(`${name}: ${error}`);
        return result;
      });
      turn = answer.catch(() => undefined);
      return answer;
    },
    stop: () => void child.kill('SIGKILL'),
  };
};
