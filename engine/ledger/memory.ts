import { showLocation } from '../record/location.ts';
import type { FileItem, Ledger, StoredHead, StoredPending, SweepMark } from './ledger.ts';
import { FINDING_SECONDS, LEASE_MS, MAX_PENDING } from './lifetimes.ts';

interface FindingState {
  readonly state: 'claimed' | 'published';
  readonly owner: string;
  readonly until: number;
  readonly expires: number;
}

interface GroupState {
  readonly leader: string;
  readonly until: number;
  readonly count: number;
}

/** How many findings a group's open window has kept back. */
export interface MemoryLedger extends Ledger {
  readonly suppressedIn: (group: string) => number;
  readonly files: () => readonly FileItem[];
}

/** A ledger that forgets with its process: for the command, the tests and the simulation. */
export const memoryLedger = (options: { readonly leaseMs?: number } = {}): MemoryLedger => {
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const findings = new Map<string, FindingState>();
  const groups = new Map<string, GroupState>();
  const decisions = new Map<string, { readonly decision: 'publish' | 'suppressed'; readonly expires: number }>();
  const files = new Map<string, FileItem>();
  const chains = new Map<string, StoredHead>();
  const waiting = new Map<string, StoredPending>();
  let sweep: SweepMark | undefined;
  const fileKey = ({ bucket, key }: { readonly bucket: string; readonly key: string }) => showLocation({ bucket, key });

  return {
    claimFinding: async (id, { owner, now }) => {
      const held = findings.get(id);
      if (held !== undefined && held.expires > now) {
        if (held.state === 'published') return 'published';
        if (held.until > now && held.owner !== owner) return 'held';
      }
      findings.set(id, { state: 'claimed', owner, until: now + leaseMs, expires: now + FINDING_SECONDS * 1000 });
      return 'claimed';
    },
    markPublished: async (id, { owner, now }) => {
      findings.set(id, { state: 'published', owner, until: now, expires: now + FINDING_SECONDS * 1000 });
    },
    releaseClaim: async (id, owner) => {
      const held = findings.get(id);
      if (held?.state === 'claimed' && held.owner === owner) findings.delete(id);
    },
    admit: async (group, findingId, { seconds, now }) => {
      const decisionKey = `${group} ${findingId}`;
      const decided = decisions.get(decisionKey);
      if (decided !== undefined && decided.expires > now) return decided.decision;
      const open = groups.get(group);
      const expires = now + FINDING_SECONDS * 1000;
      if (open === undefined || open.until <= now || open.leader === findingId) {
        if (open?.leader !== findingId || open.until <= now)
          groups.set(group, { leader: findingId, until: now + seconds * 1000, count: 0 });
        decisions.set(decisionKey, { decision: 'publish', expires });
        return 'publish';
      }
      groups.set(group, { ...open, count: open.count + 1 });
      decisions.set(decisionKey, { decision: 'suppressed', expires });
      return 'suppressed';
    },
    getFile: async (location) => {
      const stored = files.get(fileKey(location));
      const other = location.versionId !== undefined && location.versionId !== stored?.location.versionId;
      return stored === undefined || other ? undefined : stored;
    },
    putFile: async (item) => {
      files.set(fileKey(item.location), item);
    },
    getChain: async (chain) => chains.get(chain),
    putChain: async (chain, head, expected) => {
      if (chains.get(chain)?.revision !== expected) return false;
      chains.set(chain, { head, revision: (expected ?? 0) + 1 });
      return true;
    },
    listChains: async () => [...chains.keys()],
    addPending: async (chain, entry) => {
      const { pending, revision } = waiting.get(chain) ?? { pending: [], revision: 0 };
      if (pending.length >= MAX_PENDING) return false;
      waiting.set(chain, { pending: [...pending, entry], revision: revision + 1 });
      return true;
    },
    getPending: async (chain) => {
      const stored = waiting.get(chain);
      return stored === undefined || stored.pending.length === 0 ? undefined : stored;
    },
    putPending: async (chain, pending, expected) => {
      if (waiting.get(chain)?.revision !== expected) return false;
      waiting.set(chain, { pending, revision: expected + 1 });
      return true;
    },
    getSweep: async () => sweep,
    putSweep: async (mark) => {
      sweep = mark;
    },
    suppressedIn: (group) => groups.get(group)?.count ?? 0,
    files: () => [...files.values()],
  };
};
