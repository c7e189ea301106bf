// A loopback stand-in for S3, CloudTrail and Organizations, in a process of its own so that its work is not counted as
// the client's. Argument: what to serve, as JSON. Writes one line of JSON when it listens.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type ChainSpec, type ServedTrail, serveTrail } from './served-trail.ts';

/** What to serve, and how long each GET of an object is kept waiting. */
export interface ServerSpec extends ChainSpec {
  readonly delayMs: number;
}

/** The line written when the server listens. */
export interface Served {
  readonly url: string;
  readonly trailArn: string;
  readonly organization: string;
  readonly account: string;
  readonly region: string;
  readonly logs: number;
  readonly start: string;
  readonly end: string;
}

const XML = { 'content-type': 'application/xml' } as const;
const PAGE = 1000;

const escapeXml = (text: string): string => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

const listing = (trail: ServedTrail, keys: readonly string[], query: URLSearchParams): string => {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? query.get('marker') ?? '';
  const found = keys.filter((key) => key.startsWith(prefix) && key > after);
  const page = found.slice(0, PAGE);
  const more = found.length > PAGE;
  const contents = page.map((key) => {
    const { bytes, lastModified } = trail.objects.get(key) ?? { bytes: { length: 0 }, lastModified: 0 };
    const modified = new Date(lastModified).toISOString();
    return `<Contents><Key>${escapeXml(key)}</Key><Size>${bytes.length}</Size><LastModified>${modified}</LastModified><ETag>&quot;x&quot;</ETag><StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const next = more ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${trail.organization.bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><MaxKeys>${PAGE}</MaxKeys><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
};

const describeTrail = ({ organization: { trail, bucket, prefix } }: ServedTrail) => ({
  Name: trail.name,
  TrailARN: trail.arn,
  S3BucketName: bucket,
  ...(prefix === '' ? {} : { S3KeyPrefix: prefix }),
  HomeRegion: trail.homeRegion,
  IsMultiRegionTrail: true,
  IsOrganizationTrail: true,
  LogFileValidationEnabled: true,
});

const answerCall = (trail: ServedTrail, target: string): unknown => {
  const { publicKey, organization, account } = trail;
  if (target.endsWith('.DescribeTrails')) return { trailList: [describeTrail(trail)] };
  if (target.endsWith('.DescribeOrganization'))
    return { Organization: { Id: organization.id, MasterAccountId: account } };
  if (target.endsWith('.ListPublicKeys'))
    return {
      PublicKeyList: [
        {
          Fingerprint: publicKey.fingerprint,
          Value: Buffer.from(publicKey.value).toString('base64'),
          ValidityStartTime: publicKey.validityStart.getTime() / 1000,
          ValidityEndTime: publicKey.validityEnd.getTime() / 1000,
        },
      ],
    };
  return undefined;
};

const sendObject = async (
  trail: ServedTrail,
  key: string,
  delayMs: number,
  response: ServerResponse,
): Promise<void> => {
  if (delayMs > 0) await wait(delayMs);
  const object = trail.objects.get(key);
  if (object === undefined) {
    response.writeHead(404, XML).end('<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>');
    return;
  }
  const meta = Object.entries(object.metadata).map(([name, value]): [string, string] => [`x-amz-meta-${name}`, value]);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'content-length': object.bytes.length,
    'last-modified': new Date(object.lastModified).toUTCString(),
    etag: '"x"',
    ...Object.fromEntries(meta),
  });
  response.end(object.bytes);
};

const serve = (trail: ServedTrail, delayMs: number) => {
  const keys = [...trail.objects.keys()].sort();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method === 'POST') {
      request.resume();
      const body = answerCall(trail, String(request.headers['x-amz-target'] ?? ''));
      response.writeHead(body === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(body ?? { __type: 'UnknownOperationException' }));
      return;
    }
    const [, , ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    if (key !== '') return sendObject(trail, key, delayMs, response);
    const isLocation = url.searchParams.has('location');
    const location = '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>';
    response.writeHead(200, XML).end(isLocation ? location : listing(trail, keys, url.searchParams));
  };
};

const start = async ({ delayMs, ...chain }: ServerSpec): Promise<void> => {
  const trail = serveTrail(chain);
  const answer = serve(trail, delayMs);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500, XML).end(String(error)));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const served: Served = {
    url: `http://127.0.0.1:${address.port}`,
    trailArn: trail.organization.trail.arn,
    organization: trail.organization.id,
    account: trail.account,
    region: trail.region,
    logs: chain.hours * chain.logsPerHour,
    start: new Date(trail.start).toISOString(),
    end: new Date(trail.end).toISOString(),
  };
  process.stdout.write(`${JSON.stringify(served)}\n`);
};

// Typed by the one place that starts this process: verify.ts.
const spec: ServerSpec = JSON.parse(process.argv[2] ?? '{}');
await start(spec);
