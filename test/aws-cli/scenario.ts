import { readFileSync } from 'node:fs';
import type { PublicKey } from '../../engine/ports.ts';
import type { Json, JsonObject } from '../../engine/record/json.ts';
import { BUCKET, CHAIN, KEY, type MadeTrail, START, type Stored } from '../digest/trail.ts';

/** What AWS would hold, in the form of the digest cases. */
export interface ServedWorld {
  /** Bucket → Region. */
  readonly buckets: { readonly [bucket: string]: string };
  /** Region → entries of ListPublicKeys, times in epoch seconds. */
  readonly publicKeys: { readonly [region: string]: readonly JsonObject[] };
  readonly trailList: readonly JsonObject[];
  readonly organization: string | null;
  readonly objects: readonly ServedObject[];
}

export interface ServedObject {
  readonly bucket: string;
  readonly key: string;
  readonly metadata: { readonly [name: string]: string };
  readonly storageClass: string;
  /** HTTP status and code to answer instead of the bytes. */
  readonly error: readonly [number, string] | null;
  readonly bodyBase64: string;
}

/** A trail and a range of it, to be judged by both. */
export interface Scenario {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly start: string;
  readonly end: string;
  /** Further arguments of the AWS CLI. */
  readonly args: readonly string[];
  readonly world: ServedWorld;
  /** Codes the engine finds, where that is known. */
  readonly want?: readonly string[];
}

const HOUR = 3_600_000;

type MadeWorld = Pick<MadeTrail, 'world' | 'keys'>;

/** A case file that both can judge; undefined where the case is about the AWS CLI's own usage. */
export const caseScenario = (file: string): Scenario | undefined => {
  // The shape is checked by the digest cases' own reader (conformance/digest-case.ts); here the file is only served.
  const one: Omit<Scenario, 'name' | 'arn' | 'want'> & { id: string; arn: string | null; skip?: string } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const arn: Json | undefined = one.arn ?? one.world.trailList[0]?.['TrailARN'];
  if (one.skip !== undefined || typeof arn !== 'string') return undefined;
  const { region, start, end, args, world } = one;
  return { name: one.id, arn, region, start, end, args, world };
};

/** What S3 answers for the faults of the tests. */
const REFUSED = 403;

const servedObject = ([id, { bytes, metadata, fault }]: readonly [string, Stored]): ServedObject => {
  const [bucket = '', ...path] = id.split('/');
  const error = fault === undefined ? null : ([REFUSED, fault] as const);
  return {
    bucket,
    key: path.join('/'),
    metadata,
    storageClass: 'STANDARD',
    error,
    bodyBase64: bytes.toString('base64'),
  };
};

const servedKey = ({ fingerprint, value, validityStart, validityEnd }: PublicKey): JsonObject => ({
  Fingerprint: fingerprint,
  Value: Buffer.from(value).toString('base64'),
  ValidityStartTime: validityStart.getTime() / 1000,
  ValidityEndTime: validityEnd.getTime() / 1000,
});

/** A trail made by the tests, whole or tampered with, as both see it in AWS. */
export const madeScenario = (name: string, { world, keys = [KEY.listed] }: MadeWorld, hours: number): Scenario => {
  const { region, homeRegion, account, trail } = CHAIN;
  const arn = `arn:aws:cloudtrail:${homeRegion}:${account}:trail/${trail}`;
  const objects = [...world].map(servedObject);
  const buckets = new Set([BUCKET, ...objects.map(({ bucket }) => bucket)]);
  const listed = { Name: trail, TrailARN: arn, S3BucketName: BUCKET, HomeRegion: homeRegion, IsMultiRegionTrail: true };
  return {
    name,
    arn,
    region,
    start: new Date(START).toISOString(),
    end: new Date(START + hours * HOUR + 16 * 60_000).toISOString(),
    args: [],
    world: {
      buckets: Object.fromEntries([...buckets].map((bucket) => [bucket, homeRegion])),
      publicKeys: { [region]: keys.map(servedKey) },
      trailList: [{ ...listed, IsOrganizationTrail: false, LogFileValidationEnabled: true }],
      organization: null,
      objects,
    },
  };
};
