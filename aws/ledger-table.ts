import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type Item, KEY, number, TIME_TO_LIVE, text } from './ledger-items.ts';

/** The ledger's table, as far as its items need it. */
export interface Table {
  readonly get: (key: string) => Promise<Item | undefined>;
  /** False when the condition did not hold. Other faults are thrown as the SDK's errors. */
  readonly put: (item: Item, condition?: Condition) => Promise<boolean>;
  readonly client: DynamoDBClient;
  readonly name: string;
}

type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** Whole seconds since the epoch, as DynamoDB's time to live counts. */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** The attribute that lets an item go, so many seconds after `now` (milliseconds). */
export const ttl = (now: number, lifetime: number): Item => ({ [TIME_TO_LIVE]: number(seconds(now) + lifetime) });

/** Runs a conditional write: true when written, false when its condition failed; every other fault is thrown. */
export const unlessRefused = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};

/** Reads consistently and writes whole items. */
export const ledgerTable = (client: DynamoDBClient, name: string): Table => ({
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
export const FREE = `attribute_not_exists(${KEY}) OR ${TIME_TO_LIVE} <= :seconds`;
