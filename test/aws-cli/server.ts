import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import type { ServedObject, ServedWorld } from './scenario.ts';

/** S3 (path style), CloudTrail and Organizations on a loopback port, as far as validating digests asks for them. */
export interface WorldServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const XML = { 'content-type': 'application/xml' } as const;
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const PAGE = 1000;

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

const s3Error = (response: ServerResponse, status: number, code: string): void => {
  response.writeHead(status, XML).end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
};

/** Both kinds of ListObjects: the AWS CLI uses the first, the SDK the second. */
const listing = (world: ServedWorld, bucket: string, query: URLSearchParams): string => {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const found = world.objects
    .filter((object) => object.bucket === bucket && object.key.startsWith(prefix) && object.key > after)
    .map(({ key }) => key)
    .sort();
  const page = found.slice(0, PAGE);
  const more = found.length > PAGE;
  const contents = page.map(
    (key) =>
      `<Contents><Key>${escapeXml(key)}</Key><Size>1</Size><LastModified>2026-03-05T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next = more ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>` : '';
  return `<ListBucketResult ${NAMESPACE}><Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><MaxKeys>${PAGE}</MaxKeys><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
};

const refusalOf = (object: ServedObject | undefined): readonly [number, string] | undefined => {
  if (object === undefined) return [404, 'NoSuchKey'];
  return object.error ?? (object.storageClass === 'STANDARD' ? undefined : [403, 'InvalidObjectState']);
};

const sendObject = (object: ServedObject | undefined, response: ServerResponse): void => {
  const refusal = refusalOf(object);
  if (object === undefined || refusal !== undefined) {
    s3Error(response, ...(refusal ?? [404, 'NoSuchKey']));
    return;
  }
  const bytes = Buffer.from(object.bodyBase64, 'base64');
  // A tampered value may hold what no header can: S3 would not have stored it.
  const meta = Object.entries(object.metadata).map(([name, value]): [string, string] => [
    `x-amz-meta-${name}`,
    value.replace(/[^ -~]/g, '?'),
  ]);
  const about = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': bytes.length };
  response.writeHead(200, { ...about, etag: '"x"', ...Object.fromEntries(meta) }).end(bytes);
};

/** The Region a caller signed for: CloudTrail has other keys in each. */
const regionOf = (request: IncomingMessage): string =>
  (request.headers.authorization ?? '').split('Credential=')[1]?.split('/')[2] ?? 'us-east-1';

const within = (key: JsonObject, asked: Json): boolean => {
  const { StartTime = 0, EndTime = Number.POSITIVE_INFINITY } = isJsonObject(asked) ? asked : {};
  return Number(key['ValidityStartTime']) <= Number(EndTime) && Number(key['ValidityEndTime']) >= Number(StartTime);
};

const answerCall = (world: ServedWorld, operation: string, region: string, asked: Json): JsonObject | undefined => {
  if (operation === 'DescribeTrails') return { trailList: world.trailList };
  if (operation === 'ListPublicKeys')
    return { PublicKeyList: (world.publicKeys[region] ?? []).filter((key) => within(key, asked)) };
  if (operation === 'DescribeOrganization' && world.organization !== null)
    return { Organization: { Id: world.organization, FeatureSet: 'ALL' } };
  return undefined;
};

const respond = async (world: ServedWorld, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (request.method === 'POST') {
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    // What the client sent: JSON 1.1.
    const asked: Json = JSON.parse(JSON.stringify(await json(request)));
    const body = answerCall(world, operation, regionOf(request), asked);
    response.writeHead(body === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body ?? { __type: 'UnknownOperationException' }));
    return;
  }
  const [, bucket = '', ...path] = url.pathname.split('/').map(decodeURIComponent);
  const region = world.buckets[bucket];
  if (region === undefined) {
    s3Error(response, 404, 'NoSuchBucket');
    return;
  }
  const key = path.join('/');
  if (key !== '')
    return sendObject(
      world.objects.find((one) => one.bucket === bucket && one.key === key),
      response,
    );
  const place = region === 'us-east-1' ? '' : region;
  const located = `<LocationConstraint ${NAMESPACE}>${place}</LocationConstraint>`;
  response
    .writeHead(200, XML)
    .end(url.searchParams.has('location') ? located : listing(world, bucket, url.searchParams));
};

/** Starts a server for one world. */
export const serveWorld = async (world: ServedWorld): Promise<WorldServer> => {
  const server = createServer((request, response) => {
    respond(world, request, response).catch((error: unknown) => response.writeHead(500, XML).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
