import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ChainHead, Claim, FileItem, Ledger, Suppression } from '../engine/ledger/ledger.ts';
import { FILE_SECONDS, FINDING_SECONDS, LEASE_MS } from '../engine/ledger/lifetimes.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import {
  fileToItem,
  headToItem,
  type Item,
  itemKey,
  itemToFile,
  itemToHead,
  KEY,
  number,
  TIME_TO_LIVE,
  text,
} from './ledger-items.ts';

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

interface Table {
  readonly get: (key: string) => Promise<Item | undefined>;
  /** False when the condition did not hold. */
  readonly put: (item: Item, condition?: Condition) => Promise<boolean>;
  readonly client: DynamoDBClient;
  readonly name: string;
}

type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
const ttl = (now: number, lifetime: number): Item => ({ [TIME_TO_LIVE]: number(seconds(now) + lifetime) });

/** Runs a conditional write: true when written, false when its condition failed; every other fault is thrown. */
const unlessRefused = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

const table = (client: DynamoDBClient, name: string): Table => ({
  client,
  name,
  get: async (key) => {
    const input = { TableName: name, Key: { [KEY]: text(key) }, ConsistentRead: true };
    return (await client.send(new GetItemCommand(input))).Item;
  },
  put: (item, condition) =>
    unlessRefused(client.send(new PutItemCommand({ TableName: name, Item: { ...item }, ...condition }))),
});

/** A key that is free: absent, or past its time to live (DynamoDB deletes days later, so the writer compares). */
const FREE = `attribute_not_exists(${KEY}) OR ${TIME_TO_LIVE} <= :seconds`;

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

interface Admission {
  readonly group: string;
  readonly findingId: string;
  readonly seconds: number;
  readonly now: number;
}

const live = (item: Item | undefined, now: number): Item | undefined =>
  item === undefined || Number(item[TIME_TO_LIVE]?.N ?? 0) <= seconds(now) ? undefined : item;

/** The finding's earlier decision and the group's window, in one consistent read. */
const readAdmission = async ({ client, name }: Table, { group, findingId, now }: Admission) => {
  const keys = [itemKey.admitted(group, findingId), itemKey.group(group)];
  const Keys = keys.map((key) => ({ [KEY]: text(key) }));
  const answer = await client.send(
    new BatchGetItemCommand({ RequestItems: { [name]: { Keys, ConsistentRead: true } } }),
  );
  if (answer.UnprocessedKeys?.[name] !== undefined) throw new Error(`DynamoDB left keys of table ${name} unread`);
  const items = answer.Responses?.[name] ?? [];
  const [decided, window] = keys.map((key) => items.find((item) => item[KEY]?.S === key));
  return { decided: live(decided, now), window: live(window, now) };
};

const remember = (to: Table, admission: Admission, decision: Suppression): Promise<boolean> => {
  const { group, findingId, now } = admission;
  return to.put(
    { [KEY]: text(itemKey.admitted(group, findingId)), decision: text(decision), ...ttl(now, FINDING_SECONDS) },
    { ConditionExpression: FREE, ExpressionAttributeValues: { ':seconds': number(seconds(now)) } },
  );
};

const openWindow = (to: Table, { group, findingId, seconds: length, now }: Admission): Promise<boolean> =>
  to.put(
    {
      [KEY]: text(itemKey.group(group)),
      leader: text(findingId),
      until: number(now + length * 1000),
      suppressed: number(0),
      ...ttl(now, length + FINDING_SECONDS),
    },
    {
      ConditionExpression: `${FREE} OR #until <= :now`,
      ExpressionAttributeNames: { '#until': 'until' },
      ExpressionAttributeValues: { ':seconds': number(seconds(now)), ':now': number(now) },
    },
  );

const countSuppressed = async ({ client, name }: Table, { group, now }: Admission): Promise<void> => {
  await client.send(
    new UpdateItemCommand({
      TableName: name,
      Key: { [KEY]: text(itemKey.group(group)) },
      UpdateExpression: 'ADD suppressed :one SET lastSeen = :now',
      ExpressionAttributeValues: { ':one': number(1), ':now': number(now) },
    }),
  );
};

const admit = async (to: Table, admission: Admission): Promise<Suppression> => {
  const { decided, window } = await readAdmission(to, admission);
  if (decided !== undefined) return decided.decision?.S === 'suppressed' ? 'suppressed' : 'publish';
  const open = window !== undefined && Number(window.until?.N ?? 0) > admission.now;
  const leads = open && window.leader?.S === admission.findingId;
  if (open && !leads) {
    if (await remember(to, admission, 'suppressed')) await countSuppressed(to, admission);
    return 'suppressed';
  }
  // Another worker opened the window between our read and our write: its finding leads, look again.
  if (!leads && !(await openWindow(to, admission))) return admit(to, admission);
  await remember(to, admission, 'publish');
  return 'publish';
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
  const to = table(client, tableName);
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

const putChain = (to: Table, chain: string, head: ChainHead, expected: number | undefined): Promise<boolean> =>
  to.put(
    headToItem(chain, head, (expected ?? 0) + 1),
    expected === undefined
      ? { ConditionExpression: `attribute_not_exists(${KEY})` }
      : { ConditionExpression: 'revision = :expected', ExpressionAttributeValues: { ':expected': number(expected) } },
  );
