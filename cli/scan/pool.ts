import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { TimeRange } from '../../engine/record/time-range.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import type { Lists } from '../../engine/rule/rule.ts';
import { drain, type NumberedSource, toolsOf } from './drain.ts';
import type { FoundLine, Tally } from './scan-source.ts';
import { type Source, sizeOf } from './sources.ts';

/** Rules and range of a scan: plain data, so that workers can be given it. */
export interface Given {
  readonly documents: readonly RuleDocument[];
  readonly lists: Lists;
  readonly anyLogsource: boolean;
  readonly range: TimeRange;
}

/** What a worker is told to do. */
export interface Task extends Given {
  readonly sources: readonly NumberedSource[];
  /** One Int32: number of sources taken so far. */
  readonly counter: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly kind: 'found'; readonly lines: readonly FoundLine[] }
  | { readonly kind: 'tally'; readonly tally: Tally };

export interface Listener {
  readonly found: (line: FoundLine) => void;
  readonly done: (tally: Tally) => void;
}

/** Below this much input a second thread costs more (its start, its own compiled code) than it saves. */
const WORTH_A_WORKER = 16 * 1024 * 1024;

/** How many threads to use where the user does not say: more than 4 mostly wait for each other's memory. */
export const defaultJobs = (sources: readonly Source[]): number => {
  const bytes = sources.reduce((sum, source) => sum + sizeOf(source), 0);
  return Math.max(1, Math.min(4, availableParallelism(), Math.floor(bytes / WORTH_A_WORKER)));
};

const hear = ({ found, done }: Listener, message: WorkerMessage): void => {
  if (message.kind === 'tally') done(message.tally);
  else for (const line of message.lines) found(line);
};

/** Young space of a thread: V8's own choice (48 MB and more) buys no speed here. */
const YOUNG_MB = 12;

/** Threads do not inherit the cache of stripped and compiled code; without it each strips all types anew. */
const cacheOfCode = (): NodeJS.ProcessEnv => {
  const folder = getCompileCacheDir();
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: folder };
};

const startWorker = (): Worker =>
  new Worker(new URL('./worker.ts', import.meta.url), {
    env: cacheOfCode(),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });

const runWorker = (worker: Worker, task: Task, listener: Listener): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => hear(listener, message));
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    worker.postMessage(task);
  });

/** Threads beside this one. They are started before there is anything to do: they load their code while rules are read. */
export interface Pool {
  /**
   * Scans all sources, this thread among the others. Big ones first, so that no thread is left with a big one at the
   * end; standard input stays in this thread. What `listener` hears comes in no certain order: sources are told by
   * their number.
   */
  readonly scan: (sources: readonly Source[], given: Given, jobs: number, listener: Listener) => Promise<void>;
  /** Ends the threads: those that were not needed, and those at work where a scan failed. */
  readonly close: () => void;
}

/** @param jobs threads that will probably be of use, this one included */
export const startPool = (jobs: number): Pool => {
  const idle = Array.from({ length: Math.max(0, jobs - 1) }, startWorker);
  const started = [...idle];
  const another = (): Worker => {
    const worker = startWorker();
    started.push(worker);
    return worker;
  };
  return {
    scan: async (sources, given, wanted, listener) => {
      const numbered = sources.map((source, number) => ({ number, source }));
      const ordered = numbered.toSorted((a, b) => sizeOf(b.source) - sizeOf(a.source) || a.number - b.number);
      const piped = ordered.filter(({ source }) => source.kind === 'stdin');
      const pulled = ordered.filter(({ source }) => source.kind !== 'stdin');
      // Tests of rules are of no use to a thread, and more than the rules themselves.
      const documents = given.documents.map((document) => ({ ...document, tests: [] }));
      const task: Task = { ...given, documents, sources: pulled, counter: new SharedArrayBuffer(4) };
      const others = Math.min(wanted, pulled.length) - 1;
      const running = Array.from({ length: Math.max(0, others) }, () =>
        runWorker(idle.pop() ?? another(), task, listener),
      );
      // Between two sources the messages of other threads are heard, and the bar is drawn.
      const done = async (tally: Tally): Promise<void> => {
        listener.done(tally);
        await setImmediate();
      };
      const own = async (): Promise<void> => {
        const tools = toolsOf(given);
        await drain({ sources: piped, counter: new SharedArrayBuffer(4) }, tools, listener.found, done);
        await drain(task, tools, listener.found, done);
      };
      // All at once: a thread that fails while this one works must be heard then.
      await Promise.all([...running, own()]);
    },
    close: () => {
      for (const worker of started) void worker.terminate();
    },
  };
};
