import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { HeadObject, ListedObject, ListObjects, ObjectRead, ReadObject } from '../engine/ports.ts';
import type { ObjectLocation } from '../engine/record/location.ts';
import { askPage } from './ask-page.ts';

/** Finds the client for a Region: buckets may lie elsewhere than the function. */
export type ClientFor = (region: string | undefined) => S3Client;

export interface ObjectStoreOptions {
  /** Account that must own the buckets: a bucket taken over by another account is denied, not read. */
  readonly bucketOwner?: string;
}

/** Gone, or never there. 405 is what S3 answers for a version that is a delete marker. */
const MISSING = new Set(['NoSuchKey', 'NoSuchVersion', 'NotFound', 'MethodNotAllowed']);

/** Our own credentials or clock, not the object: the next attempt, with new ones, may do. */
const OURS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

/** What a fault of S3 says of the object; throws the fault on when it says nothing of it (throttling, 5xx, network). */
const readFault = (error: unknown): Exclude<ObjectRead, { kind: 'found' }> => {
  if (!(error instanceof S3ServiceException)) throw error;
  const status = error.$metadata.httpStatusCode ?? 0;
  if (MISSING.has(error.name)) return { kind: 'missing' };
  const ours = OURS.has(error.name) || status < 400 || status >= 500 || status === 408 || status === 429;
  if (ours) throw error;
  return { kind: 'unreadable', code: error.name, reason: error.message };
};

const tooLarge = (bytes: number, maxBytes: number): ObjectRead => ({
  kind: 'unreadable',
  code: 'TooLarge',
  reason: `${bytes} bytes stored, at most ${maxBytes} are read`,
});

/** Reads a body of at most `maxBytes`; its declared length is checked first, and the stream is counted all the same. */
const readBody = async (answer: GetObjectCommandOutput, maxBytes: number): Promise<ObjectRead> => {
  const { Body: body, ContentLength: length } = answer;
  if (!(body instanceof Readable)) return { kind: 'unreadable', code: 'NoBody', reason: 'S3 answered without a body' };
  if (length !== undefined && length > maxBytes) {
    body.destroy();
    return tooLarge(length, maxBytes);
  }
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    total += bytes.length;
    if (total > maxBytes) return tooLarge(total, maxBytes);
    chunks.push(bytes);
  }
  return {
    kind: 'found',
    bytes: Buffer.concat(chunks, total),
    metadata: answer.Metadata ?? {},
    ...(answer.VersionId === undefined || answer.VersionId === 'null' ? {} : { versionId: answer.VersionId }),
    ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
    ...(answer.LastModified === undefined ? {} : { lastModified: answer.LastModified.toISOString() }),
  };
};

/** The Region a bucket lies in, out of S3's redirect (301) or refusal (400) of a request to another. */
const otherRegion = (error: unknown): string | undefined =>
  error instanceof S3ServiceException ? error.$response?.headers['x-amz-bucket-region'] : undefined;

/** Runs an S3 call in the bucket's Region: learned from the first redirect, remembered for the process. */
const inBucketRegion = (clientFor: ClientFor) => {
  const regions = new Map<string, string>();
  return async <T>(bucket: string, call: (client: S3Client) => Promise<T>): Promise<T> => {
    const known = regions.get(bucket);
    try {
      return await call(clientFor(known));
    } catch (error) {
      const region = otherRegion(error);
      if (region === undefined || region === known) throw error;
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status !== 301 && status !== 307 && status !== 400) throw error;
      regions.set(bucket, region);
      return call(clientFor(region));
    }
  };
};

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Reads objects of S3, in whatever Region their bucket lies; faults are told apart as `ReadObject` says. */
export const objectReader = (clientFor: ClientFor, { bucketOwner }: ObjectStoreOptions = {}): ReadObject => {
  const inRegion = inBucketRegion(clientFor);
  return async ({ bucket, key, versionId }: ObjectLocation, { maxBytes = DEFAULT_MAX_BYTES } = {}) => {
    const input = { Bucket: bucket, Key: key, VersionId: versionId, ExpectedBucketOwner: bucketOwner };
    try {
      const answer = await inRegion(bucket, (client) => client.send(new GetObjectCommand(input)));
      return await readBody(answer, maxBytes);
    } catch (error) {
      return readFault(error);
    }
  };
};

/** Asks for objects without their bytes. S3 tells a HEAD no error code but its status. */
export const objectHeader = (clientFor: ClientFor, { bucketOwner }: ObjectStoreOptions = {}): HeadObject => {
  const inRegion = inBucketRegion(clientFor);
  return async ({ bucket, key, versionId }) => {
    const input = { Bucket: bucket, Key: key, VersionId: versionId, ExpectedBucketOwner: bucketOwner };
    try {
      const answer = await inRegion(bucket, (client) => client.send(new HeadObjectCommand(input)));
      return {
        kind: 'found',
        ...(answer.VersionId === undefined || answer.VersionId === 'null' ? {} : { versionId: answer.VersionId }),
        ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
      };
    } catch (error) {
      return readFault(error);
    }
  };
};

/** Lists a bucket's keys page by page, in whatever Region it lies; any fault of S3 is thrown. */
export const objectLister = (clientFor: ClientFor, { bucketOwner }: ObjectStoreOptions = {}): ListObjects => {
  const inRegion = inBucketRegion(clientFor);
  return async function* list(bucket, prefix, { startAfter } = {}): AsyncGenerator<ListedObject> {
    const asked = { Bucket: bucket, Prefix: prefix, StartAfter: startAfter, ExpectedBucketOwner: bucketOwner };
    let token: string | undefined;
    do {
      const input = { ...asked, ContinuationToken: token };
      const page = await inRegion(bucket, (client) => askPage(client, new ListObjectsV2Command(input)));
      yield* page.objects;
      token = page.next;
    } while (token !== undefined);
  };
};
