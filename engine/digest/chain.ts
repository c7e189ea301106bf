import { parseObjectKey } from '../record/object-key.ts';
import { stampTime } from './time.ts';

/** One sequence of digests, each naming the one before. Standard and backfill digests are chained apart. */
export interface Chain {
  /** `o-…`, on organization trails. */
  readonly organization?: string;
  readonly account: string;
  /** Region the digests are delivered from, which is the Region whose key signs. */
  readonly region: string;
  readonly trail: string;
  /** Region the trail was created in: another than `region` on multi-Region trails. */
  readonly homeRegion: string;
  readonly backfill: boolean;
}

/** The chain's name in the ledger and in finding ids. */
export const chainId = (chain: Chain): string =>
  [
    chain.organization ?? '-',
    chain.account,
    chain.region,
    chain.trail,
    chain.homeRegion,
    ...(chain.backfill ? ['backfill'] : []),
  ].join('/');

/** The chain that `chainId` named; undefined where the text is no such name. */
export const chainOf = (id: string): Chain | undefined => {
  const [organization, account, region, trail, homeRegion, kind, ...more] = id.split('/');
  if (account === undefined || region === undefined || trail === undefined || homeRegion === undefined)
    return undefined;
  if (more.length > 0 || (kind !== undefined && kind !== 'backfill')) return undefined;
  const known = organization === '-' || organization === undefined ? {} : { organization };
  return { ...known, account, region, trail, homeRegion, backfill: kind === 'backfill' };
};

/** True when both belong to one trail in one account and Region, whatever bucket, prefix or kind (standard, backfill). */
export const isSameTrail = (one: Chain, other: Chain): boolean =>
  one.account === other.account &&
  one.region === other.region &&
  one.trail === other.trail &&
  one.homeRegion === other.homeRegion;

/** What the key of a digest claims. The signed document must say the same: the key alone proves nothing. */
export interface DigestName {
  readonly chain: Chain;
  /** What stands before `AWSLogs/`, without the slash. */
  readonly prefix: string;
  /** digestEndTime in milliseconds since the epoch, as the name says. */
  readonly stamp: number;
}

/**
 * Reads a digest's key; undefined where it is not one.
 *
 * @param key the real key, not URL-encoded
 */
export const digestName = (key: string): DigestName | undefined => {
  const named = parseObjectKey(key);
  if (named.kind !== 'digest' || named.trail === undefined || named.homeRegion === undefined) return undefined;
  const stamp = stampTime(named.stamp ?? '');
  if (stamp === undefined) return undefined;
  const { organization, account, region, trail, homeRegion, backfill, prefix } = named;
  const chain = { account, region, trail, homeRegion, backfill, ...(organization !== undefined && { organization }) };
  return { chain, prefix, stamp };
};
