import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectRead, ReadObject } from '../engine/ports.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { type ClientFor, objectReader } from './object-store.ts';

/**
 * GETs for reading very many small objects. The SDK spends about 0.6 ms of processor time on a GET, several times what
 * inflating and hashing a log file costs. So the SDK reads the first object of each bucket; from its signed request is
 * learned where and how the bucket is asked (endpoint, partition, Region, path style), and the following ones are signed
 * and sent here. Whatever is not a plain 200 goes to the SDK again: redirects, faults, retries and their meaning are its.
 */

/** How a bucket is asked, as the SDK's first request showed it. */
interface Route {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
  /** `/bucket` with path style, else ''. */
  readonly base: string;
  readonly region: string;
  readonly client: S3Client;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/s3\/aws4_request,/;
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const IDLE_MS = 10_000;

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Characters that stand for themselves: CloudTrail's keys have no others. */
const UNRESERVED = /^[\w.~/-]*$/;

/** RFC 3986, as Signature Version 4 wants it; slashes stay. */
const encodePath = (key: string): string =>
  UNRESERVED.test(key)
    ? key
    : encodeURIComponent(key)
        .replaceAll('%2F', '/')
        .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;

const textOf = (value: unknown, name: string): string => {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
};

/** Reads out of a request that the SDK has signed how its bucket is asked; undefined for other ways of signing. */
const routeOf = (request: unknown, client: S3Client, { bucket, key }: ObjectLocation): Route | undefined => {
  const headers = fieldOf(request, 'headers');
  const authorization = textOf(headers, 'authorization') || textOf(headers, 'Authorization');
  const region = SCOPE.exec(authorization)?.[1];
  const path = textOf(request, 'path');
  const end = encodePath(`/${key}`);
  const port = fieldOf(request, 'port');
  if (region === undefined || !path.endsWith(end)) return undefined;
  const base = path.slice(0, path.length - end.length);
  if (base !== '' && base !== `/${bucket}`) return undefined;
  return {
    secure: textOf(request, 'protocol') === 'https:',
    host: textOf(request, 'hostname'),
    port: typeof port === 'number' ? port : undefined,
    base,
    region,
    client,
  };
};

/** The signing key of a day and Region: derived once, used for every request of it. */
const signingKeys = () => {
  const keys = new Map<string, KeyObject>();
  return ({ accessKeyId, secretAccessKey }: Credentials, day: string, region: string): KeyObject => {
    const name = `${accessKeyId} ${day} ${region}`;
    const known = keys.get(name);
    if (known !== undefined) return known;
    const bytes = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
    // As a key object: made out of a buffer, it would be made anew for every request.
    const key = createSecretKey(bytes);
    if (keys.size > 64) keys.clear();
    keys.set(name, key);
    return key;
  };
};

interface Signing {
  readonly route: Route;
  readonly path: string;
  readonly query: string;
  readonly credentials: Credentials;
  readonly now: number;
  readonly keyFor: ReturnType<typeof signingKeys>;
  readonly owner: string | undefined;
}

/** Headers of a GET signed with Signature Version 4 (S3 API reference, "Authenticating requests: authorization header"). */
const signedHeaders = ({ route, path, query, credentials, now, keyFor, owner }: Signing): Record<string, string> => {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const standard = route.port === undefined || route.port === (route.secure ? 443 : 80);
  const headers: Record<string, string> = {
    host: standard ? route.host : `${route.host}:${route.port}`,
    'x-amz-content-sha256': UNSIGNED,
    'x-amz-date': stamp,
    ...(owner !== undefined && { 'x-amz-expected-bucket-owner': owner }),
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const scope = `${day}/${route.region}/s3/aws4_request`;
  const asked = ['GET', path, query, canonical, names.join(';'), UNSIGNED].join('\n');
  const signature = createHmac('sha256', keyFor(credentials, day, route.region))
    .update([ALGORITHM, stamp, scope, hash('sha256', asked, 'hex')].join('\n'))
    .digest('hex');
  const authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
};

const headerOf = (answer: IncomingMessage, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : undefined;
};

const metadataOf = (answer: IncomingMessage): { readonly [name: string]: string } => {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (name.startsWith('x-amz-meta-') && typeof value === 'string') metadata[name.slice('x-amz-meta-'.length)] = value;
  return metadata;
};

const foundIn = (answer: IncomingMessage, bytes: Buffer): ObjectRead => {
  const versionId = headerOf(answer, 'x-amz-version-id');
  const etag = headerOf(answer, 'etag');
  const modified = Date.parse(headerOf(answer, 'last-modified') ?? '');
  return {
    kind: 'found',
    bytes,
    metadata: metadataOf(answer),
    ...(versionId !== undefined && versionId !== 'null' && { versionId }),
    ...(etag !== undefined && { etag }),
    ...(!Number.isNaN(modified) && { lastModified: new Date(modified).toISOString() }),
  };
};

interface Asked {
  readonly route: Route;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly maxBytes: number;
  readonly agent: HttpAgent | HttpsAgent;
}

/** Undefined for anything but a whole 200 within the limit. */
const send = ({ route, path, headers, maxBytes, agent }: Asked): Promise<ObjectRead | undefined> =>
  new Promise((resolve) => {
    const open = route.secure ? httpsRequest : httpRequest;
    const asked = open({ host: route.host, port: route.port, path, headers, agent, timeout: IDLE_MS }, (answer) => {
      const length = Number(headerOf(answer, 'content-length') ?? Number.NaN);
      if (answer.statusCode !== 200 || !(length <= maxBytes)) {
        answer.resume();
        resolve(undefined);
        return;
      }
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', () => resolve(undefined));
      answer.on('end', () => {
        const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
        resolve(answer.complete && bytes.length === length ? foundIn(answer, bytes) : undefined);
      });
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => resolve(undefined));
    asked.end();
  });

/**
 * A reader for ranges: as `objectReader`, but with little work a GET.
 *
 * @param sockets connections kept to each endpoint
 */
export const swiftReader = (
  clientFor: ClientFor,
  options: { readonly bucketOwner?: string; readonly sockets: number },
): ReadObject => {
  const routes = new Map<string, Route>();
  const watched = new WeakSet<S3Client>();
  const watching: ClientFor = (region) => {
    const client = clientFor(region);
    if (!watched.has(client)) {
      watched.add(client);
      client.middlewareStack.add(
        (next) => async (args) => {
          const answer = await next(args);
          const [bucket, key] = [textOf(args.input, 'Bucket'), textOf(args.input, 'Key')];
          const route = routeOf(args.request, client, { bucket, key });
          if (route !== undefined) routes.set(bucket, route);
          return answer;
        },
        { step: 'deserialize', name: 'learnRoute' },
      );
    }
    return client;
  };
  const slow = objectReader(watching, options);
  const agents = { keepAlive: true, maxSockets: options.sockets, scheduling: 'lifo' } as const;
  const plain = new HttpAgent(agents);
  const secure = new HttpsAgent(agents);
  const keyFor = signingKeys();
  return async (location, limits = {}) => {
    const route = routes.get(location.bucket);
    const { maxBytes } = limits;
    if (route === undefined || maxBytes === undefined) return slow(location, limits);
    const credentials = await route.client.config.credentials();
    const path = `${route.base}${encodePath(`/${location.key}`)}`;
    const query =
      location.versionId === undefined ? '' : `versionId=${encodePath(location.versionId).replaceAll('/', '%2F')}`;
    const owner = options.bucketOwner;
    const headers = signedHeaders({ route, path, query, credentials, now: Date.now(), keyFor, owner });
    const agent = route.secure ? secure : plain;
    const asked = { route, path: query === '' ? path : `${path}?${query}`, headers, maxBytes, agent };
    return (await send(asked)) ?? slow(location, limits);
  };
};
