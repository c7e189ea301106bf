import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ChainHead, Claim, FileItem, Ledger } from '../engine/ledger/ledger.ts';
import { FILE_SECONDS, FINDING_SECONDS, LEASE_MS } from '../engine/ledger/lifetimes.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { admit } from './ledger-admission.ts';
import { fileToItem, headToItem, itemKey, itemToFile, itemToHead, KEY, number, text } from './ledger-items.ts';
import { FREE, ledgerTable, seconds, type Table, ttl, unlessRefused } from './ledger-table.ts';
import * as watch from './ledger-watch.ts';

/** The ledger's table did not answer, or not as it should. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** Runs one method of the ledger; whatever it throws becomes a LedgerError that names the table. */
const naming =
  (table: string) =>
  async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new LedgerError(`the ledger's table ${table} failed (${why})`, { cause });
    }
  };

const claimFinding = async (
  { get, put }: Table,
  leaseMs: number,
  id: string,
  { owner, now }: { readonly owner: string; readonly now: number },
): Promise<Claim> => {
  const key = itemKey.finding(id);
  const claimed = await put(
    {
      [KEY]: text(key),
      state: text('claimed'),
      owner: text(owner),
      leaseUntil: number(now + leaseMs),
      ...ttl(now, FINDING_SECONDS),
    },
    {
      // The own owner again: the SDK repeated a write whose first answer was lost.
      ConditionExpression: `${FREE} OR (#state = :claimed AND (leaseUntil <= :now OR #owner = :owner))`,
      ExpressionAttributeNames: { '#state': 'state', '#owner': 'owner' },
      ExpressionAttributeValues: {
        ':seconds': number(seconds(now)),
        ':claimed': text('claimed'),
        ':now': number(now),
        ':owner': text(owner),
      },
    },
  );
  if (claimed) return 'claimed';
  return (await get(key))?.state?.S === 'published' ? 'published' : 'held';
};

const releaseClaim = async ({ client, name }: Table, id: string, owner: string): Promise<void> => {
  await unlessRefused(
    client.send(
      new DeleteItemCommand({
        TableName: name,
        Key: { [KEY]: text(itemKey.finding(id)) },
        ConditionExpression: '#state = :claimed AND #owner = :owner',
        ExpressionAttributeNames: { '#state': 'state', '#owner': 'owner' },
        ExpressionAttributeValues: { ':claimed': text('claimed'), ':owner': text(owner) },
      }),
    ),
  );
};

/**
 * The ledger on one DynamoDB table (partition key `pk`, time to live on `expiresAt`), by conditional writes alone. No
 * transactions: each step may be repeated after a crash between two of them. Reads are consistent.
 *
 * @throws LedgerError (every method) for a fault of DynamoDB, after the SDK's attempts
 */
export const dynamoLedger = (
  client: DynamoDBClient,
  tableName: string,
  options: { readonly leaseMs?: number } = {},
): Ledger => {
  const to = ledgerTable(client, tableName);
  const named = naming(tableName);
  return {
    claimFinding: (id, claim) => named(claimFinding(to, options.leaseMs ?? LEASE_MS, id, claim)),
    markPublished: (id, mark) => named(markPublished(to, id, mark)),
    releaseClaim: (id, owner) => named(releaseClaim(to, id, owner)),
    admit: (group, findingId, window) => named(admit(to, { group, findingId, ...window })),
    getFile: (location) => named(getFile(to, location)),
    putFile: async (file, now) => void (await named(to.put({ ...fileToItem(file), ...ttl(now, FILE_SECONDS) }))),
    getChain: (chain) => named(to.get(itemKey.chain(chain)).then((item) => item && itemToHead(item))),
    putChain: (chain, head, expected) => named(putChain(to, chain, head, expected)),
    listChains: () => named(watch.listChains(to)),
    addPending: (chain, pending, now) => named(watch.addPending(to, chain, pending, now)),
    getPending: (chain) => named(watch.getPending(to, chain)),
    putPending: (chain, pending, expected, now) => named(watch.putPending(to, chain, pending, expected, now)),
    getSweep: () => named(watch.getSweep(to)),
    putSweep: (mark) => named(watch.putSweep(to, mark)),
  };
};

const markPublished = async (
  to: Table,
  id: string,
  { owner, now }: { readonly owner: string; readonly now: number },
): Promise<void> => {
  const marked = { state: text('published'), owner: text(owner), publishedAt: number(now) };
  await to.put({ [KEY]: text(itemKey.finding(id)), ...marked, ...ttl(now, FINDING_SECONDS) });
};

/** No time is compared: what an expired item says of a file is still true. */
const getFile = async (to: Table, location: ObjectLocation): Promise<FileItem | undefined> => {
  const item = await to.get(itemKey.file(location));
  const file = item === undefined ? undefined : itemToFile(item);
  const other = location.versionId !== undefined && location.versionId !== file?.location.versionId;
  return other ? undefined : file;
};

const putChain = async (to: Table, chain: string, head: ChainHead, expected: number | undefined): Promise<boolean> => {
  // Named before it has a head: after a crash between the two, it is named without one.
  if (expected === undefined) await watch.noteChain(to, chain);
  return to.put(
    headToItem(chain, head, (expected ?? 0) + 1),
    expected === undefined
      ? { ConditionExpression: `attribute_not_exists(${KEY})` }
      : { ConditionExpression: 'revision = :expected', ExpressionAttributeValues: { ':expected': number(expected) } },
  );
};
