import { connect as connectPlain, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectSecure } from 'node:tls';
import { type AnswerHead, MAX_HEAD_BYTES, readHead } from './answer.ts';

/** A server, as a request of the SDK named it. */
export interface Endpoint {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
}

export interface Answer {
  readonly head: AnswerHead;
  readonly body: Buffer;
}

/**
 * Sends a request and gives the whole answer; undefined for whatever is not plain (see `readHead`), longer than
 * `maxBytes`, broken off, silent for too long, or not reached at all.
 *
 * @param request the whole text of a request without body
 */
export type Ask = (request: string, maxBytes: number) => Promise<Answer | undefined>;

const SILENCE_MS = 10_000;
const HEAD_END = '\r\n\r\n';

/** Where every socket's bytes arrive: what is kept of them is copied out before the next arrive. */
const arrival = Buffer.allocUnsafeSlow(64 * 1024);

/** One request under way on a connection. */
interface Exchange {
  readonly maxBytes: number;
  readonly settle: (answer: Answer | undefined) => void;
}

interface Connection {
  readonly send: (request: string, exchange: Exchange) => void;
  /** An idle connection keeps no process from ending. */
  readonly rest: () => void;
}

/** Bytes of one answer as they arrive. `odd`: this is no answer that is understood here. */
type Progress = 'more' | 'odd' | Answer;

/** Puts one answer together; nothing may stand behind it. */
const assembling = (maxBytes: number): ((chunk: Buffer) => Progress) => {
  let start: Buffer | undefined;
  let head: AnswerHead | undefined;
  const parts: Buffer[] = [];
  let missing = 0;
  const takeBody = (bytes: Buffer): Progress => {
    if (head === undefined || bytes.length > missing) return 'odd';
    missing -= bytes.length;
    const part = Buffer.from(bytes);
    if (missing === 0) return { head, body: parts.length === 0 ? part : Buffer.concat([...parts, part]) };
    parts.push(part);
    return 'more';
  };
  return (chunk) => {
    if (head !== undefined) return takeBody(chunk);
    const bytes: Buffer = start === undefined ? chunk : Buffer.concat([start, chunk]);
    const end = bytes.indexOf(HEAD_END, Math.max(0, (start?.length ?? 0) - HEAD_END.length), 'latin1');
    if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES)) return 'odd';
    if (end < 0) {
      start = Buffer.from(bytes);
      return 'more';
    }
    head = readHead(bytes.toString('latin1', 0, end + 2));
    if (head === undefined || head.length > maxBytes) return 'odd';
    missing = head.length;
    return takeBody(bytes.subarray(end + HEAD_END.length));
  };
};

interface Life {
  /** The answer came, and the next request may be sent. */
  readonly onFree: (connection: Connection) => void;
  readonly onGone: (connection: Connection) => void;
}

type Open = (onread: { readonly buffer: Uint8Array; readonly callback: (size: number) => boolean }) => Socket;

const connection = (open: Open, silenceMs: number, { onFree, onGone }: Life): Connection => {
  let under: (Exchange & { readonly take: (chunk: Buffer) => Progress }) | undefined;
  const settle = (answer: Answer | undefined): void => {
    const done = under;
    under = undefined;
    done?.settle(answer);
  };
  const arrived = (size: number): boolean => {
    // Bytes nobody asked for belong to no answer: a connection out of step is of no use.
    const progress = under === undefined ? 'odd' : under.take(arrival.subarray(0, size));
    if (progress === 'more') return true;
    const whole = progress === 'odd' ? undefined : progress;
    settle(whole);
    if (whole === undefined || whole.head.closes) socket.destroy();
    else onFree(own);
    return true;
  };
  const socket = open({ buffer: arrival, callback: arrived });
  socket.setNoDelay(true);
  socket.setTimeout(silenceMs, () => socket.destroy());
  // Whatever it is, the request is settled when the socket is closed; without a listener the process would end.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    settle(undefined);
    onGone(own);
  });
  const own: Connection = {
    send: (request, exchange) => {
      under = { ...exchange, take: assembling(exchange.maxBytes) };
      socket.ref();
      socket.write(request, 'latin1');
    },
    rest: () => socket.unref(),
  };
  return own;
};

const opener = ({ secure, host, port }: Endpoint): Open => {
  if (!secure) return (onread) => connectPlain({ host, port: port ?? 80, onread });
  const name = isIP(host) === 0 ? { servername: host } : {};
  let session: Buffer | undefined;
  return (onread) => {
    // Node documents `onread` for TLS as well; its types know it for plain connections only.
    const to: ConnectionOptions & Pick<TcpNetConnectOpts, 'onread'> = {
      host,
      port: port ?? 443,
      ALPNProtocols: ['http/1.1'],
      onread,
      ...name,
      ...(session !== undefined && { session }),
    };
    const socket = connectSecure(to);
    socket.on('session', (offered: Buffer) => {
      session = offered;
    });
    return socket;
  };
};

/**
 * Connections to one server, each with one request at a time (no pipelining), opened when needed and kept. HTTP/1.1 as
 * far as plain answers need it: with `node:http` a GET takes 0.1 ms of processor time more, as much as all the rest of it.
 *
 * @param sockets connections at most; further requests wait
 * @param silenceMs after which a connection is given up, idle or not
 */
export const connections = (endpoint: Endpoint, sockets: number, silenceMs: number = SILENCE_MS): Ask => {
  const open = opener(endpoint);
  // The one used last is the one least likely to be closed by the server.
  const idle: Connection[] = [];
  const waiting: (readonly [request: string, exchange: Exchange])[] = [];
  let count = 0;
  const sendNext = (to: Connection): void => {
    const next = waiting.shift();
    if (next === undefined) {
      idle.push(to);
      to.rest();
      return;
    }
    to.send(...next);
  };
  const openOne = (): void => {
    count += 1;
    sendNext(connection(open, silenceMs, { onFree: sendNext, onGone: lose }));
  };
  const lose = (gone: Connection): void => {
    count -= 1;
    const at = idle.indexOf(gone);
    if (at >= 0) idle.splice(at, 1);
    if (waiting.length > 0) openOne();
  };
  return (request, maxBytes) =>
    new Promise((settle) => {
      const free = idle.pop();
      const exchange = { maxBytes, settle };
      if (free === undefined) waiting.push([request, exchange]);
      else free.send(request, exchange);
      if (free === undefined && count < sockets) openOne();
    });
};
