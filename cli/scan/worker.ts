import { parentPort } from 'node:worker_threads';
import { drain, toolsOf } from './drain.ts';
import type { Task, WorkerMessage } from './pool.ts';
import type { FoundLine } from './scan-source.ts';

/** Findings are handed over in parcels: a message costs more than a finding. */
const PARCEL = 256;

const work = async (task: Task): Promise<void> => {
  const send = (message: WorkerMessage): void => parentPort?.postMessage(message);
  let parcel: FoundLine[] = [];
  const hand = (): void => {
    if (parcel.length > 0) send({ kind: 'found', lines: parcel });
    parcel = [];
  };
  const found = (line: FoundLine): void => {
    parcel.push(line);
    if (parcel.length >= PARCEL) hand();
  };
  await drain(task, toolsOf(task), found, (tally) => {
    hand();
    send({ kind: 'tally', tally });
  });
};

// Typed by the one place that posts it: pool.ts. With the last listener gone, the thread ends when its work does.
parentPort?.once('message', (task: Task) => {
  void work(task);
});
