import type { ListPublicKeys, PublicKey } from '../../../engine/ports.ts';
import { makeDigest, type TrailDigest } from './digests.ts';
import {
  FASTEST_DELIVERY,
  type LogFileOptions,
  logFilesOf,
  type PlantedRecord,
  type TrailLogFile,
} from './log-files.ts';
import { type Account, makeOrganization, type Organization, type OrganizationOptions } from './organization.ts';
import { type Random, seeded } from './random.ts';
import { makeSigningKey, type SigningKey } from './rsa-key.ts';

/** What to make. The clock is an argument: nothing here knows what time it is. */
export interface TrailOptions extends OrganizationOptions, LogFileOptions {
  readonly seed: number | string;
  /** Begin of the first hour, milliseconds since the epoch. */
  readonly start: number;
  /** Hours after the starting digest. */
  readonly hours: number;
  /** Records of one hour, all accounts and Regions together; a list gives each hour its own number. */
  readonly recordsPerHour?: number | readonly number[];
  /** Records to mix in, once the invented organization is known. */
  readonly plant?: (organization: Organization) => readonly PlantedRecord[];
}

export type TrailObject = TrailLogFile | TrailDigest;

export interface Trail {
  readonly organization: Organization;
  /** In order of delivery. */
  readonly objects: readonly TrailObject[];
  /** By Region: CloudTrail's keys are per Region. */
  readonly publicKeys: ReadonlyMap<string, readonly PublicKey[]>;
  /** The port the verifier asks, answered from `publicKeys`. */
  readonly listPublicKeys: ListPublicKeys;
}

/** A trail whose objects are still to be made. */
interface Plan {
  readonly options: TrailOptions;
  readonly random: Random;
  readonly organization: Organization;
  readonly keys: ReadonlyMap<string, SigningKey>;
}

interface Chain {
  readonly account: Account;
  readonly region: string;
  /** Share of the trail's records. */
  readonly share: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A chain's first hour begins within this time after the start of the trail. */
const LATEST_MINUTE = 4 * 60_000;

const planTrail = (options: TrailOptions): Plan => {
  const random = seeded(`trail ${options.seed}`);
  const organization = makeOrganization(random.fork('organization'), options);
  const validity = { start: new Date(options.start - 10 * DAY), end: new Date(options.start + 20 * DAY) };
  const keys = new Map(
    organization.regions.map((region) => [region, makeSigningKey(random.fork(`key ${region}`), validity)]),
  );
  return { options, random, organization, keys };
};

/** Accounts and Regions share the records unevenly, the home Region has most. */
const chainsOf = ({ accounts, regions }: Organization): readonly Chain[] => {
  const weighed = accounts.flatMap((account, a) =>
    regions.map((region, r) => ({ account, region, share: 1 / (1 + ((a + 2) % accounts.length)) / (1 + 2 * r) })),
  );
  const total = weighed.reduce((sum, { share }) => sum + share, 0);
  return weighed.map((chain) => ({ ...chain, share: chain.share / total }));
};

const recordsOf = ({ recordsPerHour = 1000 }: TrailOptions, hour: number): number =>
  typeof recordsPerHour === 'number' ? recordsPerHour : (recordsPerHour[hour] ?? 0);

/** The objects of one chain, hour by hour: the starting digest, then each hour's log files and their digest. */
const chainObjects = function* (plan: Plan, chain: Chain, planted: readonly PlantedRecord[]): Generator<TrailObject> {
  const { options, organization } = plan;
  const { account, region } = chain;
  const random = plan.random.fork(`chain ${account.id} ${region}`);
  const key = plan.keys.get(region);
  if (key === undefined) return;
  // Each chain has its own minute and second, and keeps them.
  const first = options.start + random.int(0, LATEST_MINUTE / 1000 - 1) * 1000;
  const deliveredAfter = (end: number): number => end + random.int(26 * 60, 30 * 60) * 1000;
  const digestAt = (end: number, files: readonly TrailLogFile[], previous?: TrailDigest): TrailDigest =>
    makeDigest(
      organization,
      key,
      {
        account: account.id,
        region,
        start: end - HOUR,
        end,
        deliveredAt: deliveredAfter(end),
        ...(previous === undefined ? {} : { previous }),
      },
      files,
    );
  let previous = digestAt(first, []);
  yield previous;
  for (let hour = 0; hour < options.hours; hour++) {
    const [from, to] = [first + hour * HOUR, first + (hour + 1) * HOUR];
    const content = {
      ...options,
      records: Math.round(chain.share * recordsOf(options, hour)),
      planted: planted.filter(({ at }) => at + FASTEST_DELIVERY > from && at + FASTEST_DELIVERY <= to),
    };
    const files: TrailLogFile[] = [];
    for (const file of logFilesOf(random, organization, { account, region, from, to }, content)) {
      // The digest needs names and hashes only: the bytes go to whoever asked and are not kept here.
      files.push({ ...file, bytes: new Uint8Array() });
      yield file;
    }
    previous = digestAt(to, files, previous);
    yield previous;
  }
};

const checkPlant = ({ options, organization }: Plan, { account, region, at }: PlantedRecord): void => {
  const known = organization.accounts.some(({ id }) => id === account) && organization.regions.includes(region);
  const inTime = at >= options.start + LATEST_MINUTE && at < options.start + options.hours * HOUR - FASTEST_DELIVERY;
  if (!known || !inTime)
    throw new Error(
      `a planted record (account ${account}, ${region}, ${new Date(at).toISOString()}) lies outside the trail's accounts, Regions or hours`,
    );
};

const listedKeys =
  (publicKeys: ReadonlyMap<string, readonly PublicKey[]>): ListPublicKeys =>
  async (region, start, end) =>
    (publicKeys.get(region) ?? []).filter((key) => key.validityStart <= end && key.validityEnd >= start);

const publicKeysOf = ({ keys }: Plan) => new Map([...keys].map(([region, { listed }]) => [region, [listed]]));

/** A trail made piece by piece: chain after chain, each in order of delivery. For corpora that would not fit memory. */
export const streamTrail = (
  options: TrailOptions,
): Omit<Trail, 'objects'> & { readonly objects: Iterable<TrailObject> } => {
  const plan = planTrail(options);
  const planted = options.plant?.(plan.organization) ?? [];
  for (const plant of planted) checkPlant(plan, plant);
  const publicKeys = publicKeysOf(plan);
  const objects = function* (): Generator<TrailObject> {
    for (const chain of chainsOf(plan.organization)) {
      const own = planted.filter(({ account, region }) => account === chain.account.id && region === chain.region);
      yield* chainObjects(plan, chain, own);
    }
  };
  return {
    organization: plan.organization,
    publicKeys,
    listPublicKeys: listedKeys(publicKeys),
    objects: { [Symbol.iterator]: objects },
  };
};

/**
 * A believable CloudTrail trail of an invented organization: log files and correctly signed digests, the same bytes for
 * the same options.
 */
export const makeTrail = (options: TrailOptions): Trail => {
  const { objects, ...rest } = streamTrail(options);
  return { ...rest, objects: [...objects].toSorted((a, b) => a.deliveredAt - b.deliveredAt) };
};

/** Log files until their inflated bytes reach `bytes`: a corpus to measure speed with, one file in memory at a time. */
export const streamCorpus = function* (
  options: Omit<TrailOptions, 'hours' | 'plant' | 'recordsPerHour'> & {
    readonly bytes: number;
    readonly recordsPerHour?: number;
  },
): Generator<TrailLogFile> {
  const { organization, random } = planTrail({ ...options, hours: 0 });
  let made = 0;
  for (let hour = 0; ; hour++)
    for (const chain of chainsOf(organization)) {
      const from = options.start + hour * HOUR;
      const records = Math.ceil(chain.share * Math.max(1, options.recordsPerHour ?? 100_000));
      const own = random.fork(`corpus ${hour} ${chain.account.id} ${chain.region}`);
      for (const file of logFilesOf(own, organization, { ...chain, from, to: from + HOUR }, { ...options, records })) {
        yield file;
        made += file.inflatedBytes;
        if (made >= options.bytes) return;
      }
    }
};
