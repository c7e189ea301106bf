import { parseTime } from '../../cli/verify/time.ts';
import type { Chain } from '../../engine/digest/chain.ts';
import type { Problem } from '../../engine/digest/problem.ts';
import type { ListedObject, ObjectRead, PublicKey } from '../../engine/ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { type VerifyRangePorts, verifyRange } from '../../engine/verify-range.ts';

/** A case as data/digest-cases/README.md describes it, with ports that answer from its world. */
export interface DigestCase {
  readonly id: string;
  readonly title: string;
  readonly want: readonly string[];
  readonly allow: readonly string[];
  readonly skip: string | undefined;
  readonly region: string;
  /** As written, with or without an offset. */
  readonly start: string;
  readonly end: string;
  readonly trail: {
    readonly arn: string;
    readonly bucket: string;
    readonly prefix: string;
    readonly organization: string | undefined;
    readonly account: string;
  };
  readonly ports: VerifyRangePorts;
}

const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((here, step) => {
    if (Array.isArray(here) && typeof step === 'number') return here[step];
    return isJsonObject(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }, value);

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const texts = (value: Json | undefined): readonly string[] => list(value).filter((one) => typeof one === 'string');
const object = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

const need = (value: string | undefined, what: string): string => {
  if (value === undefined) throw new Error(`the case has no ${what}`);
  return value;
};

const readOf = (stored: JsonObject): ObjectRead => {
  const [status, code] = list(stored['error']);
  if (text(code) === 'NoSuchKey') return { kind: 'missing' };
  if (text(code) !== undefined) return { kind: 'unreadable', code: text(code) ?? '', reason: `answered ${status}` };
  if (stored['storageClass'] === 'GLACIER')
    return { kind: 'unreadable', code: 'InvalidObjectState', reason: 'the object is archived' };
  const metadata = Object.fromEntries(
    Object.entries(object(stored['metadata'])).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return { kind: 'found', bytes: Buffer.from(text(stored['bodyBase64']) ?? '', 'base64'), metadata };
};

const publicKey = (entry: Json): PublicKey => ({
  fingerprint: text(at(entry, 'Fingerprint')) ?? '',
  value: Buffer.from(text(at(entry, 'Value')) ?? '', 'base64'),
  validityStart: new Date(Number(at(entry, 'ValidityStartTime')) * 1000),
  validityEnd: new Date(Number(at(entry, 'ValidityEndTime')) * 1000),
});

const portsOf = (world: Json | undefined): VerifyRangePorts => {
  const objects = new Map<string, JsonObject>();
  for (const stored of list(at(world, 'objects')).map(object))
    objects.set(`${stored['bucket']}/${stored['key']}`, stored);
  const keys = [...objects.keys()].sort();
  return {
    readObject: async ({ bucket, key }) => {
      const stored = objects.get(`${bucket}/${key}`);
      if (stored !== undefined) return readOf(stored);
      if (at(world, 'buckets', bucket) === undefined)
        return { kind: 'unreadable', code: 'NoSuchBucket', reason: 'the bucket does not exist' };
      return { kind: 'missing' };
    },
    listObjects: async function* list(bucket, prefix, { startAfter = '' } = {}): AsyncGenerator<ListedObject> {
      if (at(world, 'buckets', bucket) === undefined) throw new Error(`NoSuchBucket: ${bucket}`);
      for (const name of keys) {
        const key = name.slice(bucket.length + 1);
        if (name.startsWith(`${bucket}/${prefix}`) && key > startAfter) yield { key, size: 0 };
      }
    },
    listPublicKeys: async (region, start, end) =>
      list(at(world, 'publicKeys', region))
        .map(publicKey)
        .filter(({ validityStart, validityEnd }) => validityStart <= end && validityEnd >= start),
  };
};

const argument = (args: readonly string[], name: string): string | undefined =>
  args.find((_, index) => args[index - 1] === name);

/** Reads one case file's text. */
export const readCase = (json: string): DigestCase => {
  const value: Json = JSON.parse(json);
  const world = at(value, 'world');
  const args = texts(at(value, 'args'));
  const trails = list(at(world, 'trailList'));
  const arn = text(at(value, 'arn')) ?? text(at(trails, 0, 'TrailARN'));
  const trail = trails.find((one) => at(one, 'TrailARN') === arn);
  const bucket = argument(args, '--s3-bucket');
  const isOrganization = at(trail, 'IsOrganizationTrail') === true;
  return {
    id: need(text(at(value, 'id')), 'id'),
    title: text(at(value, 'title')) ?? '',
    want: texts(at(value, 'want')),
    allow: texts(at(value, 'allow')),
    skip: text(at(value, 'skip')),
    region: need(text(at(value, 'region')), 'region'),
    start: need(text(at(value, 'start')), 'start'),
    end: need(text(at(value, 'end')), 'end'),
    trail: {
      arn: need(arn, 'trail'),
      bucket: bucket ?? text(at(trail, 'S3BucketName')) ?? '',
      prefix:
        argument(args, '--s3-prefix') ?? (bucket === undefined ? text(at(trail, 'S3KeyPrefix')) : undefined) ?? '',
      organization: isOrganization ? text(at(world, 'organization')) : undefined,
      account: argument(args, '--account-id') ?? arn?.split(':')[4] ?? '',
    },
    ports: portsOf(world),
  };
};

const chainOf = ({ trail, region }: DigestCase): Chain => {
  const [, , , homeRegion = '', , resource = ''] = trail.arn.split(':');
  const { account, organization } = trail;
  const name = resource.slice('trail/'.length);
  return {
    account,
    region,
    trail: name,
    homeRegion,
    backfill: false,
    ...(organization !== undefined && { organization }),
  };
};

/** Verifies the range of a case's trail in its world, with no earlier state. */
export const verifyCase = async (digestCase: DigestCase): Promise<readonly Problem[]> => {
  const chain = chainOf(digestCase);
  const { trail, region } = digestCase;
  const { bucket, prefix, account, organization } = trail;
  const place = { bucket, prefix, account, region, ...(organization !== undefined && { organization }) };
  const accepts = (one: Chain) => one.trail === chain.trail && one.homeRegion === chain.homeRegion;
  const verify = verifyRange(digestCase.ports, { accepts, expected: [chain] });
  const report = await verify(place, { start: parseTime(digestCase.start), end: parseTime(digestCase.end) });
  return [...report.problems, ...report.chains.flatMap(({ problems }) => problems)];
};
