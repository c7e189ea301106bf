import { isIP } from 'node:net';

/**
 * Options every client has. Short time-outs and few attempts: a fault that lasts is the queue's to retry, and a claim's
 * lease must outlive one publish with its attempts (engine/ledger/lifetimes.ts).
 */
export const clientOptions = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
    socketTimeout: 5_000,
  },
} as const;

/** For S3: an object may have megabytes; only a silent socket is given up. */
export const objectClientOptions = {
  ...clientOptions,
  requestHandler: { connectionTimeout: 2_000, socketTimeout: 5_000 },
} as const;

/**
 * True when the endpoint of `AWS_ENDPOINT_URL(_S3)` is a loopback name or an address: bucket names cannot be put in
 * front of those. (The SDK does so by itself for an address, not for `localhost`.)
 */
export const needsPathStyle = (endpoint: string | undefined): boolean => {
  if (endpoint === undefined || !URL.canParse(endpoint)) return false;
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || isIP(host) !== 0;
};

/** One client per Region, made when first asked for. */
export const perRegion = <Client>(
  make: (region: string | undefined) => Client,
): ((region: string | undefined) => Client) => {
  const clients = new Map<string | undefined, Client>();
  return (region) => {
    const made = clients.get(region) ?? make(region);
    clients.set(region, made);
    return made;
  };
};
