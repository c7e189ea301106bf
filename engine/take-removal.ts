import type { Problem } from './digest/problem.ts';
import { DAY, stampTime, writtenTime } from './digest/time.ts';
import { integrityFinding } from './finding/integrity.ts';
import type { Ledger } from './ledger/ledger.ts';
import { type PublishWorld, publishFindings, UnsettledFindingsError } from './publish-findings.ts';
import { type ObjectLocation, showLocation } from './record/location.ts';
import { type ObjectKey, parseObjectKey } from './record/object-key.ts';

/** What S3 says of an object, or one version of it, that is no longer there. */
export interface Removal {
  /** `versionId`: the version that was deleted for good, or the delete marker's own. */
  readonly location: ObjectLocation;
  /** `marker`: hidden behind a delete marker, the versions are still there. */
  readonly how: 'deleted' | 'marker';
  /** `lifecycle`: a rule of the bucket did it. */
  readonly by: 'request' | 'lifecycle';
  /** ISO 8601, where the notification tells. */
  readonly at?: string;
  /** Account, service or principal id, as S3 names it. */
  readonly requester?: string;
  readonly ip?: string;
}

/** Rules that keep logs for less than this are no retention anyone chose for an audit trail (CIS and PCI: 90 days at hand). */
const SHORT_LIVED = 90 * DAY;

type Named = Exclude<ObjectKey, { kind: 'folder' | 'foreign' }>;

const codeOf = ({ kind }: Named) => (kind === 'digest' ? 'DIGEST_DELETED' : 'LOG_DELETED');

const whoOf = ({ requester, ip }: Removal): string =>
  [requester === undefined ? '' : ` by ${requester}`, ip === undefined ? '' : ` from ${ip}`].join('');

const whatOf = ({ how, location: { versionId } }: Removal): string => {
  const version = versionId === undefined ? '' : ` ${versionId}`;
  if (how === 'marker') return `the delete marker${version} hides it; its versions may still be there`;
  return versionId === undefined ? 'it was deleted for good' : `the version${version} was deleted for good`;
};

/**
 * Lifecycle rules expire one object at a time, thousands a day: one finding a day, bucket and kind. Old logs are meant
 * to go; young ones are what an attacker's rule takes.
 */
const expired = (removal: Removal, named: Named, now: number): Problem => {
  const { location, at } = removal;
  const stamp = stampTime(named.stamp ?? '');
  const when = Date.parse(at ?? '') || now;
  const young = stamp !== undefined && when - stamp < SHORT_LIVED;
  const day = writtenTime(when).slice(0, 10);
  const age = stamp === undefined ? 'an unknown number of' : String(Math.floor((when - stamp) / DAY));
  return {
    code: codeOf(named),
    reason: `a lifecycle rule of the bucket expires objects ${age} days old, this one among them; others of the day are not told again`,
    object: location,
    severity: young ? 'high' : 'informational',
    about: [codeOf(named), 'lifecycle', location.bucket, day, young ? 'young' : 'old'],
  };
};

/** Another version than the one that was judged: a delete marker taken away again, or a copy somebody had put there. */
const isAnotherVersion = async (ledger: Ledger, { location, how }: Removal): Promise<boolean> => {
  const { bucket, key, versionId } = location;
  if (how === 'marker' || versionId === undefined) return false;
  const known = (await ledger.getFile({ bucket, key }))?.location.versionId;
  return known !== undefined && known !== versionId;
};

const requested = async (ledger: Ledger, removal: Removal, named: Named): Promise<Problem> => {
  const another = await isAnotherVersion(ledger, removal);
  const rest = another ? ', which is not the version that was read on delivery' : '';
  return {
    code: codeOf(named),
    reason: `${whatOf(removal)}${rest}${whoOf(removal)}${removal.at === undefined ? '' : `, at ${removal.at}`}`,
    object: removal.location,
    ...(another && { severity: 'medium' }),
  };
};

/**
 * Tells that an object of CloudTrail's was removed from the log bucket, each removal once. Other keys are no matter.
 *
 * @returns the problem that was told; undefined when the key is not CloudTrail's
 * @throws UnsettledFindingsError and what the ledger throws: deliver the message again
 */
export const takeRemoval =
  (world: PublishWorld) =>
  async (removal: Removal): Promise<Problem | undefined> => {
    const named = parseObjectKey(removal.location.key);
    if (named.kind === 'folder' || named.kind === 'foreign') return undefined;
    const now = world.clock();
    const problem =
      removal.by === 'lifecycle' ? expired(removal, named, now) : await requested(world.ledger, removal, named);
    const finding = integrityFinding(problem, new Date(now).toISOString());
    const { unsettled } = await publishFindings(world)([{ finding }]);
    if (unsettled.length > 0) throw new UnsettledFindingsError(showLocation(removal.location), unsettled);
    return problem;
  };
