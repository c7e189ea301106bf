/** One Region of one account in the log bucket, as CloudTrail lays it out. */
export interface LogFolder {
  /** What stands before `AWSLogs/`, with its slash where there is one. */
  readonly prefix: string;
  readonly organization?: string;
  readonly account: string;
  readonly region: string;
}

/** A listing: all keys under `prefix` after `startAfter`. */
export interface Listing {
  readonly prefix: string;
  readonly startAfter: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const stampOf = (time: number): string => new Date(time).toISOString().slice(0, 16).replace(/[-:]/g, '');

/**
 * The listings that hold the log files CloudTrail delivered to a folder in a range of time: one per day (UTC), each
 * started at the first minute. File names begin with the minute of delivery, so that is one page of S3's answers.
 */
export const listingsOf = (folder: LogFolder, from: number, to: number): readonly Listing[] => {
  const { prefix, organization, account, region } = folder;
  const logs = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const stream = `${logs}AWSLogs/${organization === undefined ? '' : `${organization}/`}${account}/CloudTrail/${region}`;
  const days: Listing[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS) {
    const dayPrefix = `${stream}/${new Date(day).toISOString().slice(0, 10).replaceAll('-', '/')}/`;
    const start = stampOf(Math.max(day, from));
    days.push({ prefix: dayPrefix, startAfter: `${dayPrefix}${account}_CloudTrail_${region}_${start}` });
  }
  return days;
};
