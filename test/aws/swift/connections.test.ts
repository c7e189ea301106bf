import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { connections } from '../../../aws/swift/connections.ts';

/** What the server does with its nth connection, told of each request's text. */
type Play = (socket: Socket, request: string, turn: { readonly connection: number; readonly request: number }) => void;

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

const stage = async (play: Play, sockets = 1, silenceMs?: number) => {
  const open = new Set<Socket>();
  let opened = 0;
  let onClosed = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  const server = createServer((socket) => {
    const connection = opened;
    opened += 1;
    open.add(socket);
    let requests = 0;
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      onClosed();
    });
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end + 4);
        text = text.slice(end + 4);
        play(socket, request, { connection, request: requests });
        requests += 1;
      }
    });
  }).listen(0, '127.0.0.1');
  ended.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  // A server that listens on a port has an AddressInfo; a string is for pipes only.
  const { port } = server.address() as AddressInfo;
  const ask = connections({ secure: false, host: '127.0.0.1', port }, sockets, silenceMs);
  return {
    ask: (name = '/', maxBytes = 100) => ask(`GET ${name} HTTP/1.1\r\n\r\n`, maxBytes),
    opened: () => opened,
    /** Both sides have closed a connection. */
    closed: () => closed.then(() => new Promise((resolve) => setTimeout(resolve, 20))),
  };
};

const answer = (body: string, ...fields: readonly string[]): string =>
  [`HTTP/1.1 200 OK`, `Content-Length: ${Buffer.byteLength(body)}`, ...fields, '', body].join('\r\n');

describe('connections kept to a server', () => {
  it('asks one request after the other on one connection', async () => {
    const { ask, opened } = await stage((socket, request) => socket.write(answer(request.split(' ')[1] ?? '')));
    const bodies = [];
    for (const name of ['/a', '/b', '/c']) bodies.push((await ask(name))?.body.toString());
    expect(bodies).toEqual(['/a', '/b', '/c']);
    expect(opened()).toBe(1);
  });

  it('never has two requests under way on one connection, nor more connections than allowed', async () => {
    const under = new Map<Socket, number>();
    let most = 0;
    const { ask, opened } = await stage((socket, request) => {
      under.set(socket, (under.get(socket) ?? 0) + 1);
      most = Math.max(most, under.get(socket) ?? 0);
      setTimeout(() => {
        under.set(socket, (under.get(socket) ?? 0) - 1);
        socket.write(answer(request.split(' ')[1] ?? ''));
      }, 2);
    }, 3);
    const names = Array.from({ length: 20 }, (_, at) => `/${at}`);
    const bodies = await Promise.all(names.map(async (name) => (await ask(name))?.body.toString()));
    expect(bodies).toEqual(names);
    expect([most, opened()]).toEqual([1, 3]);
  });

  it('gives an empty body', async () => {
    const { ask } = await stage((socket) => socket.write(answer('')));
    expect((await ask())?.body).toHaveLength(0);
  });

  it('opens another connection after an answer that closes', async () => {
    const { ask, opened } = await stage((socket) => socket.end(answer('x', 'Connection: close')));
    expect([(await ask())?.body.toString(), (await ask())?.body.toString()]).toEqual(['x', 'x']);
    expect(opened()).toBe(2);
  });

  it('opens another connection when the server closed an idle one', async () => {
    const { ask, opened, closed } = await stage((socket) => socket.write(answer('x'), () => socket.end()));
    expect((await ask())?.body.toString()).toBe('x');
    await closed();
    expect((await ask())?.body.toString()).toBe('x');
    expect(opened()).toBe(2);
  });

  it('gives nothing when the server closes while the request is on its way, and the next request is answered', async () => {
    const { ask } = await stage((socket, _, { connection, request }) =>
      connection === 0 && request === 1 ? socket.destroy() : socket.write(answer('x')),
    );
    expect((await ask())?.body.toString()).toBe('x');
    expect(await ask()).toBeUndefined();
    expect((await ask())?.body.toString()).toBe('x');
  });

  it('gives up a server that falls silent, and keeps no idle connection for ever', async () => {
    const play: Play = (socket, request) =>
      socket.write(request.includes('silent') ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx' : answer('x'));
    const { ask, opened, closed } = await stage(play, 1, 100);
    expect(await ask('/silent')).toBeUndefined();
    await closed();
    expect((await ask())?.body.toString()).toBe('x');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await ask())?.body.toString()).toBe('x');
    expect(opened()).toBe(3);
  });

  it('believes nothing that arrives before it is asked for', async () => {
    const { ask, opened, closed } = await stage((socket) => {
      socket.write(answer('first'));
      setTimeout(() => socket.write(answer('unasked')), 5);
    });
    expect((await ask())?.body.toString()).toBe('first');
    await closed();
    expect((await ask())?.body.toString()).toBe('first');
    expect(opened()).toBe(2);
  });

  it.each<readonly [string, Play]>([
    ['a missing object', (socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx')],
    [
      'a redirect',
      (socket) => socket.write('HTTP/1.1 307 Temporary Redirect\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'a chunked body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'),
    ],
    ['a body without a length', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nx')],
    ['a body that breaks off', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx')],
    [
      'a body that is reset',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', () => socket.resetAndDestroy()),
    ],
    ['a body longer than it says', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy')],
    ['two answers at once', (socket) => socket.write(answer('x') + answer('y'))],
    ['a body longer than allowed', (socket) => socket.write(answer('x'.repeat(101)))],
    ['a length longer than allowed', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n')],
    [
      'an endless head',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`),
    ],
    ['a head that does not end', (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}`)],
    ['a head that breaks off', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['an end without an answer', (socket) => socket.end()],
    ['another protocol', (socket) => socket.write(`${'\u0015\u0003\u0001'}\r\n\r\n`)],
  ])('gives nothing for %s, and opens another connection', async (_, play) => {
    const { ask, opened } = await stage((socket, request, turn) =>
      request.includes('bad') ? play(socket, request, turn) : socket.write(answer('good')),
    );
    expect(await ask('/bad')).toBeUndefined();
    expect((await ask('/good'))?.body.toString()).toBe('good');
    expect(opened()).toBe(2);
  });

  it('gives nothing where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const ask = connections({ secure: false, host: '127.0.0.1', port }, 2);
    expect(await Promise.all([1, 2, 3].map(() => ask('GET / HTTP/1.1\r\n\r\n', 1)))).toEqual(Array(3).fill(undefined));
  });

  it('reads the same answer however its bytes are cut', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const whole = Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 256\r\nETag: "e"\r\n\r\n', 'latin1'),
      body,
    ]);
    let cuts: readonly number[] = [];
    const { ask, opened } = await stage(async (socket) => {
      socket.setNoDelay(true);
      const ends = [...new Set([...cuts, whole.length])].sort((one, other) => one - other);
      let from = 0;
      for (const end of ends) {
        socket.write(whole.subarray(from, end));
        from = end;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    const anywhere = fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anywhere, async (where) => {
        cuts = where;
        const read = await ask('/', 256);
        expect(read?.body.equals(body)).toBe(true);
        expect(read?.head.etag).toBe('"e"');
      }),
      { numRuns: 60 },
    );
    expect(opened()).toBe(1);
  });

  it('reads a body larger than what arrives at once', async () => {
    const body = 'abcdefg'.repeat(100_000);
    const { ask } = await stage((socket) => socket.write(answer(body)));
    expect((await ask('/', 1e6))?.body.toString()).toBe(body);
  });
});
