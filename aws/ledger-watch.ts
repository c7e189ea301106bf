import { hash } from 'node:crypto';
import { type AttributeValue, BatchGetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { PendingFiles, StoredPending, SweepMark } from '../engine/ledger/ledger.ts';
import { FILE_SECONDS, MAX_PENDING } from '../engine/ledger/lifetimes.ts';
import { isJsonObject, type Json } from '../engine/record/json.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { own, textAt } from '../engine/record/record.ts';
import { itemKey, KEY, number, TIME_TO_LIVE, text } from './ledger-items.ts';
import { seconds, type Table, unlessRefused } from './ledger-table.ts';

/**
 * The table has no sort key, so what is to be listed is named in sets. Sixteen of them, because an item holds 400 KB:
 * room for some 80,000 chains.
 */
const SHARDS = 16;

const shardOf = (chain: string): number => Number.parseInt(hash('sha256', chain, 'hex').slice(0, 1), 16) % SHARDS;

/** Names a chain in its set: again does no harm. */
export const noteChain = async ({ client, name }: Table, chain: string): Promise<void> => {
  await client.send(
    new UpdateItemCommand({
      TableName: name,
      Key: { [KEY]: text(itemKey.chains(shardOf(chain))) },
      UpdateExpression: 'ADD chains :chain',
      ExpressionAttributeValues: { ':chain': { SS: [chain] } },
    }),
  );
};

/** Names of all chains, in one read. */
export const listChains = async ({ client, name }: Table): Promise<readonly string[]> => {
  const Keys = Array.from({ length: SHARDS }, (_, shard) => ({ [KEY]: text(itemKey.chains(shard)) }));
  const named: string[] = [];
  // Sets as full as they can be do not fit in one answer: what is left over is asked for again.
  for (let unread: typeof Keys = Keys; unread.length > 0; ) {
    const input = { RequestItems: { [name]: { Keys: unread, ConsistentRead: true } } };
    const answer = await client.send(new BatchGetItemCommand(input));
    const items = answer.Responses?.[name] ?? [];
    const left = answer.UnprocessedKeys?.[name]?.Keys ?? [];
    if (left.length === unread.length) throw new Error(`DynamoDB left keys of table ${name} unread`);
    named.push(...items.flatMap((item) => item['chains']?.SS ?? []));
    unread = left.flatMap((key) => (key[KEY] === undefined ? [] : [{ [KEY]: key[KEY] }]));
  }
  return named;
};

const entryOf = ({ digest, files, since }: PendingFiles): AttributeValue =>
  text(JSON.stringify({ digest, files, since }));

const locationOf = (value: Json | undefined): ObjectLocation | undefined => {
  const bucket = textAt(value, 'bucket');
  const key = textAt(value, 'key');
  const versionId = textAt(value, 'versionId');
  if (bucket === undefined || key === undefined) return undefined;
  return { bucket, key, ...(versionId === undefined ? {} : { versionId }) };
};

/** Entries are written by `entryOf`; anything else is left out. */
const pendingOf = (value: AttributeValue): readonly PendingFiles[] => {
  const read: unknown = JSON.parse(value.S ?? 'null');
  if (!isJsonObject(read)) return [];
  const digest = locationOf(own(read, 'digest'));
  const since = own(read, 'since');
  const listed = own(read, 'files');
  if (digest === undefined || typeof since !== 'number' || !Array.isArray(listed)) return [];
  return [{ digest, since, files: listed.flatMap((file: Json) => locationOf(file) ?? []) }];
};

const expiry = (now: number): AttributeValue => number(seconds(now) + FILE_SECONDS);

/** Adds an entry; two workers may add at once. */
export const addPending = (
  { client, name }: Table,
  chain: string,
  pending: PendingFiles,
  now: number,
): Promise<boolean> =>
  unlessRefused(
    client.send(
      new UpdateItemCommand({
        TableName: name,
        Key: { [KEY]: text(itemKey.pending(chain)) },
        UpdateExpression: `SET entries = list_append(if_not_exists(entries, :none), :entry), ${TIME_TO_LIVE} = :expiry ADD revision :one`,
        ConditionExpression: 'attribute_not_exists(entries) OR size(entries) < :most',
        ExpressionAttributeValues: {
          ':none': { L: [] },
          ':entry': { L: [entryOf(pending)] },
          ':expiry': expiry(now),
          ':one': number(1),
          ':most': number(MAX_PENDING),
        },
      }),
    ),
  );

export const getPending = async (to: Table, chain: string): Promise<StoredPending | undefined> => {
  const item = await to.get(itemKey.pending(chain));
  const pending = (item?.['entries']?.L ?? []).flatMap(pendingOf);
  return pending.length === 0 ? undefined : { pending, revision: Number(item?.['revision']?.N ?? 0) };
};

export const putPending = (
  to: Table,
  chain: string,
  pending: readonly PendingFiles[],
  expected: number,
  now: number,
): Promise<boolean> =>
  to.put(
    {
      [KEY]: text(itemKey.pending(chain)),
      entries: { L: pending.map(entryOf) },
      revision: number(expected + 1),
      [TIME_TO_LIVE]: expiry(now),
    },
    { ConditionExpression: 'revision = :expected', ExpressionAttributeValues: { ':expected': number(expected) } },
  );

export const getSweep = async (to: Table): Promise<SweepMark | undefined> => {
  const item = await to.get(itemKey.sweep);
  const chain = item?.['chain']?.S;
  if (chain === undefined) return undefined;
  const numberAt = (name: string): number => Number(item?.[name]?.N ?? 0);
  return { chain, at: numberAt('at'), hours: Math.max(1, numberAt('hours')), next: numberAt('next') };
};

/** Without a time to live: there is one. */
export const putSweep = async (to: Table, { chain, at, hours, next }: SweepMark): Promise<void> => {
  const numbers = { at: number(at), hours: number(hours), next: number(next) };
  await to.put({ [KEY]: text(itemKey.sweep), chain: text(chain), ...numbers });
};
