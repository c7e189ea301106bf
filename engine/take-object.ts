import type { Problem } from './digest/problem.ts';
import type { Via } from './finding/finding.ts';
import type { Requeue } from './ports.ts';
import { type ObjectLocation, showLocation } from './record/location.ts';
import { parseObjectKey } from './record/object-key.ts';
import { type FileReport, type ScanWorld, scanLogFile } from './scan-log-file.ts';
import { type Removal, takeRemoval } from './take-removal.ts';

/** What taking one announced object asks of the world. */
export interface DeliveryWorld extends ScanWorld {
  /** Puts digest files where on-digest waits for them. */
  readonly forwardDigests: Requeue;
  /** The only buckets anything is read from. */
  readonly buckets: readonly string[];
  /** What keys must start with; '' for any. */
  readonly prefix: string;
}

/** What became of an announced object. */
export type ObjectReport =
  | FileReport
  | { readonly kind: 'forwarded'; readonly location: ObjectLocation }
  | { readonly kind: 'ignored'; readonly reason: string }
  /** S3 says it is gone, and it was CloudTrail's: told as a finding. */
  | { readonly kind: 'removed'; readonly location: ObjectLocation; readonly problem: Problem }
  /** A bucket we were not told to read: forged, or a setting that is missing. The message has to stay. */
  | { readonly kind: 'refused'; readonly location: ObjectLocation; readonly reason: string };

/** Why an object is not taken by its place alone; undefined when it is. */
const notTaken = ({ buckets, prefix }: DeliveryWorld, location: ObjectLocation): ObjectReport | undefined => {
  const { bucket, key } = location;
  if (!buckets.includes(bucket))
    return { kind: 'refused', location, reason: `${bucket} is none of the buckets this function reads` };
  if (!key.startsWith(prefix))
    return { kind: 'ignored', reason: `${showLocation(location)} is outside the prefix ${prefix}` };
  return undefined;
};

/**
 * Takes the word that an object was removed: a finding where it was CloudTrail's.
 *
 * @throws what `takeRemoval` throws
 */
export const takeRemovedObject = (world: DeliveryWorld): ((removal: Removal) => Promise<ObjectReport>) => {
  const take = takeRemoval(world);
  return async (removal) => {
    const { location } = removal;
    const skipped = notTaken(world, location);
    if (skipped !== undefined) return skipped;
    const told = await take(removal);
    return told === undefined
      ? { kind: 'ignored', reason: `${showLocation(location)} was removed and is not CloudTrail's` }
      : { kind: 'removed', location, problem: told };
  };
};

/**
 * Takes one object a notification announced: log files are scanned, digests forwarded, what is not CloudTrail's is
 * ignored with its reason.
 *
 * @throws what `scanLogFile` throws
 */
export const takeObject = (world: DeliveryWorld): ((location: ObjectLocation, via: Via) => Promise<ObjectReport>) => {
  const scan = scanLogFile(world);
  return async (location, via) => {
    const skipped = notTaken(world, location);
    if (skipped !== undefined) return skipped;
    switch (parseObjectKey(location.key).kind) {
      case 'digest':
        await world.forwardDigests([location]);
        return { kind: 'forwarded', location };
      case 'folder':
        return { kind: 'ignored', reason: `${showLocation(location)} is a folder object` };
      case 'foreign':
        return { kind: 'ignored', reason: `${showLocation(location)} is not CloudTrail's` };
      default:
        return scan(location, via);
    }
  };
};
