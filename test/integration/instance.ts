import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** How an invocation ended. `killed`: the instance was stopped under it. */
type Invocation =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly error: string }
  | { readonly kind: 'killed' };

/** A running copy of a bundled function. */
export interface Instance {
  readonly invoke: (event: unknown) => Promise<Invocation>;
  readonly moveClock: (milliseconds: number) => Promise<void>;
  readonly kill: () => Promise<void>;
  /** Sums of the metrics it has emitted, by name. */
  readonly metrics: () => { readonly [name: string]: number };
  /** All it has logged. */
  readonly log: () => string;
}

const sumMetrics = (log: string): { readonly [name: string]: number } => {
  const sums: { [name: string]: number } = {};
  for (const line of log.split('\n').filter((text) => text.includes('"_aws"'))) {
    const document: {
      readonly _aws: {
        readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[];
      };
      readonly [name: string]: unknown;
    } = JSON.parse(line);
    for (const { Name } of document._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics)) {
      const values = [document[Name]].flat();
      sums[Name] = (sums[Name] ?? 0) + values.reduce<number>((sum, value) => sum + Number(value), 0);
    }
  }
  return sums;
};

export interface InstanceOptions {
  /** How far its clock is ahead. */
  readonly clockOffsetMs?: number;
  /** It is killed when its heap grows beyond. */
  readonly heapMb?: number;
}

/** Loads a bundle in a thread of its own, as Lambda would in a sandbox. */
export const startInstance = async (
  bundle: string,
  env: { readonly [name: string]: string },
  { clockOffsetMs = 0, heapMb }: InstanceOptions = {},
): Promise<Instance> => {
  const worker = new Worker(new URL('./instance-thread.ts', import.meta.url), {
    env: { ...env },
    stdout: true,
    stderr: true,
    execArgv: [],
    ...(heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    workerData: { bundle: pathToFileURL(bundle).href, offsetMs: clockOffsetMs },
  });
  let log = '';
  for (const stream of [worker.stdout, worker.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  const open = new Map<number, (ended: Invocation) => void>();
  const ready = Promise.withResolvers<void>();
  worker.on('message', ({ id, result, error, ready: isReady }) => {
    if (isReady === true) return ready.resolve();
    const ended: Invocation = error === undefined ? { kind: 'returned', result } : { kind: 'threw', error };
    open.get(id)?.(ended);
    open.delete(id);
  });
  worker.on('error', (error) => ready.reject(error));
  worker.on('exit', () => {
    ready.reject(new Error(`the instance ended before it was ready\n${log}`));
    for (const end of open.values()) end({ kind: 'killed' });
    open.clear();
  });
  await ready.promise;
  let calls = 0;
  const post = (message: { readonly event?: unknown; readonly moveClockMs?: number }): Promise<Invocation> =>
    new Promise((resolve) => {
      calls += 1;
      open.set(calls, resolve);
      worker.postMessage({ id: calls, ...message });
    });
  return {
    invoke: (event) => post({ event }),
    moveClock: async (moveClockMs) => {
      await post({ moveClockMs });
    },
    kill: async () => {
      await worker.terminate();
    },
    metrics: () => sumMetrics(log),
    log: () => log,
  };
};
