import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../engine/record/json.ts';
import { CHAIN, KEY, START, type World } from '../digest/trail.ts';

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
}

const HOUR = 3_600_000;

/** A case file that both can judge; undefined where the case is about the AWS CLI's own usage. */
export const caseScenario = (file: string): Scenario | undefined => {
  // The shape is checked by the digest cases' own reader (conformance/digest-case.ts); here the file is only served.
  const one: Omit<Scenario, 'name' | 'arn'> & { id: string; arn: string | null; skip?: string } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const arn: Json | undefined = one.arn ?? one.world.trailList[0]?.['TrailARN'];
  if (one.skip !== undefined || typeof arn !== 'string') return undefined;
  return { ...one, name: one.id, arn };
};

/** A trail made by the tests, whole or tampered with, as both see it in AWS. */
export const madeScenario = (name: string, world: World, hours: number): Scenario => {
  const { region, homeRegion, account, trail } = CHAIN;
  const arn = `arn:aws:cloudtrail:${homeRegion}:${account}:trail/${trail}`;
  const { fingerprint, value, validityStart, validityEnd } = KEY.listed;
  const key = {
    Fingerprint: fingerprint,
    Value: Buffer.from(value).toString('base64'),
    ValidityStartTime: validityStart.getTime() / 1000,
    ValidityEndTime: validityEnd.getTime() / 1000,
  };
  const objects = [...world].map(([id, { bytes, metadata }]) => {
    const [bucket = '', ...path] = id.split('/');
    const bodyBase64 = bytes.toString('base64');
    return { bucket, key: path.join('/'), metadata, storageClass: 'STANDARD', error: null, bodyBase64 };
  });
  const bucket = objects[0]?.bucket ?? '';
  const listed = { Name: trail, TrailARN: arn, S3BucketName: bucket, HomeRegion: homeRegion, IsMultiRegionTrail: true };
  return {
    name,
    arn,
    region,
    start: new Date(START).toISOString(),
    end: new Date(START + hours * HOUR + 16 * 60_000).toISOString(),
    args: [],
    world: {
      buckets: { [bucket]: homeRegion },
      publicKeys: { [region]: [key] },
      trailList: [{ ...listed, IsOrganizationTrail: false, LogFileValidationEnabled: true }],
      organization: null,
      objects,
    },
  };
};
