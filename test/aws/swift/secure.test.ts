import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connections } from '../../../aws/swift/connections.ts';
import { selfSigned } from './certificate.ts';

const certificate = selfSigned('localhost');
const known = getCACertificates('default');
const bodyOf = (name: string): string => `${name} `.repeat(30_000);

const met: { readonly name: unknown; readonly protocol: unknown; readonly resumed: boolean }[] = [];
const server = createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (socket: TLSSocket) => {
  met.push({ name: socket.servername, protocol: socket.alpnProtocol, resumed: socket.isSessionReused() });
  socket.on('error', () => undefined);
  let requests = 0;
  socket.on('data', (bytes: Buffer) => {
    requests += 1;
    const body = bodyOf(bytes.toString('latin1').split(' ')[1] ?? '');
    const close = requests === 4;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`);
    if (close) socket.end(body);
    else socket.write(body);
  });
});
server.on('tlsClientError', () => undefined);
let port = 0;

beforeAll(async () => {
  server.listen(0);
  await once(server, 'listening');
  // A server that listens on a port has an AddressInfo; a string is for pipes only.
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => setDefaultCACertificates(known));
afterAll(() => server.close());

const asking = (host: string, sockets: number) => {
  const ask = connections({ secure: true, host, port }, sockets);
  return async (name: string) => (await ask(`GET ${name} HTTP/1.1\r\n\r\n`, 1e6))?.body.toString();
};

describe('connections over TLS', () => {
  it('read whole bodies, one after the other, and come back with the session of before', async () => {
    setDefaultCACertificates([...known, certificate.cert]);
    const ask = asking('localhost', 1);
    for (let time = 0; time < 6; time += 1) expect(await ask(`/${time}`)).toBe(bodyOf(`/${time}`));
    expect(met).toEqual([
      { name: 'localhost', protocol: 'http/1.1', resumed: false },
      { name: 'localhost', protocol: 'http/1.1', resumed: true },
    ]);
  });

  it('keep apart what arrives on several at once', async () => {
    setDefaultCACertificates([...known, certificate.cert]);
    const ask = asking('localhost', 5);
    const names = Array.from({ length: 30 }, (_, at) => `/${at}`);
    expect(await Promise.all(names.map(ask))).toEqual(names.map(bodyOf));
  });

  it('give nothing from a server whose certificate nobody vouches for', async () => {
    expect(await asking('localhost', 1)('/')).toBeUndefined();
  });

  it('give nothing from a server with a certificate for another name', async () => {
    setDefaultCACertificates([...known, certificate.cert]);
    expect(await asking('127.0.0.1', 1)('/')).toBeUndefined();
  });
});
