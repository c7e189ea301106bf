import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { isJsonObject, type Json } from '../engine/record/json.ts';
import { KEY, text } from './ledger-items.ts';

const keyOf = (trailArn: string): string => `selectors#${trailArn}`;

/** The event selectors of a trail at the last examination, kept in the ledger's table without a time to live. */
export const selectorsSeen = (client: DynamoDBClient, table: string) => ({
  read: async (trailArn: string): Promise<Json | undefined> => {
    const Key = { [KEY]: text(keyOf(trailArn)) };
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    const stored = Item?.['selectors']?.S;
    if (stored === undefined) return undefined;
    const value: unknown = JSON.parse(stored);
    // Written below from an object; anything else is not ours, and counts as never seen.
    return isJsonObject(value) ? value : undefined;
  },
  write: async (trailArn: string, selectors: Json): Promise<void> => {
    const Item = { [KEY]: text(keyOf(trailArn)), selectors: text(JSON.stringify(selectors)) };
    await client.send(new PutItemCommand({ TableName: table, Item }));
  },
});
