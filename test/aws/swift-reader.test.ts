import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { objectLister } from '../../aws/object-store.ts';
import { watchRoutes } from '../../aws/swift/route.ts';
import { swiftReader } from '../../aws/swift-reader.ts';

interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };

const bench = async (
  answer: (response: ServerResponse, asked: Asked) => void,
  credentials: () => Promise<typeof CREDENTIALS & { readonly expiration?: Date }> = async () => CREDENTIALS,
) => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one = { url: request.url ?? '', headers: request.headers };
    asked.push(one);
    answer(response, one);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  // A server that listens on a port has an AddressInfo; a string is for pipes only.
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({ region: 'eu-west-1', endpoint, forcePathStyle: true, credentials, maxAttempts: 2 });
  const routes = watchRoutes(() => client);
  const options = { sockets: 2, bucketOwner: '111122223333' };
  return { asked, read: swiftReader(routes, options), list: objectLister(routes.watched, options) };
};

const isSdk = ({ headers }: Asked): boolean => headers['user-agent']?.startsWith('aws-sdk-js') === true;

const whole = (response: ServerResponse): void => {
  const headers = {
    'content-length': 4,
    'x-amz-meta-signature': 'ab',
    'x-amz-version-id': 'v1',
    etag: '"e"',
    'content-encoding': 'gzip',
  };
  response.writeHead(200, { ...headers, 'last-modified': 'Thu, 05 Mar 2026 01:00:00 GMT' }).end('body');
};

/** Signature Version 4 once more, from what arrived, by its definition. */
const signatureOf = ({ url, headers }: Asked): string => {
  const [path = '', query = ''] = url.split('?');
  const [, day = '', region = ''] = /Credential=[^/]+\/(\d{8})\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const names = (/SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '').split(';');
  const canonical = [
    'GET',
    path,
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ];
  const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${day}/${region}/s3/aws4_request`, digest].join('\n');
  let key: string | Buffer = 'AWS4secret';
  for (const part of [day, region, 's3', 'aws4_request', text]) key = createHmac('sha256', key).update(part).digest();
  return Buffer.from(key).toString('hex');
};

const KEY = "prefix/AWSLogs/a b!'()*~+=&?#%ü.json.gz";
const at = (key: string, versionId?: string) => ({ bucket: 'bkt', key, ...(versionId !== undefined && { versionId }) });
const LIMIT = { maxBytes: 100 };

describe('reading very many objects', () => {
  it('asks the SDK once per bucket, and then asks alike: same path, signed right, same answer', async () => {
    const { asked, read } = await bench(whole);
    const first = await read(at(KEY, 'v/1+='), LIMIT);
    const second = await read(at(KEY, 'v/1+='), LIMIT);
    expect(asked.map(isSdk)).toEqual([true, false]);
    expect(asked[1]?.url.split('?')[0]).toBe(asked[0]?.url.split('?')[0]);
    expect(asked[1]?.url.split('?')[1]).toBe('versionId=v%2F1%2B%3D');
    expect(asked[1]?.headers).toMatchObject({
      'x-amz-security-token': 'token',
      'x-amz-expected-bucket-owner': '111122223333',
    });
    if (asked[1] === undefined) throw new Error('no second request');
    expect(asked[1].headers.authorization).toContain(`Signature=${signatureOf(asked[1])}`);
    expect(second).toEqual(first);
    expect(second).toMatchObject({
      kind: 'found',
      metadata: { signature: 'ab' },
      versionId: 'v1',
      lastModified: '2026-03-05T01:00:00.000Z',
    });
  });

  it('asks by itself from the first object on, when the SDK has listed the bucket', async () => {
    const { asked, read, list } = await bench((response, { url }) =>
      url.includes('list-type')
        ? response.end(
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>',
          )
        : whole(response),
    );
    for await (const { key } of list('bkt', 'a/')) throw new Error(`listed ${key}`);
    expect(await read(at(KEY), LIMIT)).toMatchObject({ kind: 'found' });
    expect(asked.map(isSdk)).toEqual([true, false]);
    if (asked[1] === undefined) throw new Error('no second request');
    expect(asked[1].url).toBe(
      `/bkt/${encodeURIComponent(KEY)
        .replaceAll('%2F', '/')
        .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)}`,
    );
    expect(asked[1].headers.authorization).toContain(`Signature=${signatureOf(asked[1])}`);
  });

  it('signs right from one second to the next, and with new credentials', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 2, 5, 23, 59, 58) });
    try {
      let turn = 0;
      const { asked, read } = await bench(whole, async () => {
        turn += 1;
        return { ...CREDENTIALS, sessionToken: `token${turn}`, expiration: new Date(Date.now() + 1000) };
      });
      for (let time = 0; time < 5; time += 1) {
        await read(at('a'), LIMIT);
        await read(at('b'), LIMIT);
        vi.setSystemTime(Date.now() + 1000);
      }
      const own = asked.filter((one) => !isSdk(one));
      expect(own.length).toBeGreaterThan(7);
      expect(new Set(own.map(({ headers }) => headers['x-amz-date'])).size).toBe(5);
      expect(new Set(own.map(({ headers }) => headers['x-amz-security-token'])).size).toBeGreaterThan(1);
      for (const one of own) expect(one.headers.authorization).toContain(`Signature=${signatureOf(one)}`);
    } finally {
      vi.useRealTimers();
    }
  });

  it('writes nothing into a request that could end a field of it', async () => {
    const { asked, read } = await bench(whole, async () => ({ ...CREDENTIALS, sessionToken: 'to ken' }));
    await read(at('a'), LIMIT);
    await read(at('b'), LIMIT);
    expect(asked.map(isSdk)).toEqual([true, true]);
  });

  it('leaves an endpoint to the SDK that answers in a way not understood here', async () => {
    const { asked, read } = await bench((response) =>
      response.writeHead(200, {}).write('bo', () => response.end('dy')),
    );
    for (let time = 0; time < 40; time += 1) expect(await read(at('a'), LIMIT)).toMatchObject({ kind: 'found' });
    expect(asked.filter((one) => !isSdk(one))).toHaveLength(32);
    expect(asked.filter(isSdk)).toHaveLength(40);
  });

  const fault = (status: number, code: string) => (response: ServerResponse) => {
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);
  };

  it.each<readonly [string, (response: ServerResponse) => void, object]>([
    ['a missing object', fault(404, 'NoSuchKey'), { kind: 'missing' }],
    ['a refusal', fault(403, 'AccessDenied'), { kind: 'unreadable', code: 'AccessDenied' }],
    ['an archived object', fault(403, 'InvalidObjectState'), { kind: 'unreadable', code: 'InvalidObjectState' }],
    [
      'an object beyond the limit',
      (response) => response.writeHead(200, { 'content-length': 101 }).end('x'.repeat(101)),
      { kind: 'unreadable', code: 'TooLarge' },
    ],
    [
      'a chunked body',
      (response) => response.writeHead(200, {}).write('bo', () => response.end('dy')),
      { kind: 'found', bytes: Buffer.from('body') },
    ],
  ])('leaves %s to the SDK', async (_, answer, expected) => {
    const { asked, read } = await bench((response, { url }) =>
      url.includes('good') ? whole(response) : answer(response),
    );
    await read(at('good'), LIMIT);
    expect(await read(at('bad'), LIMIT)).toMatchObject(expected);
    expect(asked.map(isSdk)).toEqual([true, false, true]);
  });

  it('reads again through the SDK what broke off', async () => {
    let broken = true;
    const { read } = await bench((response, { url }) => {
      if (url.includes('good') || !broken) return whole(response);
      broken = false;
      response.writeHead(200, { 'content-length': 4 }).write('bo');
      response.destroy();
    });
    await read(at('good'), LIMIT);
    expect(await read(at('bad'), LIMIT)).toMatchObject({ kind: 'found' });
  });
});
