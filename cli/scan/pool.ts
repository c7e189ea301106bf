import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compileRules } from '../../engine/rule/compile.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import type { Lists } from '../../engine/rule/rule.ts';
import { openS3Object } from './objects.ts';
import { type FoundLine, scanSource, type Tally, type TimeRange } from './scan-source.ts';
import { type Source, sizeOf } from './sources.ts';

/** A source and its place in the order of the command line. */
interface NumberedSource {
  readonly number: number;
  readonly source: Source;
}

/** Rules and range of a scan: plain data, so that workers can be given it. */
export interface Given {
  readonly documents: readonly RuleDocument[];
  readonly lists: Lists;
  readonly anyLogsource: boolean;
  readonly range: TimeRange;
}

/** What a worker is started with. */
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

const runWorker = (task: Task, listener: Listener): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: task,
      env: cacheOfCode(),
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.on('message', (message: WorkerMessage) => hear(listener, message));
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });

/**
 * Scans all sources. Big ones first, so that no thread is left with a big one at the end; standard input stays in this
 * thread. What `listener` hears comes in no certain order: sources are told by their number.
 */
export const scanAll = async (
  sources: readonly Source[],
  given: Given,
  jobs: number,
  listener: Listener,
): Promise<void> => {
  const numbered = sources.map((source, number) => ({ number, source }));
  const ordered = numbered.toSorted((a, b) => sizeOf(b.source) - sizeOf(a.source) || a.number - b.number);
  const piped = ordered.filter(({ source }) => source.kind === 'stdin');
  const pulled = ordered.filter(({ source }) => source.kind !== 'stdin');
  const threads = Math.min(jobs, pulled.length);
  const task: Task = { ...given, sources: pulled, counter: new SharedArrayBuffer(4) };
  const running = threads > 1 ? [...Array(threads)].map(() => runWorker(task, listener)) : [];
  const own = threads > 1 ? piped : [...piped, ...pulled];
  if (own.length > 0) {
    const { ruleSet } = compileRules(given.documents, given);
    const tools = { ruleSet, range: given.range, openObject: openS3Object() };
    for (const { source, number } of own) listener.done(await scanSource(source, number, tools, listener.found));
  }
  await Promise.all(running);
};
