import type { DigestName } from './chain.ts';

/** Where one account's digests and logs of one Region lie in a bucket. */
export interface Place {
  readonly bucket: string;
  /** What stands before `AWSLogs/`, without the slash; '' where nothing does. */
  readonly prefix: string;
  /** `o-…`, on organization trails. */
  readonly organization?: string;
  readonly account: string;
  readonly region: string;
}

/** `[prefix/]AWSLogs/[o-…/]`: what all accounts of a trail share. */
export const accountsPrefix = ({ prefix, organization }: Pick<Place, 'prefix' | 'organization'>): string =>
  `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${organization === undefined ? '' : `${organization}/`}`;

/** Prefix of all keys of a stream at a place, with the slash. */
export const streamPrefix = (place: Place, stream: 'CloudTrail' | 'CloudTrail-Digest'): string =>
  `${accountsPrefix(place)}${place.account}/${stream}/${place.region}/`;

/** The place a digest's key is of. */
export const placeOf = (bucket: string, { chain, prefix }: DigestName): Place => ({
  bucket,
  prefix,
  account: chain.account,
  region: chain.region,
  ...(chain.organization !== undefined && { organization: chain.organization }),
});

/** `YYYY/MM/DD` of a time, UTC: the folder CloudTrail writes to. */
export const dayFolder = (time: number): string => new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
