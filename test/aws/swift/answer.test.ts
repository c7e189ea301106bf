import { describe, expect, it } from 'vitest';
import { readHead } from '../../../aws/swift/answer.ts';

const head = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
const OK = 'HTTP/1.1 200 OK';
const FIVE = 'Content-Length: 5';

describe('the head of a plain answer', () => {
  it('gives length, version, tag, time and user metadata, however the names are written', () => {
    const text = head(
      OK,
      'x-amz-id-2: a/b+c=',
      'Date: Thu, 05 Mar 2026 01:00:01 GMT',
      'Last-Modified: Thu, 05 Mar 2026 01:00:00 GMT',
      'ETag:"e"  ',
      'x-amz-version-id:\tv.1',
      'X-Amz-Meta-Signature: ab',
      'x-amz-meta-signature-algorithm: SHA256withRSA',
      'Content-Encoding: gzip',
      'CONTENT-LENGTH: 5',
      'Server: AmazonS3',
    );
    expect(readHead(text)).toEqual({
      length: 5,
      closes: false,
      versionId: 'v.1',
      etag: '"e"',
      lastModified: 'Thu, 05 Mar 2026 01:00:00 GMT',
      metadata: { signature: 'ab', 'signature-algorithm': 'SHA256withRSA' },
    });
  });

  it.each([
    ['says that the connection stays', 'Connection: keep-alive', false],
    ['says that the connection is closed', 'connection: Close', true],
  ])('%s', (_, line, closes) => {
    expect(readHead(head(OK, FIVE, line))).toMatchObject({ length: 5, closes });
  });

  it('lets fields that mean nothing here stand twice, and values be empty', () => {
    expect(readHead(head(OK, 'Vary: a', 'Vary: b', 'x-empty:', FIVE))).toMatchObject({ length: 5 });
  });

  it('takes a name of the language for metadata like any other', () => {
    const { metadata } = readHead(head(OK, FIVE, 'x-amz-meta-__proto__: x')) ?? {};
    expect(Object.entries(metadata ?? {})).toEqual([['__proto__', 'x']]);
  });

  it.each<readonly [string, string]>([
    ['a missing object', head('HTTP/1.1 404 Not Found', FIVE)],
    ['a redirect', head('HTTP/1.1 301 Moved Permanently', FIVE)],
    ['a part of an object', head('HTTP/1.1 206 Partial Content', FIVE)],
    ['a part of an object that says 200', head(OK, FIVE, 'Content-Range: bytes 0-4/9')],
    ['an interim answer', head('HTTP/1.1 100 Continue')],
    ['another version of HTTP', head('HTTP/1.0 200 OK', FIVE)],
    ['a status line without a space behind the status', head('HTTP/1.1 200', FIVE)],
    ['a status of four digits', head('HTTP/1.1 2000 OK', FIVE)],
    ['a space before the status line', head(' HTTP/1.1 200 OK', FIVE)],
    ['no length', head(OK)],
    ['two lengths', head(OK, FIVE, FIVE)],
    ['two lengths in one field', head(OK, 'Content-Length: 5, 5')],
    ['a negative length', head(OK, 'Content-Length: -5')],
    ['a signed length', head(OK, 'Content-Length: +5')],
    ['a length in hexadecimal digits', head(OK, 'Content-Length: 0x5')],
    ['an empty length', head(OK, 'Content-Length:')],
    ['a length beyond what numbers hold', head(OK, 'Content-Length: 9999999999999999')],
    ['a chunked body', head(OK, 'Transfer-Encoding: chunked')],
    ['a chunked body with a length', head(OK, FIVE, 'Transfer-Encoding: chunked')],
    ['another protocol', head(OK, FIVE, 'Connection: upgrade', 'Upgrade: h2c')],
    ['an unknown word for the connection', head(OK, FIVE, 'Connection: close, te')],
    ['two versions', head(OK, FIVE, 'x-amz-version-id: a', 'x-amz-version-id: b')],
    ['the same metadata twice', head(OK, FIVE, 'x-amz-meta-signature: a', 'X-Amz-Meta-Signature: b')],
    ['a folded line', head(OK, FIVE, 'x-a: b', ' c')],
    ['a space before the colon', head(OK, 'Content-Length : 5')],
    ['a line without a colon', head(OK, FIVE, 'nothing')],
    ['a field without a name', head(OK, FIVE, ': x')],
    ['an empty line inside', head(OK, '', FIVE)],
    ['a bare line feed', `${OK}\r\nx: a\nContent-Length: 5\r\n`],
    ['a bare carriage return', `${OK}\r\nx: a\rContent-Length: 5\r\n`],
    ['a zero byte', head(OK, FIVE, 'x-a: b\0')],
    ['a last line without its end', `${OK}\r\nContent-Length: 5`],
    ['nothing', ''],
  ])('is not read from %s', (_, text) => {
    expect(readHead(text)).toBeUndefined();
  });
});
