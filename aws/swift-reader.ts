import type { ObjectRead, ReadObject } from '../engine/ports.ts';
import { objectReader } from './object-store.ts';
import { type Answer, type Ask, connections } from './swift/connections.ts';
import type { Route, Routes } from './swift/route.ts';
import { encodePath, encodeValue, signedGets } from './swift/signature.ts';

/**
 * GETs for reading very many small objects. The SDK spends about 0.6 ms of processor time on a GET, several times what
 * inflating and hashing a log file costs. So the SDK asks each bucket first; from its signed request is learned where and
 * how the bucket is asked (endpoint, partition, Region, path style), and the GETs that follow are signed and sent here.
 * Whatever is not answered plainly goes to the SDK again: redirects, faults, retries and their meaning are its.
 */

export interface SwiftOptions {
  /** Account that must own the buckets. */
  readonly bucketOwner?: string;
  /** Connections kept to each endpoint. */
  readonly sockets: number;
}

/**
 * So many answers in a row that were not plain, and an endpoint is left to the SDK: it speaks another HTTP (1.0, chunked
 * bodies), refuses everything, or has nothing of what is asked for. Each such GET is asked twice.
 */
const MOST_ODD = 32;

/** Where the GETs of a route go, and how they are signed. */
interface Way {
  readonly ask: Ask;
  readonly sign: ReturnType<typeof signedGets>;
  /** Answers in a row that were not plain. */
  odd: number;
}

type Get = (route: Route, path: string, query: string, maxBytes: number) => Promise<Answer | undefined>;

const getter = ({ bucketOwner, sockets }: SwiftOptions): Get => {
  const ways = new Map<string, Way>();
  const taken = new WeakMap<Route, Way>();
  const findWay = (route: Route): Way => {
    const name = `${route.secure} ${route.host} ${route.port} ${route.region}`;
    const known = ways.get(name);
    if (known !== undefined) return known;
    const way = { ask: connections(route, sockets), sign: signedGets(route, bucketOwner), odd: 0 };
    ways.set(name, way);
    return way;
  };
  return async (route, path, query, maxBytes) => {
    const credentials = await route.client.config.credentials();
    const way = taken.get(route) ?? findWay(route);
    taken.set(route, way);
    const request = way.sign({ path, query, credentials, now: Date.now() });
    if (request === undefined || way.odd >= MOST_ODD) return undefined;
    const answer = await way.ask(request, maxBytes);
    way.odd = answer === undefined ? way.odd + 1 : 0;
    return answer;
  };
};

const foundIn = ({ head, body }: Answer): ObjectRead => {
  const { versionId, etag, metadata } = head;
  const modified = Date.parse(head.lastModified ?? '');
  return {
    kind: 'found',
    bytes: body,
    metadata,
    ...(versionId !== undefined && versionId !== 'null' && { versionId }),
    ...(etag !== undefined && { etag }),
    ...(!Number.isNaN(modified) && { lastModified: new Date(modified).toISOString() }),
  };
};

/**
 * A reader for ranges: as `objectReader`, but with little work a GET.
 *
 * @param routes the SDK's clients, watched: whoever else uses them teaches the way to their buckets too
 */
export const swiftReader = ({ watched, routeTo }: Routes, options: SwiftOptions): ReadObject => {
  const get = getter(options);
  const slow = objectReader(watched, options);
  return async (location, limits = {}) => {
    const route = routeTo(location.bucket);
    const { maxBytes } = limits;
    if (route === undefined || maxBytes === undefined) return slow(location, limits);
    const query = location.versionId === undefined ? '' : `versionId=${encodeValue(location.versionId)}`;
    const answer = await get(route, `${route.base}${encodePath(`/${location.key}`)}`, query, maxBytes);
    return answer === undefined ? slow(location, limits) : foundIn(answer);
  };
};
