import { parentPort, workerData } from 'node:worker_threads';
import { compileRules } from '../../engine/rule/compile.ts';
import { openS3Object } from './objects.ts';
import type { Task, WorkerMessage } from './pool.ts';
import { type FoundLine, scanSource } from './scan-source.ts';

/** Findings are handed over in parcels: a message costs more than a finding. */
const PARCEL = 256;

/** Takes source numbers from the shared counter until there are none: pulling beats being handed work. */
const work = async ({ documents, lists, anyLogsource, sources, counter, range }: Task): Promise<void> => {
  const { ruleSet } = compileRules(documents, { lists, anyLogsource });
  const send = (message: WorkerMessage): void => parentPort?.postMessage(message);
  const taken = new Int32Array(counter);
  let parcel: FoundLine[] = [];
  for (let turn = Atomics.add(taken, 0, 1); turn < sources.length; turn = Atomics.add(taken, 0, 1)) {
    const next = sources[turn];
    if (next === undefined) break;
    const tally = await scanSource(next.source, next.number, { ruleSet, range, openObject: openS3Object() }, (line) => {
      parcel.push(line);
      if (parcel.length < PARCEL) return;
      send({ kind: 'found', lines: parcel });
      parcel = [];
    });
    send({ kind: 'found', lines: parcel });
    parcel = [];
    send({ kind: 'tally', tally });
  }
};

// What a worker is started with is typed by the one place that starts it: pool.ts.
const task: Task = workerData;
await work(task);
