import { BatchGetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Suppression } from '../engine/ledger/ledger.ts';
import { FINDING_SECONDS } from '../engine/ledger/lifetimes.ts';
import { type Item, itemKey, KEY, number, TIME_TO_LIVE, text } from './ledger-items.ts';
import { FREE, seconds, type Table, ttl } from './ledger-table.ts';

/** A finding of a suppressing rule that asks to be published. */
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

/** Decides whether the finding is published: `Ledger.admit`, by one consistent read and conditional writes. */
export const admit = async (to: Table, admission: Admission): Promise<Suppression> => {
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
