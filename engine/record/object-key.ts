/** Where a CloudTrail object stands in its bucket, as its key says. The key is a claim: records and digests hold the truth. */
interface Place {
  /** What stands before `AWSLogs/`, without the slash; '' where nothing does. */
  readonly prefix: string;
  /** `o-…`, on organization trails. */
  readonly organization?: string;
  readonly account: string;
  readonly region: string;
  /** Delivery time (a digest's: end time) as in the file name: `20260305T0028Z`, `20260305T011352Z`. */
  readonly stamp?: string;
}

/** What a key of the log bucket names. */
export type ObjectKey =
  | ({ readonly kind: 'log' | 'network-activity' | 'insight' | 'aggregated' } & Place)
  | ({
      readonly kind: 'digest';
      /** Absent where the file name does not follow CloudTrail's form. */
      readonly trail?: string;
      readonly homeRegion?: string;
      readonly backfill: boolean;
    } & Place)
  /** A folder marker, which CloudTrail writes when a trail is made: nothing to read. */
  | { readonly kind: 'folder' }
  /** Not CloudTrail's: Config, flow logs, other people's files. */
  | { readonly kind: 'foreign' };

const STREAMS = new Map([
  ['CloudTrail', 'log'],
  ['CloudTrail-NetworkActivity', 'network-activity'],
  ['CloudTrail-Insight', 'insight'],
  ['CloudTrail-Aggregated', 'aggregated'],
  ['CloudTrail-Digest', 'digest'],
] as const);

const FOREIGN: ObjectKey = { kind: 'foreign' };
const ACCOUNT = /^\d{12}$/;
const ORGANIZATION = /^o-[a-z0-9]+$/;
const REGION = /^[a-z0-9-]+$/;
const YEAR = /^\d{4}$/;
const TWO_DIGITS = /^\d{2}$/;
const STAMP = /^\d{8}T(?:\d{4}|\d{6})Z$/;
const SUFFIX = '.json.gz';

const lastStamp = (name: string): string | undefined => name.split('_').findLast((part) => STAMP.test(part));

/**
 * Trail and home Region of a digest's name. A trail name may hold `_`, so the name is read from both ends: account,
 * stream and Region in front, home Region and stamp behind.
 */
const digestName = (name: string, front: string) => {
  const backfill = name.endsWith('_backfill');
  const body = backfill ? name.slice(0, -'_backfill'.length) : name;
  const stampAt = body.lastIndexOf('_');
  const homeAt = body.lastIndexOf('_', stampAt - 1);
  if (!body.startsWith(front) || homeAt < front.length || !STAMP.test(body.slice(stampAt + 1))) return { backfill };
  return { backfill, trail: body.slice(front.length, homeAt), homeRegion: body.slice(homeAt + 1, stampAt) };
};

/**
 * Tells what a key names, read from its end: `…/<account>/<stream>/<region>/YYYY/MM/DD/<file>.json.gz`.
 *
 * Never anchored at `AWSLogs/`: trails have prefixes, and Control Tower writes `<o-id>/AWSLogs/<o-id>/<account>/…`
 * (user guide, "Finding your CloudTrail log files"; facts on Control Tower's landing zone).
 *
 * @param key the real key, not URL-encoded
 */
export const parseObjectKey = (key: string): ObjectKey => {
  if (key.endsWith('/')) return { kind: 'folder' };
  const parts = key.split('/');
  const [account = '', stream = '', region = '', year = '', month = '', day = '', file = ''] = parts.slice(-7);
  const kind = [...STREAMS].find(([name]) => name === stream)?.[1];
  const dated = YEAR.test(year) && TWO_DIGITS.test(month) && TWO_DIGITS.test(day);
  if (kind === undefined || !dated || !ACCOUNT.test(account) || !REGION.test(region)) return FOREIGN;
  if (!file.endsWith(SUFFIX)) return FOREIGN;
  const before = parts.slice(0, -7);
  const last = before.at(-1) ?? '';
  const organization = ORGANIZATION.test(last) && before.at(-2) === 'AWSLogs' ? last : undefined;
  if (organization !== undefined) before.pop();
  if (before.pop() !== 'AWSLogs') return FOREIGN;
  const name = file.slice(0, -SUFFIX.length);
  const stamp = lastStamp(name);
  const place: Place = {
    prefix: before.join('/'),
    ...(organization !== undefined && { organization }),
    account,
    region,
    ...(stamp !== undefined && { stamp }),
  };
  if (kind === 'digest') return { kind, ...place, ...digestName(name, `${account}_${stream}_${region}_`) };
  return { kind, ...place };
};
