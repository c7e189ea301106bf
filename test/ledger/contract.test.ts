import { once } from 'node:events';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoLedger } from '../../aws/ledger.ts';
import type { ChainHead, FileItem, Ledger, PendingFiles } from '../../engine/ledger/ledger.ts';
import { FINDING_SECONDS, LEASE_MS, MAX_PENDING, MAX_PENDING_FILES } from '../../engine/ledger/lifetimes.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';

const server = dynalite({ createTableMs: 0 });
let client: DynamoDBClient;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'ledger',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});

afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const NOW = Date.parse('2026-03-05T12:00:00Z');
const location = { bucket: 'trail', key: 'AWSLogs/1/a file+b.json.gz' };

const file: FileItem = {
  location: { ...location, versionId: 'v1' },
  sha256: 'a'.repeat(64),
  records: 3,
  malformed: 1,
  matches: 2,
  ruleSetVersion: 'rules-1',
  scannedAt: '2026-03-05T12:00:00.000Z',
};

const head: ChainHead = {
  endTime: '2026-03-05T11:00:00Z',
  bucket: 'trail',
  key: 'AWSLogs/1/digest.json.gz',
  hash: 'b'.repeat(64),
  signature: 'c'.repeat(512),
};

let names = 0;
/** A name no other case uses: the table is one for all of them. */
const fresh = (): string => `n${names++}`;

describe.each<[string, () => Ledger]>([
  ['in memory', memoryLedger],
  ['on DynamoDB', () => dynamoLedger(client, 'ledger')],
])('the ledger %s', (_, make) => {
  describe('a finding', () => {
    it('is claimed by the first who asks, and held for the second', async () => {
      const [ledger, id] = [make(), fresh()];
      expect(await ledger.claimFinding(id, { owner: 'a', now: NOW })).toBe('claimed');
      expect(await ledger.claimFinding(id, { owner: 'b', now: NOW + LEASE_MS - 1 })).toBe('held');
    });

    it('is claimed again by the same owner, whose first answer was lost', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      expect(await ledger.claimFinding(id, { owner: 'a', now: NOW + 1 })).toBe('claimed');
    });

    it('is taken over when the lease has run out', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      expect(await ledger.claimFinding(id, { owner: 'b', now: NOW + LEASE_MS })).toBe('claimed');
      expect(await ledger.claimFinding(id, { owner: 'a', now: NOW + LEASE_MS + 1 })).toBe('held');
    });

    it('is published once marked, for every owner and long after the lease', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      await ledger.markPublished(id, { owner: 'a', now: NOW + 5 });
      for (const owner of ['a', 'b'])
        expect(await ledger.claimFinding(id, { owner, now: NOW + 100 * LEASE_MS })).toBe('published');
    });

    it('is published when marked by an owner whose lease was taken over: it was sent all the same', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      await ledger.claimFinding(id, { owner: 'b', now: NOW + LEASE_MS });
      await ledger.markPublished(id, { owner: 'a', now: NOW + LEASE_MS + 1 });
      expect(await ledger.claimFinding(id, { owner: 'c', now: NOW + 2 * LEASE_MS })).toBe('published');
    });

    it('is absent past its lifetime, whether the table deleted it or not', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      await ledger.markPublished(id, { owner: 'a', now: NOW });
      const later = NOW + FINDING_SECONDS * 1000;
      expect(await ledger.claimFinding(id, { owner: 'b', now: later - 1000 })).toBe('published');
      expect(await ledger.claimFinding(id, { owner: 'b', now: later })).toBe('claimed');
    });

    it('may be claimed at once when the claim was given back', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      await ledger.releaseClaim(id, 'a');
      expect(await ledger.claimFinding(id, { owner: 'b', now: NOW + 1 })).toBe('claimed');
    });

    it('is not given back by another owner, nor once it is published, nor when it never was', async () => {
      const [ledger, id] = [make(), fresh()];
      await ledger.releaseClaim(id, 'a');
      await ledger.claimFinding(id, { owner: 'a', now: NOW });
      await ledger.releaseClaim(id, 'b');
      expect(await ledger.claimFinding(id, { owner: 'b', now: NOW + 1 })).toBe('held');
      await ledger.markPublished(id, { owner: 'a', now: NOW + 2 });
      await ledger.releaseClaim(id, 'a');
      expect(await ledger.claimFinding(id, { owner: 'b', now: NOW + 3 })).toBe('published');
    });

    it('is claimed by one of many who ask at once', async () => {
      const [ledger, id] = [make(), fresh()];
      const owners = Array.from({ length: 12 }, (_, index) => `owner-${index}`);
      const claims = await Promise.all(owners.map((owner) => ledger.claimFinding(id, { owner, now: NOW })));
      expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1);
      expect(claims.filter((claim) => claim === 'held')).toHaveLength(11);
    });
  });

  describe('a suppressed group', () => {
    const hour = (now: number) => ({ seconds: 3600, now });

    it('publishes its first finding and counts the others of the window', async () => {
      const [ledger, group] = [make(), fresh()];
      expect(await ledger.admit(group, 'first', hour(NOW))).toBe('publish');
      expect(await ledger.admit(group, 'second', hour(NOW + 1000))).toBe('suppressed');
      expect(await ledger.admit(group, 'third', hour(NOW + 3_599_999))).toBe('suppressed');
    });

    it('opens a new window with the first finding after the old one', async () => {
      const [ledger, group] = [make(), fresh()];
      await ledger.admit(group, 'first', hour(NOW));
      expect(await ledger.admit(group, 'second', hour(NOW + 3_600_000))).toBe('publish');
      expect(await ledger.admit(group, 'third', hour(NOW + 3_600_001))).toBe('suppressed');
    });

    it('answers a redelivered finding as before, also after the window, and opens none for it', async () => {
      const [ledger, group] = [make(), fresh()];
      await ledger.admit(group, 'first', hour(NOW));
      await ledger.admit(group, 'second', hour(NOW + 1));
      const later = NOW + 7_200_000;
      expect(await ledger.admit(group, 'first', hour(NOW + 2))).toBe('publish');
      expect(await ledger.admit(group, 'second', hour(later))).toBe('suppressed');
      expect(await ledger.admit(group, 'first', hour(later))).toBe('publish');
      expect(await ledger.admit(group, 'third', hour(later + 1))).toBe('publish');
    });

    it('knows nothing of another group', async () => {
      const [ledger, group] = [make(), fresh()];
      await ledger.admit(group, 'first', hour(NOW));
      expect(await ledger.admit(`${group}-other`, 'second', hour(NOW))).toBe('publish');
    });

    it('publishes one of many that come at once', async () => {
      const [ledger, group] = [make(), fresh()];
      const ids = Array.from({ length: 8 }, (_, index) => `finding-${index}`);
      const answers = await Promise.all(ids.map((id) => ledger.admit(group, id, hour(NOW))));
      expect(answers.filter((answer) => answer === 'publish')).toHaveLength(1);
    });
  });

  describe('a file', () => {
    const named = (item: FileItem, key: string): FileItem => ({ ...item, location: { ...item.location, key } });

    it('is unknown before it is scanned', async () => {
      expect(await make().getFile({ bucket: 'trail', key: fresh() })).toBeUndefined();
    });

    it('is given back as it was put, by its key with or without its version', async () => {
      const ledger = make();
      const item = named(file, fresh());
      await ledger.putFile(item, NOW);
      const { bucket, key } = item.location;
      expect(await ledger.getFile(item.location)).toEqual(item);
      expect(await ledger.getFile({ bucket, key })).toEqual(item);
    });

    it('is not taken for another version of it', async () => {
      const ledger = make();
      const item = named(file, fresh());
      await ledger.putFile(item, NOW);
      expect(await ledger.getFile({ ...item.location, versionId: 'v2' })).toBeUndefined();
    });

    it('is replaced by a later scan, and keeps the digest that lists it', async () => {
      const ledger = make();
      const { versionId: _, ...unversioned } = named(file, fresh()).location;
      const item = { ...file, location: unversioned };
      await ledger.putFile(item, NOW);
      const listed = { ...item, matches: 5, listedBy: 'digest-1' };
      await ledger.putFile(listed, NOW + 1);
      expect(await ledger.getFile(unversioned)).toEqual(listed);
    });

    it('may have the longest key S3 allows', async () => {
      const ledger = make();
      const long = [
        named(file, `${fresh()}${'k'.repeat(1000)}x`),
        named(file, `${fresh()}${'k'.repeat(1000)}y`),
      ] as const;
      for (const item of long) await ledger.putFile(item, NOW);
      expect(await ledger.getFile(long[0].location)).toEqual(long[0]);
      expect(await ledger.getFile(long[1].location)).toEqual(long[1]);
    });
  });

  describe('a chain', () => {
    it('starts once: of two who start it, one is told it exists', async () => {
      const [ledger, chain] = [make(), fresh()];
      expect(await ledger.getChain(chain)).toBeUndefined();
      expect(await ledger.putChain(chain, head, undefined)).toBe(true);
      expect(await ledger.putChain(chain, head, undefined)).toBe(false);
      expect(await ledger.getChain(chain)).toEqual({ head, revision: 1 });
    });

    it('moves on from the revision that was read, and from no other', async () => {
      const [ledger, chain] = [make(), fresh()];
      await ledger.putChain(chain, head, undefined);
      const next = { ...head, endTime: '2026-03-05T12:00:00Z', versionId: 'v9' };
      expect(await ledger.putChain(chain, next, 1)).toBe(true);
      expect(await ledger.putChain(chain, head, 1)).toBe(false);
      expect(await ledger.getChain(chain)).toEqual({ head: next, revision: 2 });
    });

    it('is not started by a revision nobody wrote', async () => {
      const [ledger, chain] = [make(), fresh()];
      expect(await ledger.putChain(chain, head, 3)).toBe(false);
      expect(await ledger.getChain(chain)).toBeUndefined();
    });
  });

  describe('the list of chains', () => {
    it('names each chain that has a head, once', async () => {
      const [ledger, one, other] = [make(), fresh(), fresh()];
      for (const chain of [one, other]) await ledger.putChain(chain, head, undefined);
      await ledger.putChain(one, head, 1);
      await ledger.putChain(other, head, undefined);
      const listed = (await ledger.listChains()).filter((chain) => chain === one || chain === other);
      expect(listed.sort()).toEqual([one, other].sort());
    });
  });

  describe('files sent back', () => {
    const entry = (key: string): PendingFiles => ({
      digest: { bucket: 'trail', key: 'digest' },
      files: [
        { bucket: 'trail', key },
        { bucket: 'trail', key: `${key}+ü`, versionId: 'v1' },
      ],
      since: NOW,
    });

    it('wait in the order they were added in, also when two add at once', async () => {
      const [ledger, chain] = [make(), fresh()];
      expect(await ledger.getPending(chain)).toBeUndefined();
      expect(await ledger.addPending(chain, entry('a'), NOW)).toBe(true);
      await Promise.all([ledger.addPending(chain, entry('b'), NOW), ledger.addPending(chain, entry('c'), NOW)]);
      const stored = await ledger.getPending(chain);
      expect(stored?.pending[0]).toEqual(entry('a'));
      expect(stored?.pending.map(({ files }) => files[0]?.key).sort()).toEqual(['a', 'b', 'c']);
    });

    it('are replaced only where nothing came in between', async () => {
      const [ledger, chain] = [make(), fresh()];
      await ledger.addPending(chain, entry('a'), NOW);
      const before = await ledger.getPending(chain);
      await ledger.addPending(chain, entry('b'), NOW);
      expect(await ledger.putPending(chain, [], before?.revision ?? -1, NOW)).toBe(false);
      const after = await ledger.getPending(chain);
      expect(after?.pending).toHaveLength(2);
      expect(await ledger.putPending(chain, [entry('b')], after?.revision ?? -1, NOW)).toBe(true);
      expect((await ledger.getPending(chain))?.pending).toEqual([entry('b')]);
    });

    it('are gone once replaced by none, and may be added again', async () => {
      const [ledger, chain] = [make(), fresh()];
      await ledger.addPending(chain, entry('a'), NOW);
      const stored = await ledger.getPending(chain);
      await ledger.putPending(chain, [], stored?.revision ?? -1, NOW);
      expect(await ledger.getPending(chain)).toBeUndefined();
      expect(await ledger.addPending(chain, entry('b'), NOW)).toBe(true);
      expect((await ledger.getPending(chain))?.pending).toEqual([entry('b')]);
    });

    it('are bounded: the largest entries fit, and one too many is refused', async () => {
      const [ledger, chain] = [make(), fresh()];
      const files = Array.from({ length: MAX_PENDING_FILES }, (_, at) => ({
        bucket: 'b',
        key: `${at}${'k'.repeat(200)}`,
      }));
      const full = { digest: { bucket: 'b', key: 'd' }, files, since: NOW };
      for (let added = 0; added < MAX_PENDING; added++) expect(await ledger.addPending(chain, full, NOW)).toBe(true);
      expect(await ledger.addPending(chain, full, NOW)).toBe(false);
      expect((await ledger.getPending(chain))?.pending).toHaveLength(MAX_PENDING);
    });
  });

  it('remembers how far the sweep has come', async () => {
    const ledger = make();
    for (const at of [NOW, NOW + 1]) {
      const mark = { chain: 'one', at, hours: 6, next: at + 7 };
      await ledger.putSweep(mark);
      expect(await ledger.getSweep()).toEqual(mark);
    }
  });
});
