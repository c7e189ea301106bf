import { type Chain, chainId, digestName } from './digest/chain.ts';
import { placeOf, streamPrefix } from './digest/place.ts';
import { listDays } from './list-days.ts';
import type { ListObjects } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';

/**
 * The newest digest of a chain that stands in the bucket behind its last verified one; undefined where there is none: it
 * is CloudTrail that is silent, then, and not the notifications.
 *
 * @param last the last verified digest
 * @param now milliseconds
 * @throws what the port throws
 */
export const newestUnverified = async (
  list: ListObjects,
  chain: Chain,
  last: ObjectLocation,
  now: number,
): Promise<ObjectLocation | undefined> => {
  const name = digestName(last.key);
  if (name === undefined) return undefined;
  let newest: { readonly key: string; readonly stamp: number } | undefined;
  const prefix = streamPrefix(placeOf(last.bucket, name), 'CloudTrail-Digest');
  for await (const { key } of listDays(list, last.bucket, prefix, name.stamp, now)) {
    const found = digestName(key);
    if (found === undefined || chainId(found.chain) !== chainId(chain)) continue;
    if (found.stamp > (newest?.stamp ?? name.stamp)) newest = { key, stamp: found.stamp };
  }
  return newest === undefined ? undefined : { bucket: last.bucket, key: newest.key };
};
