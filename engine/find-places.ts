import { accountsPrefix, type Place } from './digest/place.ts';
import type { ListObjects } from './ports.ts';

export interface PlaceQuestion {
  readonly bucket: string;
  readonly prefix: string;
  readonly organization?: string;
  /** Empty: all that are there. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
}

const ACCOUNT = /^\d{12}$/;
const ORGANIZATION = /^o-[a-z0-9]{1,64}$/;
const REGION = /^[a-z0-9-]{1,40}$/;

/** Names of the folders right below a prefix: the first key tells one, and the next listing starts behind it. */
const foldersBelow = async (list: ListObjects, bucket: string, prefix: string): Promise<readonly string[]> => {
  const folders: string[] = [];
  let startAfter = prefix;
  for (;;) {
    let found: string | undefined;
    for await (const { key } of list(bucket, prefix, { startAfter })) {
      const slash = key.indexOf('/', prefix.length);
      if (slash < 0) continue;
      found = key.slice(prefix.length, slash);
      break;
    }
    if (found === undefined) return folders;
    folders.push(found);
    startAfter = `${prefix}${found}0`; // '0' follows '/': behind everything in the folder
  }
};

const placesOfAccounts = async (
  list: ListObjects,
  { bucket, accounts, regions }: PlaceQuestion,
  at: Pick<Place, 'prefix' | 'organization'>,
  known: readonly string[],
): Promise<readonly Place[]> => {
  const wanted = known.filter((name) => ACCOUNT.test(name) && (accounts.length === 0 || accounts.includes(name)));
  const places: Place[] = [];
  for (const account of wanted) {
    const there = await foldersBelow(list, bucket, `${accountsPrefix(at)}${account}/CloudTrail-Digest/`);
    const chosen = there.filter((name) => REGION.test(name) && (regions.length === 0 || regions.includes(name)));
    places.push(...chosen.map((region) => ({ bucket, ...at, account, region })));
  }
  return places;
};

/**
 * Finds where digests lie in a bucket: every organization, account and Region below the prefix, or those asked for.
 *
 * @throws what the port throws
 */
export const findPlaces = async (list: ListObjects, question: PlaceQuestion): Promise<readonly Place[]> => {
  const { bucket, prefix, organization } = question;
  const roots: Pick<Place, 'prefix' | 'organization'>[] = [
    { prefix, ...(organization !== undefined && { organization }) },
  ];
  const top = await foldersBelow(list, bucket, accountsPrefix({ prefix }));
  if (organization === undefined)
    roots.push(...top.filter((name) => ORGANIZATION.test(name)).map((name) => ({ prefix, organization: name })));
  const places: Place[] = [];
  for (const root of roots) {
    const known = root.organization === undefined ? top : await foldersBelow(list, bucket, accountsPrefix(root));
    places.push(...(await placesOfAccounts(list, question, root, known)));
  }
  return places;
};
