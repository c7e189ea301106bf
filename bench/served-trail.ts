import { makeDigest, type TrailDigest } from '../cli/local/trail/digests.ts';
import { logFilesOf, type TrailLogFile } from '../cli/local/trail/log-files.ts';
import { makeOrganization, type Organization } from '../cli/local/trail/organization.ts';
import { seeded } from '../cli/local/trail/random.ts';
import { makeSigningKey } from '../cli/local/trail/rsa-key.ts';
import type { PublicKey } from '../engine/ports.ts';

/** One chain to serve. */
export interface ChainSpec {
  readonly hours: number;
  readonly logsPerHour: number;
  /** Every hour's log files have the bytes of the first hour's: a month of them fits in memory. Keys and digests differ. */
  readonly repeat: boolean;
}

export interface ServedObject {
  readonly bytes: Uint8Array;
  readonly metadata: { readonly [name: string]: string };
  readonly lastModified: number;
}

/** A bucket with the log files and signed digests of one account in one Region. */
export interface ServedTrail {
  readonly organization: Organization;
  readonly account: string;
  readonly region: string;
  readonly publicKey: PublicKey;
  readonly objects: ReadonlyMap<string, ServedObject>;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const REGION = 'us-east-1';
const START = Date.UTC(2026, 9, 1);
const RECORDS_PER_FILE = 8;

/** The file as if it had been delivered so much later: other folder, other name, the same bytes. */
const moved = (file: TrailLogFile, by: number): TrailLogFile => {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
  const minute = (at: number): string => `${new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 13)}Z`;
  const deliveredAt = file.deliveredAt + by;
  const key = file.key
    .replace(day(file.deliveredAt), day(deliveredAt))
    .replace(/_\d{8}T\d{4}Z_/, `_${minute(deliveredAt)}_`);
  return { ...file, key, deliveredAt };
};

/** Makes the chain; the same for the same specification. */
export const serveTrail = ({ hours, logsPerHour, repeat }: ChainSpec): ServedTrail => {
  const random = seeded('bench verify');
  const organization = makeOrganization(random.fork('organization'), { accounts: 1, regions: [REGION] });
  const [account] = organization.accounts;
  const validity = { start: new Date(START - 10 * DAY), end: new Date(START + 60 * DAY) };
  const key = makeSigningKey(random.fork('key'), validity);
  const objects = new Map<string, ServedObject>();
  const put = ({ key: name, bytes, metadata, deliveredAt }: TrailLogFile | TrailDigest): void => {
    objects.set(name, { bytes, metadata, lastModified: deliveredAt });
  };
  const logsOf = (from: number): readonly TrailLogFile[] => {
    const span = { account, region: REGION, from, to: from + HOUR };
    const content = { records: logsPerHour * RECORDS_PER_FILE, medianRecords: RECORDS_PER_FILE, sigma: 0 };
    return [...logFilesOf(random.fork(String(from)), organization, span, content)];
  };
  const first = logsOf(START);
  let previous: TrailDigest | undefined;
  for (let hour = 0; hour < hours; hour += 1) {
    const start = START + hour * HOUR;
    const by = hour * HOUR;
    const files = hour === 0 ? first : repeat ? first.map((file) => moved(file, by)) : logsOf(start);
    const end = start + HOUR;
    const place = { account: account.id, region: REGION, start, end, deliveredAt: end + 28 * 60_000 };
    const digest = makeDigest(organization, key, { ...place, ...(previous === undefined ? {} : { previous }) }, files);
    for (const object of [...files, digest]) put(object);
    previous = digest;
  }
  const end = START + hours * HOUR;
  return { organization, account: account.id, region: REGION, publicKey: key.listed, objects, start: START, end };
};
