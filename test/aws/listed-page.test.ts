import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readListedPage } from '../../aws/listed-page.ts';
import { objectLister } from '../../aws/object-store.ts';

const read = (xml: string) => readListedPage(Buffer.from(xml));
const ROOT = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const LAST = '<IsTruncated>false</IsTruncated>';

const page = (...elements: readonly string[]): string =>
  `${DECLARATION}\n${ROOT}${elements.join('')}</ListBucketResult>`;
const entry = (key: string, more = ''): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-03-05T01:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size>${more}<StorageClass>STANDARD</StorageClass></Contents>`;

describe('a page of a listing', () => {
  it('is read as S3 writes it', () => {
    const about =
      '<Name>trail</Name><Prefix>AWSLogs/</Prefix><StartAfter>AWSLogs/0</StartAfter><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>';
    const more = '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>';
    const next = '<NextContinuationToken>1a/b+c=</NextContinuationToken><IsTruncated>true</IsTruncated>';
    expect(read(page(about, next, entry('AWSLogs/a', more), entry('AWSLogs/b')))).toEqual({
      objects: [
        { key: 'AWSLogs/a', size: 7, lastModified: '2026-03-05T01:00:00.000Z' },
        { key: 'AWSLogs/b', size: 7, lastModified: '2026-03-05T01:00:00.000Z' },
      ],
      next: '1a/b+c=',
    });
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['no entry', page('<Prefix/>', '<KeyCount>0</KeyCount>', LAST), []],
    ['no declaration', `${ROOT}${LAST}${entry('a')}</ListBucketResult>`, ['a']],
    ['the five entities', page(LAST, entry('&lt;&gt;&amp;&quot;&apos;&amp;lt;')), ['<>&"\'&lt;']],
    ['spaces around a key', page(LAST, entry(' a b ')), [' a b ']],
    ['letters beyond ASCII', page(LAST, entry('ü/日本/🙂')), ['ü/日本/🙂']],
    ['elements behind the entries', page(entry('a'), LAST), ['a']],
    [
      'names of the language as keys',
      page(LAST, entry('__proto__'), entry('constructor')),
      ['__proto__', 'constructor'],
    ],
  ])('is read with %s', (_, xml, keys) => {
    expect(read(xml)?.objects.map(({ key }) => key)).toEqual(keys);
  });

  it.each<readonly [string, string]>([
    ['another root', `<Error><Code>AccessDenied</Code></Error>`],
    ['another namespace', `<ListBucketResult xmlns="http://example.com/">${LAST}</ListBucketResult>`],
    ['an older way of listing', page('<Marker></Marker>', LAST)],
    ['encoded keys', page('<EncodingType>url</EncodingType>', LAST, entry('a%2Fb'))],
    ['folders', page(LAST, '<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>')],
    ['an unknown element', page(LAST, '<Colour>red</Colour>')],
    ['an unknown element of an entry', page(LAST, entry('a', '<Colour>red</Colour>'))],
    ['an owner', page(LAST, entry('a', '<Owner><ID>1</ID></Owner>'))],
    [
      'two checksums',
      page(LAST, entry('a', '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>')),
    ],
    ['two keys in an entry', page(LAST, entry('a', '<Key>b</Key>'))],
    ['an entry without a key', page(LAST, '<Contents><Size>7</Size></Contents>')],
    ['an empty key', page(LAST, entry(''))],
    ['an entry without a size', page(LAST, '<Contents><Key>a</Key></Contents>')],
    ['a size that is no number', page(LAST, '<Contents><Key>a</Key><Size>x</Size></Contents>')],
    ['a negative size', page(LAST, '<Contents><Key>a</Key><Size>-1</Size></Contents>')],
    [
      'a time of another form',
      page(LAST, '<Contents><Key>a</Key><Size>1</Size><LastModified>2026-03-05</LastModified></Contents>'),
    ],
    [
      'a day that is none',
      page(
        LAST,
        '<Contents><Key>a</Key><Size>1</Size><LastModified>2026-02-30T00:00:00.000Z</LastModified></Contents>',
      ),
    ],
    ['a numbered entity', page(LAST, entry('a&#13;b'))],
    ['an unknown entity', page(LAST, entry('a&nbsp;b'))],
    ['an entity named like a member of objects', page(LAST, entry('&valueOf;'))],
    ['an entity without its end', page(LAST, entry('a&amp b'))],
    ['a bare ampersand', page(LAST, entry('a&'))],
    ['a line end in a key', page(LAST, entry('a\nb'))],
    ['a tab in a key', page(LAST, entry('a\tb'))],
    ['lines between elements', page(`\n${LAST}\n`)],
    ['a comment', page(LAST, '<!-- -->')],
    ['a section of characters', page(LAST, entry('<![CDATA[a]]>'))],
    ['an attribute', page(LAST, '<Contents a="b"><Key>a</Key></Contents>')],
    ['a space in a tag', page(LAST, '<Contents ><Key>a</Key></Contents>')],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${ROOT}${LAST}</ListBucketResult>`],
    ['another encoding', `<?xml version="1.0" encoding="UTF-16"?>${ROOT}${LAST}</ListBucketResult>`],
    ['a byte order mark', `\uFEFF${page(LAST)}`],
    ['something behind the end', `${page(LAST)} `],
    ['no end', page(LAST).replace('</ListBucketResult>', '')],
    ['an entry without its end', page(LAST, entry('a').replace('</Contents>', ''))],
    ['an element without its end', page(LAST, '<Contents><Key>a')],
    ['an element ended by another', page(LAST, '<Contents><Key>a</Kez></Contents>')],
    ['a count that is not kept', page('<KeyCount>2</KeyCount>', LAST, entry('a'))],
    ['a next page and no token', page('<IsTruncated>true</IsTruncated>', entry('a'))],
    ['a token and no next page', page(LAST, '<NextContinuationToken>t</NextContinuationToken>', entry('a'))],
    ['an empty token', page('<IsTruncated>true</IsTruncated>', '<NextContinuationToken/>', entry('a'))],
    ['nothing about a next page', page(entry('a'))],
    ['nothing', ''],
  ])('is not read with %s', (_, xml) => {
    expect(read(xml)).toBeUndefined();
  });

  it('is not read when it is not UTF-8', () => {
    const xml = Buffer.from(page(LAST, entry('a?b')));
    xml[xml.indexOf('?b')] = 0xff;
    expect(readListedPage(xml)).toBeUndefined();
  });
});

describe('beside the reading of the SDK', () => {
  let xml = '';
  const server = createServer((_, response) => response.writeHead(200, {}).end(xml));
  let client: S3Client;
  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    // A server that listens on a port has an AddressInfo; a string is for pipes only.
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    client = new S3Client({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      credentials,
    });
  });
  afterAll(() => {
    client.destroy();
    server.close();
  });

  const bySdk = async () => {
    const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command({ Bucket: 'b' }));
    const objects = Contents.map(({ Key, Size, LastModified }) => ({
      key: Key,
      size: Size,
      lastModified: LastModified?.toISOString(),
    }));
    return { objects, next: NextContinuationToken };
  };

  const text = fc.string({
    unit: fc.constantFrom('a', '/', ' ', '&amp;', '&lt;', '&quot;', 'é', '🙂', '>', ']]', '%41'),
    minLength: 1,
  });
  const entries = fc.array(
    fc.record({
      key: text,
      size: fc.nat(),
      time: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
    }),
  );
  const printed = entries.map((all) =>
    page(
      `<Name>b</Name><Prefix/><KeyCount>${all.length}</KeyCount>`,
      LAST,
      ...all.map(
        ({ key, size, time }) =>
          `<Contents><Key>${key}</Key><LastModified>${time.toISOString()}</LastModified><Size>${size}</Size></Contents>`,
      ),
    ),
  );

  it('a page that is read here is read as the SDK reads it', async () => {
    await fc.assert(
      fc.asyncProperty(printed, async (one) => {
        xml = one;
        const here = read(one);
        expect(here).toBeDefined();
        expect(here).toEqual(await bySdk());
      }),
      { numRuns: 60 },
    );
  });

  it('a page with any character changed is read as the SDK reads it, or not here', async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      put: fc.constantFrom('', '<', '>', '/', '&', '"', 'x', '\n'),
    });
    await fc.assert(
      fc.asyncProperty(printed, change, async (one, { at, put }) => {
        const where = Math.floor(at * one.length);
        xml = `${one.slice(0, where)}${put}${one.slice(where + 1)}`;
        const here = read(xml);
        if (here !== undefined) expect(here).toEqual(await bySdk());
      }),
      { numRuns: 300 },
    );
  });

  const listed = async (): Promise<readonly string[]> => {
    const keys: string[] = [];
    for await (const { key } of objectLister(() => client)('b', '')) keys.push(key);
    return keys;
  };

  it('a page of more bytes than any page of S3 has is no page', async () => {
    xml = page(LAST, entry('a'.repeat(17 * 1024 * 1024)));
    await expect(listed()).rejects.toMatchObject({ name: 'ListingError' });
  });

  it.each([
    ['lines between elements', page(`\n${LAST}\n${entry('a')}\n`), ['a']],
    ['a numbered entity', page(LAST, entry('a&#13;b')), ['a\rb']],
    ['folders', page(LAST, entry('a'), '<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>'), ['a']],
  ])('a page with %s is listed by the SDK', async (_, one, keys) => {
    xml = one;
    expect(await listed()).toEqual(keys);
  });
});
