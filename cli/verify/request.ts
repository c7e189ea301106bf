import { UsageError } from '../usage-error.ts';
import type { VerifyOptions } from '../verify.ts';
import { parseDuration, parseTime, TimeError } from './time.ts';

/** A trail's ARN, taken apart. */
interface TrailName {
  readonly arn: string;
  readonly homeRegion: string;
  readonly account: string;
  readonly name: string;
}

/** What is to be verified, as the options say. */
export interface Request {
  readonly trail: TrailName | undefined;
  readonly bucket: string | undefined;
  readonly prefix: string | undefined;
  readonly organization: string | undefined;
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly format: 'table' | 'json' | 'ndjson';
  readonly concurrency: number;
}

const TRAIL_ARN = /^arn:(aws[a-z-]*):cloudtrail:([a-z0-9-]+):(\d{12}):trail\/([A-Za-z0-9._-]{3,128})$/;
const DEFAULT_CONCURRENCY = 128;
const MAX_CONCURRENCY = 512;

const trailName = (arn: string): TrailName => {
  const [, , homeRegion, account, name] = TRAIL_ARN.exec(arn) ?? [];
  if (homeRegion === undefined || account === undefined || name === undefined)
    throw new UsageError(
      `--trail-arn ${JSON.stringify(arn)} is no trail ARN: expected arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME`,
    );
  return { arn, homeRegion, account, name };
};

const checkAll = (option: string, values: readonly string[], form: RegExp, example: string): readonly string[] => {
  for (const value of values)
    if (!form.test(value)) throw new UsageError(`${option} ${JSON.stringify(value)}: expected ${example}`);
  return values;
};

const rangeOf = (
  { start, end, since }: VerifyOptions,
  now: number,
): { readonly start: number; readonly end: number } => {
  try {
    if (since !== undefined && start !== undefined) throw new UsageError('give --start or --since, not both');
    const until = end === undefined ? now : parseTime(end);
    if (since !== undefined) return { start: until - parseDuration(since), end: until };
    if (start === undefined) throw new UsageError('--start T or --since 24h is needed');
    return { start: parseTime(start), end: until };
  } catch (error) {
    if (error instanceof TimeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
};

const formatOf = (format: string): Request['format'] => {
  if (format === 'table' || format === 'json' || format === 'ndjson') return format;
  throw new UsageError(`--format ${JSON.stringify(format)}: expected table, json or ndjson`);
};

const concurrencyOf = (text: string | number | undefined): number => {
  if (text === undefined) return DEFAULT_CONCURRENCY;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CONCURRENCY) return count;
  throw new UsageError(`--concurrency ${text}: expected a number from 1 to ${MAX_CONCURRENCY}`);
};

/**
 * Checks the options and reads what they mean.
 *
 * @param now milliseconds: the end of a range without one
 * @throws UsageError
 */
export const readRequest = (options: VerifyOptions, now: number): Request => {
  const { trailArn, bucket, dir, prefix, org } = options;
  if (trailArn === undefined && bucket === undefined && dir === undefined)
    throw new UsageError('--trail-arn A, --bucket B or --dir D is needed');
  if (dir !== undefined && options.keys === undefined)
    throw new UsageError('--dir needs --keys F: the public keys, from aws cloudtrail list-public-keys');
  const range = rangeOf(options, now);
  if (range.start >= range.end) throw new UsageError('--start must be before --end');
  return {
    trail: trailArn === undefined ? undefined : trailName(trailArn),
    bucket,
    prefix: prefix?.replace(/^\/+|\/+$/g, ''),
    organization: org === undefined ? undefined : checkAll('--org', [org], /^o-[a-z0-9]{1,64}$/, 'o-…')[0],
    accounts: checkAll('--account', options.account ?? [], /^\d{12}$/, 'twelve digits'),
    regions: checkAll('--region', options.region ?? [], /^[a-z0-9-]{1,40}$/, 'a Region, such as eu-west-1'),
    ...range,
    format: formatOf(options.format ?? 'table'),
    concurrency: concurrencyOf(options.concurrency ?? options.jobs),
  };
};
