import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ChainHead, FileItem, StoredHead } from '../engine/ledger/ledger.ts';
import type { ObjectLocation } from '../engine/record/location.ts';

/** Name of the table's only key attribute (partition key, a string). */
export const KEY = 'pk';

/** Name of the attribute DynamoDB's time to live reads: seconds since the epoch. Chain heads have none. */
export const TIME_TO_LIVE = 'expiresAt';

/** An item as the DynamoDB client gives and takes it. */
export type Item = { readonly [name: string]: AttributeValue };

const MAX_KEY_BYTES = 2048;

/** Partition keys, one kind of item each. S3 keys may have 1,024 bytes: with the bucket they stay below the limit of 2,048. */
export const itemKey = {
  finding: (id: string): string => `finding#${id}`,
  group: (group: string): string => `group#${group}`,
  admitted: (group: string, findingId: string): string => `admitted#${group}#${findingId}`,
  file: ({ bucket, key }: ObjectLocation): string => `file#${bucket}/${key}`.slice(0, MAX_KEY_BYTES),
  chain: (chain: string): string => `chain#${chain}`,
  /** One of the sets that name the chains. */
  chains: (shard: number): string => `chains#${shard}`,
  pending: (chain: string): string => `pending#${chain}`,
  sweep: 'sweep',
};

/** A string attribute. */
export const text = (value: string): AttributeValue => ({ S: value });
/** A number attribute. */
export const number = (value: number): AttributeValue => ({ N: String(value) });

const textOf = (item: Item, name: string): string => item[name]?.S ?? '';
const numberOf = (item: Item, name: string): number => Number(item[name]?.N ?? 0);
const optional = (item: Item, name: string): string | undefined => item[name]?.S;

/** The attributes of a file item, without its time to live. */
export const fileToItem = (file: FileItem): Item => ({
  [KEY]: text(itemKey.file(file.location)),
  bucket: text(file.location.bucket),
  objectKey: text(file.location.key),
  sha256: text(file.sha256),
  records: number(file.records),
  malformed: number(file.malformed),
  matches: number(file.matches),
  ruleSetVersion: text(file.ruleSetVersion),
  scannedAt: text(file.scannedAt),
  ...(file.location.versionId === undefined ? {} : { versionId: text(file.location.versionId) }),
  ...(file.listedBy === undefined ? {} : { listedBy: text(file.listedBy) }),
});

/** The file an item stands for. */
export const itemToFile = (item: Item): FileItem => {
  const versionId = optional(item, 'versionId');
  const listedBy = optional(item, 'listedBy');
  return {
    location: {
      bucket: textOf(item, 'bucket'),
      key: textOf(item, 'objectKey'),
      ...(versionId === undefined ? {} : { versionId }),
    },
    sha256: textOf(item, 'sha256'),
    records: numberOf(item, 'records'),
    malformed: numberOf(item, 'malformed'),
    matches: numberOf(item, 'matches'),
    ruleSetVersion: textOf(item, 'ruleSetVersion'),
    scannedAt: textOf(item, 'scannedAt'),
    ...(listedBy === undefined ? {} : { listedBy }),
  };
};

/** The attributes of a chain item at a revision. */
export const headToItem = (chain: string, head: ChainHead, revision: number): Item => ({
  [KEY]: text(itemKey.chain(chain)),
  revision: number(revision),
  endTime: text(head.endTime),
  bucket: text(head.bucket),
  objectKey: text(head.key),
  hash: text(head.hash),
  signature: text(head.signature),
  ...(head.versionId === undefined ? {} : { versionId: text(head.versionId) }),
});

/** The chain head an item stands for. */
export const itemToHead = (item: Item): StoredHead => {
  const versionId = optional(item, 'versionId');
  return {
    head: {
      endTime: textOf(item, 'endTime'),
      bucket: textOf(item, 'bucket'),
      key: textOf(item, 'objectKey'),
      hash: textOf(item, 'hash'),
      signature: textOf(item, 'signature'),
      ...(versionId === undefined ? {} : { versionId }),
    },
    revision: numberOf(item, 'revision'),
  };
};
