import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectHeader, objectLister, objectReader } from '../../aws/object-store.ts';

const s3 = mockClient(S3Client);
const client = new S3Client({ region: 'us-east-1' });
const clientFor = () => client;
const location = { bucket: 'trail', key: 'AWSLogs/a+b c.json.gz' };

beforeEach(() => s3.reset());

const fault = (name: string, status: number, headers: { readonly [name: string]: string } = {}) =>
  // The SDK sets the response after it has made the error; its constructor drops it.
  Object.assign(
    new S3ServiceException({
      name,
      $fault: status < 500 ? 'client' : 'server',
      message: `${name} happened`,
      $metadata: { httpStatusCode: status },
    }),
    { $response: { statusCode: status, headers: { ...headers } } },
  );

const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

/** What GetObject answers with, as far as the reader looks. The mock wants the SDK's mixed-in stream type. */
const answer = (bytes: Uint8Array, over: object = {}): object => ({
  Body: Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]),
  ContentLength: bytes.length,
  ...over,
});

describe('reading an object', () => {
  it('asks for the version that was announced, from a bucket of the expected owner', async () => {
    s3.on(GetObjectCommand).resolves(answer(Buffer.from('bytes'), { VersionId: 'v1', ETag: '"e"' }));
    const read = objectReader(clientFor, { bucketOwner: '111122223333' });
    expect(await read({ ...location, versionId: 'v1' })).toMatchObject({ kind: 'found', versionId: 'v1', etag: '"e"' });
    expect(s3.commandCalls(GetObjectCommand)[0]?.args[0].input).toEqual({
      Bucket: 'trail',
      Key: 'AWSLogs/a+b c.json.gz',
      VersionId: 'v1',
      ExpectedBucketOwner: '111122223333',
    });
  });

  it('gives bytes, metadata and times as they are, and no version where S3 says null', async () => {
    s3.on(GetObjectCommand).resolves(
      answer(Buffer.from('bytes'), {
        VersionId: 'null',
        Metadata: { signature: 'ab' },
        LastModified: new Date('2026-03-05T00:00:00Z'),
      }),
    );
    expect(await objectReader(clientFor)(location)).toEqual({
      kind: 'found',
      bytes: Buffer.from('bytes'),
      metadata: { signature: 'ab' },
      lastModified: '2026-03-05T00:00:00.000Z',
    });
  });

  it.each([
    ['declared', { ContentLength: 6 }],
    ['not declared', { ContentLength: undefined }],
    ['declared too small', { ContentLength: 1 }],
  ])('stops at the cap, its length %s', async (_, over) => {
    s3.on(GetObjectCommand).resolves(answer(Buffer.from('123456'), over));
    expect(await objectReader(clientFor)(location, { maxBytes: 5 })).toMatchObject({
      kind: 'unreadable',
      code: 'TooLarge',
    });
  });

  it.each([
    ['NoSuchKey', 404],
    ['NoSuchVersion', 404],
    ['NotFound', 404],
    ['MethodNotAllowed', 405],
  ])('%s is a missing object', async (name, status) => {
    s3.on(GetObjectCommand).rejects(fault(name, status));
    expect(await objectReader(clientFor)(location)).toEqual({ kind: 'missing' });
  });

  it.each([
    ['AccessDenied', 403],
    ['NoSuchBucket', 404],
    ['InvalidObjectState', 403],
    ['KMS.DisabledException', 400],
    ['KMS.NotFoundException', 400],
  ])('%s is an unreadable one', async (code, status) => {
    s3.on(GetObjectCommand).rejects(fault(code, status));
    expect(await objectReader(clientFor)(location)).toEqual({
      kind: 'unreadable',
      code,
      reason: `${code} happened`,
    });
  });

  it.each([
    ['SlowDown', 503],
    ['InternalError', 500],
    ['TooManyRequests', 429],
    ['RequestTimeout', 400],
    ['ExpiredToken', 400],
    ['InvalidAccessKeyId', 403],
    ['RequestTimeTooSkewed', 403],
    ['SignatureDoesNotMatch', 403],
  ])('%s is thrown: the next attempt may do', async (name, status) => {
    s3.on(GetObjectCommand).rejects(fault(name, status));
    await expect(objectReader(clientFor)(location)).rejects.toMatchObject({ name });
  });

  it('a broken connection is thrown, also in the middle of the body', async () => {
    s3.on(GetObjectCommand).rejects(new Error('socket hang up'));
    await expect(objectReader(clientFor)(location)).rejects.toThrow('socket hang up');
    const torn = Readable.from(
      (function* () {
        yield Buffer.from('12');
        throw new Error('torn');
      })(),
    );
    s3.on(GetObjectCommand).resolves(answer(Buffer.from('1234'), { Body: torn }));
    await expect(objectReader(clientFor)(location)).rejects.toThrow('torn');
  });

  it('follows a bucket to its Region once, and goes there at once the next time', async () => {
    const asked: (string | undefined)[] = [];
    const read = objectReader((region) => {
      asked.push(region);
      return client;
    });
    s3.on(GetObjectCommand)
      .rejectsOnce(fault('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-west-1' }))
      .resolves(answer(Buffer.from('bytes')));
    expect(await read(location)).toMatchObject({ kind: 'found' });
    s3.on(GetObjectCommand).resolves(answer(Buffer.from('bytes')));
    expect(await read(location)).toMatchObject({ kind: 'found' });
    expect(asked).toEqual([undefined, 'eu-west-1', 'eu-west-1']);
  });

  it('does not go around in circles between Regions', async () => {
    s3.on(GetObjectCommand).rejects(fault('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-west-1' }));
    await expect(objectReader(clientFor)(location)).rejects.toMatchObject({ name: 'PermanentRedirect' });
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(2);
  });
});

describe('asking for an object without its bytes', () => {
  it('tells version and tag', async () => {
    s3.on(HeadObjectCommand).resolves({ VersionId: 'v1', ETag: '"e"' });
    expect(await objectHeader(clientFor)(location)).toEqual({ kind: 'found', versionId: 'v1', etag: '"e"' });
  });

  it('tells a missing object from a denied one', async () => {
    s3.on(HeadObjectCommand).rejectsOnce(fault('NotFound', 404)).rejects(fault('Forbidden', 403));
    expect(await objectHeader(clientFor)(location)).toEqual({ kind: 'missing' });
    expect(await objectHeader(clientFor)(location)).toMatchObject({ kind: 'unreadable', code: 'Forbidden' });
  });
});

describe('listing', () => {
  it('goes through all pages, from where it is told', async () => {
    s3.on(ListObjectsV2Command, { ContinuationToken: 't' }).resolves({ Contents: [{ Key: 'c', Size: 3 }] });
    s3.on(ListObjectsV2Command, { ContinuationToken: undefined }).resolves({
      Contents: [
        { Key: 'a', Size: 1, LastModified: new Date(0) },
        { Key: 'b', Size: 2 },
      ],
      IsTruncated: true,
      NextContinuationToken: 't',
    });
    const listed = await all(
      objectLister(clientFor, { bucketOwner: '111122223333' })('trail', 'AWSLogs/', { startAfter: 'AWSLogs/0' }),
    );
    expect(listed).toEqual([
      { key: 'a', size: 1, lastModified: '1970-01-01T00:00:00.000Z' },
      { key: 'b', size: 2 },
      { key: 'c', size: 3 },
    ]);
    expect(s3.commandCalls(ListObjectsV2Command)[0]?.args[0].input).toMatchObject({
      Bucket: 'trail',
      Prefix: 'AWSLogs/',
      StartAfter: 'AWSLogs/0',
      ExpectedBucketOwner: '111122223333',
    });
  });

  it('follows a bucket to its Region for every page', async () => {
    const asked: (string | undefined)[] = [];
    const list = objectLister((region) => {
      asked.push(region);
      return client;
    });
    s3.on(ListObjectsV2Command)
      .rejectsOnce(fault('PermanentRedirect', 301, { 'x-amz-bucket-region': 'eu-west-1' }))
      .resolvesOnce({ Contents: [{ Key: 'a' }], NextContinuationToken: 't' })
      .resolves({ Contents: [{ Key: 'b' }] });
    expect((await all(list('trail', ''))).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(asked).toEqual([undefined, 'eu-west-1', 'eu-west-1']);
  });

  it('throws what S3 throws', async () => {
    s3.on(ListObjectsV2Command).rejects(fault('AccessDenied', 403));
    await expect(all(objectLister(clientFor)('trail', ''))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
