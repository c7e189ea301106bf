import { findDeployment } from '../aws/deployment.ts';
import { type Operator, operatorOf } from '../aws/operator.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { parseObjectKey } from '../engine/record/object-key.ts';
import { readTime } from './scan/times.ts';
import { startProgress } from './terminal/progress.ts';
import { plural, showBytes } from './terminal/units.ts';
import { UsageError } from './usage-error.ts';

export interface BackfillOptions {
  readonly stack: string;
  readonly since: string;
  readonly until?: string;
  readonly dryRun?: boolean;
  /** Also files the ledger knows as scanned, e.g. after a change of rules. */
  readonly all?: boolean;
}

const STREAMS: ReadonlySet<string> = new Set(['log', 'network-activity', 'insight']);
/** Files asked for in the ledger at once. */
const AT_ONCE = 25;
/**
 * US dollars per file for requests: three of SQS, one GET, a ledger read and a write (docs/cost.md). Lambda's time depends
 * on the size of the files and comes on top.
 */
const DOLLARS_PER_FILE = 3 * 0.4e-6 + 0.4e-6 + 0.125e-6 + 0.625e-6;

interface Found {
  readonly location: ObjectLocation;
  readonly size: number;
}

const parseTarget = (text: string): { readonly bucket: string; readonly prefix: string } => {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined) throw new UsageError(`backfill: expected s3://bucket/prefix, found '${text}'`);
  return { bucket, prefix };
};

/** Delivery time out of a file's name; NaN where it has none. */
const stampTime = (stamp: string | undefined): number => {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(stamp ?? '') ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
};

async function* logFilesIn(
  { listObjects }: Operator,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  range: { readonly since: number; readonly until: number },
): AsyncGenerator<Found> {
  for await (const { key, size } of listObjects(bucket, prefix)) {
    const named = parseObjectKey(key);
    if (named.kind === 'folder' || named.kind === 'foreign' || !STREAMS.has(named.kind)) continue;
    const deliveredAt = stampTime(named.stamp);
    if (deliveredAt >= range.since && deliveredAt < range.until) yield { location: { bucket, key }, size };
  }
}

const notYetScanned = async ({ ledger }: Operator, files: readonly Found[]): Promise<readonly Found[]> => {
  const left: Found[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files.slice(at, at + AT_ONCE);
    const known = await Promise.all(some.map(({ location }) => ledger.getFile(location)));
    left.push(...some.filter((_, index) => known[index] === undefined));
  }
  return left;
};

const enqueue = async ({ backfill }: Operator, files: readonly Found[]): Promise<void> => {
  const progress = startProgress(files.length, 'files');
  try {
    for (let at = 0; at < files.length; at += 10) {
      const some = files.slice(at, at + 10).map(({ location }) => location);
      await backfill(some);
      progress.advance(some.length);
    }
  } finally {
    progress.stop();
  }
};

/**
 * Puts past log files of a prefix on the deployment's queue, to be scanned as if they had just come. Files that the ledger
 * knows are left out, so that a run that was stopped goes on where it was; a finding published before stays silent.
 *
 * @param target `s3://bucket/prefix`, in the deployment's bucket
 * @returns exit code 0
 * @throws UsageError for another bucket or times that make no range
 */
export const run = async (target: string, options: BackfillOptions): Promise<number> => {
  const now = Date.now();
  const place = parseTarget(target);
  const since = readTime('--since', options.since, now);
  const until = options.until === undefined ? now : readTime('--until', options.until, now);
  if (since >= until) throw new UsageError('backfill: --since must be before --until');
  const deployment = await findDeployment(options.stack);
  if (place.bucket !== deployment.bucket)
    throw new UsageError(
      `backfill: ${options.stack} reads s3://${deployment.bucket} and nothing else, not ${place.bucket}`,
    );
  const operator = operatorOf(deployment);
  const found: Found[] = [];
  for await (const file of logFilesIn(operator, place, { since, until })) found.push(file);
  const files = options.all === true ? found : await notYetScanned(operator, found);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const known = found.length - files.length;
  process.stdout.write(`${plural(files.length, 'log file')} (${showBytes(bytes)}) to scan, ${known} scanned before\n`);
  if (options.dryRun === true) {
    const dollars = (files.length * DOLLARS_PER_FILE).toFixed(4);
    process.stdout.write(`About $${dollars} for requests, and Lambda's time (docs/cost.md). Nothing was enqueued.\n`);
    return 0;
  }
  await enqueue(operator, files);
  process.stdout.write(`Enqueued ${plural(files.length, 'file')} on ${deployment.deliveriesQueueUrl}\n`);
  return 0;
};
