import { chainId, chainOf } from './digest/chain.ts';
import type { ExaminedDigest } from './digest/examine.ts';
import type { Problem } from './digest/problem.ts';
import { MINUTE, writtenTime } from './digest/time.ts';
import type { Ledger, PendingFiles, StoredPending } from './ledger/ledger.ts';
import { MAX_PENDING_FILES } from './ledger/lifetimes.ts';
import type { Clock } from './ports.ts';
import type { ObjectLocation } from './record/location.ts';

/** Twice the longest retry of the deliveries queue; a backlog shows in the queue's age besides. */
const GRACE = 45 * MINUTE;
/** Clocks of two functions may differ. */
const SKEW = MINUTE;

const parts = (files: readonly ObjectLocation[]): readonly (readonly ObjectLocation[])[] =>
  Array.from({ length: Math.ceil(files.length / MAX_PENDING_FILES) }, (_, part) =>
    files.slice(part * MAX_PENDING_FILES, (part + 1) * MAX_PENDING_FILES),
  );

/**
 * Remembers the files of a digest that are about to be sent back to be scanned, so that `unscannedLogs` can ask for them.
 * What is more than the ledger takes for a chain is sent back all the same and not asked for: on-schedule and the queue's
 * own alarms see a failure of that size.
 */
export const awaitScans = async (
  { ledger, clock }: { readonly ledger: Pick<Ledger, 'addPending'>; readonly clock: Clock },
  { chain, location }: ExaminedDigest,
  files: readonly ObjectLocation[],
): Promise<void> => {
  if (chain === undefined) return;
  const now = clock();
  const digest = { bucket: location.bucket, key: location.key };
  for (const part of parts(files))
    if (!(await ledger.addPending(chainId(chain), { digest, files: part, since: now }, now))) return;
};

interface Scans {
  readonly ledger: Pick<Ledger, 'getFile' | 'getPending' | 'putPending'>;
  readonly clock: Clock;
  readonly announce: (problems: readonly Problem[]) => Promise<void>;
}

/** Scanned since it was sent back: what was recorded before was other content, or nothing. */
const isScanned = async ({ ledger }: Scans, file: ObjectLocation, since: number): Promise<boolean> => {
  const item = await ledger.getFile(file);
  return item !== undefined && Date.parse(item.scannedAt) >= since - SKEW;
};

const unscanned = (chain: string, { digest, since }: PendingFiles, object: ObjectLocation): Problem => {
  const known = chainOf(chain);
  return {
    code: 'LOG_UNSCANNED',
    reason: `a digest vouches for it, it was sent back to be scanned at ${writtenTime(since)}, and no scan has recorded it`,
    object,
    digest,
    ...(known !== undefined && { chain: known }),
  };
};

const overdue = async (
  scans: Scans,
  chain: string,
  { pending }: StoredPending,
): Promise<{ readonly problems: readonly Problem[]; readonly kept: readonly PendingFiles[] }> => {
  const problems: Problem[] = [];
  const kept: PendingFiles[] = [];
  const now = scans.clock();
  for (const entry of pending) {
    const scanned = await Promise.all(entry.files.map((file) => isScanned(scans, file, entry.since)));
    const files = entry.files.filter((_, index) => scanned[index] !== true);
    if (files.length === 0) continue;
    if (now - entry.since < GRACE) kept.push({ ...entry, files });
    else problems.push(...files.map((file) => unscanned(chain, entry, file)));
  }
  return { problems, kept };
};

/**
 * Asks for the files of a chain that were sent back to be scanned: forgets those that were, waits for the others, and
 * after 45 minutes tells each of them once.
 *
 * @param chain its name in the ledger
 * @returns the problems, announced already
 * @throws what a port throws: nothing is forgotten then
 */
export const unscannedLogs = async (scans: Scans, chain: string): Promise<readonly Problem[]> => {
  const stored = await scans.ledger.getPending(chain);
  if (stored === undefined) return [];
  const { problems, kept } = await overdue(scans, chain, stored);
  await scans.announce(problems);
  // Refused where something was added meanwhile: asked again next time, with the same ids.
  await scans.ledger.putPending(chain, kept, stored.revision, scans.clock());
  return problems;
};
