import type { S3Client } from '@aws-sdk/client-s3';
import type { ClientFor } from '../object-store.ts';
import type { Endpoint } from './connections.ts';
import { encodePath } from './signature.ts';

/** How a bucket is asked, as the SDK's own request showed it. */
export interface Route extends Endpoint {
  /** `/bucket` with path style, else ''. */
  readonly base: string;
  readonly region: string;
  readonly client: S3Client;
}

const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/s3\/aws4_request,/;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;

const textOf = (value: unknown, name: string): string => {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
};

/** What stands before the key; without a key (a listing) the whole path, less its last slash. */
const baseOf = (path: string, key: string): string | undefined => {
  if (key === '') return path.replace(/\/$/, '');
  const end = encodePath(`/${key}`);
  return path.endsWith(end) ? path.slice(0, path.length - end.length) : undefined;
};

/** Reads out of a request that the SDK has signed how its bucket is asked; undefined for other ways of signing. */
const routeOf = (request: unknown, client: S3Client, bucket: string, key: string): Route | undefined => {
  const headers = fieldOf(request, 'headers');
  const authorization = textOf(headers, 'authorization') || textOf(headers, 'Authorization');
  const region = SCOPE.exec(authorization)?.[1];
  const base = baseOf(textOf(request, 'path'), key);
  const port = fieldOf(request, 'port');
  if (region === undefined || bucket === '' || (base !== '' && base !== `/${bucket}`)) return undefined;
  return {
    secure: textOf(request, 'protocol') === 'https:',
    host: textOf(request, 'hostname'),
    port: typeof port === 'number' ? port : undefined,
    base,
    region,
    client,
  };
};

/** The SDK's clients, watched, and the newest route to a bucket that one of them took. */
export interface Routes {
  readonly watched: ClientFor;
  readonly routeTo: (bucket: string) => Route | undefined;
}

/** Watches the SDK's clients: after each request that S3 answered, the route to its bucket is known. */
export const watchRoutes = (clientFor: ClientFor): Routes => {
  const routes = new Map<string, Route>();
  const seen = new WeakSet<S3Client>();
  const watch = (client: S3Client): void => {
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const bucket = textOf(args.input, 'Bucket');
        const route = routeOf(args.request, client, bucket, textOf(args.input, 'Key'));
        if (route !== undefined) routes.set(bucket, route);
        return answer;
      },
      { step: 'deserialize', name: 'learnRoute' },
    );
  };
  const watched: ClientFor = (region) => {
    const client = clientFor(region);
    if (!seen.has(client)) {
      seen.add(client);
      watch(client);
    }
    return client;
  };
  return { watched, routeTo: (bucket) => routes.get(bucket) };
};
