import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import { takeMessage } from '../aws/take-message.ts';
import { seeded } from '../cli/local/trail/random.ts';
import { streamCorpus } from '../cli/local/trail/trail.ts';
import { showCount } from '../cli/terminal/units.ts';
import { memoryLedger } from '../engine/ledger/memory.ts';
import { compileRules } from '../engine/rule/compile.ts';
import type { DeliveryWorld } from '../engine/take-object.ts';
import { gigabyteSecondsPerMillion, median } from './arithmetic.ts';
import { ROOT } from './folders.ts';
import { functionMemory } from './function-memory.ts';
import type { BenchResult, Section } from './result.ts';
import { ownRules } from './rule-sets.ts';

export interface DeliveryBenchOptions {
  readonly runs: number;
  readonly say: (line: string) => void;
}

interface StoredFile {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly records: number;
}

/** Milliseconds: what a GET of a small object takes within a Region, and a write to the table. */
const GET = { least: 15, most: 30 } as const;
const WRITE = 5;
const BUCKET = 'example-org-cloudtrail';
const START = Date.UTC(2026, 10, 1);
/** Median number of records of a file: a quiet account, an ordinary one, a busy one. */
const SIZES = [8, 50, 300] as const;
const FILES = { 8: 400, 50: 400, 300: 200 } as const;
/** One at a time the latency is nearly all, and few files tell it. */
const FILES_ONE_BY_ONE = 40;

/** Memory and batch size of on-delivery, as they are deployed. */
const deployed = (): { readonly memorySize: number; readonly batchSize: number } => {
  // Our own file; what is not there shows as NaN in the table.
  const stack: {
    readonly functions: {
      readonly 'on-delivery': {
        readonly memorySize: number;
        readonly events: readonly { readonly sqs?: { readonly batchSize: number } }[];
      };
    };
  } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'));
  const { memorySize, events } = stack.functions['on-delivery'];
  return { memorySize, batchSize: events[0]?.sqs?.batchSize ?? Number.NaN };
};

const filesOf = (size: (typeof SIZES)[number]): readonly StoredFile[] => {
  const files: StoredFile[] = [];
  for (const { key, bytes, records } of streamCorpus({
    seed: 'bench delivery',
    start: START,
    bytes: Number.POSITIVE_INFINITY,
    medianRecords: size,
    sigma: 0.5,
  })) {
    files.push({ key, bytes, records });
    if (files.length >= FILES[size]) break;
  }
  return files;
};

const notification = ({ key, bytes }: StoredFile): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: BUCKET }, object: { key: encodeURIComponent(key), size: bytes.length } },
      },
    ],
  });

/** The world of on-delivery with S3 and the table in memory, each answering after its time. */
const worldOf = (files: readonly StoredFile[], turn: number): DeliveryWorld => {
  const random = seeded(`latency ${turn}`);
  const objects = new Map(files.map((file) => [file.key, file.bytes]));
  const ledger = memoryLedger();
  const later = async <T>(milliseconds: number, answer: T): Promise<T> => {
    await wait(milliseconds);
    return answer;
  };
  return {
    ruleSet: compileRules(ownRules()).ruleSet,
    readObject: async ({ key }) => {
      const bytes = objects.get(key);
      const milliseconds = random.int(GET.least, GET.most);
      return later(milliseconds, bytes === undefined ? { kind: 'missing' } : { kind: 'found', bytes, metadata: {} });
    },
    limits: { maxStoredBytes: 64 << 20, maxInflatedBytes: 128 << 20 },
    ledger: { ...ledger, putFile: async (item, now) => later(WRITE, await ledger.putFile(item, now)) },
    publish: async () => later(WRITE, undefined),
    clock: () => Date.now(),
    newOwner: randomUUID,
    forwardDigests: async () => {},
    buckets: [BUCKET],
    prefix: '',
  };
};

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** One instance of the function takes all files, batch after batch; the messages of a batch at once, as its handler does. */
const deliver = async (files: readonly StoredFile[], batchSize: number, turn: number): Promise<Measured> => {
  const take = takeMessage(worldOf(files, turn));
  const messages = files.map(notification);
  const [started, before] = [performance.now(), process.cpuUsage()];
  for (let at = 0; at < messages.length; at += batchSize) {
    const reports = await Promise.all(messages.slice(at, at + batchSize).map(take));
    for (const [report] of reports)
      if (report?.kind !== 'scanned') throw new Error(`a file was not scanned: ${report?.kind}`);
  }
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
};

const measure = async (files: readonly StoredFile[], batchSize: number, runs: number): Promise<Measured> => {
  // The first turn is a cold function's: it is left out, as most of Lambda's calls are warm.
  await deliver(files, batchSize, 0);
  const turns: Measured[] = [];
  for (let turn = 1; turn <= runs; turn += 1) turns.push(await deliver(files, batchSize, turn));
  return {
    seconds: median(turns.map(({ seconds }) => seconds)),
    cpuSeconds: median(turns.map((one) => one.cpuSeconds)),
  };
};

const COLUMNS = [
  'records a file',
  'messages a batch',
  'files/s',
  'records/s',
  'CPU %',
  'GB-s per million records',
] as const;

/** Small files with the latency of S3: what one instance of on-delivery scans, and what Lambda would charge; and what memory it needs. */
export const benchDelivery = async ({
  runs,
  say,
}: DeliveryBenchOptions): Promise<Pick<BenchResult, 'sections' | 'targets'>> => {
  const { memorySize, batchSize } = deployed();
  const rows: (readonly string[])[] = [];
  for (const size of SIZES) {
    const all = filesOf(size);
    for (const batch of [1, batchSize]) {
      const files = batch === 1 ? all.slice(0, FILES_ONE_BY_ONE) : all;
      const records = files.reduce((sum, file) => sum + file.records, 0);
      say(`files of about ${size} records, ${batch} message${batch === 1 ? '' : 's'} a batch`);
      const { seconds, cpuSeconds } = await measure(files, batch, runs);
      rows.push([
        (records / files.length).toFixed(0),
        String(batch),
        showCount(Math.round(files.length / seconds)),
        showCount(Math.round(records / seconds)),
        ((100 * cpuSeconds) / seconds).toFixed(0),
        gigabyteSecondsPerMillion(seconds, records, memorySize).toFixed(1),
      ]);
    }
  }
  const section: Section = {
    title: 'Deliveries of small files',
    note: `One instance of on-delivery (${memorySize} MB, up to ${batchSize} messages a batch, one file a message) with the project's rules. S3 and the table are in memory and answer after ${GET.least}–${GET.most} ms and ${WRITE} ms; the SDK's and the runtime's own work is not in it. GB-s = seconds × ${memorySize} / 1024.`,
    columns: COLUMNS,
    rows,
  };
  return { sections: [section, await functionMemory(say)], targets: [] };
};
