import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/** One call to AWS on its way: `dynamodb PutItem`, `sns Publish`, `s3 GET`, and what it carries. */
export interface Call {
  readonly name: string;
  readonly path: string;
  readonly body: string;
}

/** What happens to a call instead of, or after, its being carried out. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** Not carried out, the connection is cut. */
  | { readonly kind: 'cut' }
  /** Carried out, but the answer is lost. */
  | { readonly kind: 'answer-lost' }
  /** Neither carried out nor answered. */
  | { readonly kind: 'silence' };

interface Plan {
  readonly when: (call: Call) => boolean;
  readonly fault: Fault;
  left: number;
  readonly reached: (call: Call) => void;
}

/** Stands between a function and the emulators. */
export interface FaultProxy {
  readonly url: string;
  /** Every call so far, carried out or not. */
  readonly calls: readonly Call[];
  /** Meets the next `times` calls of a kind with a fault; resolves when the first is met. */
  readonly fail: (name: string | ((call: Call) => boolean), fault: Fault, times?: number) => Promise<Call>;
  readonly stop: () => Promise<void>;
}

const nameOf = (message: IncomingMessage, body: string): string => {
  const target = String(message.headers['x-amz-target'] ?? '');
  if (target.startsWith('DynamoDB')) return `dynamodb ${target.split('.').at(-1)}`;
  if (target.startsWith('AmazonSQS')) return `sqs ${target.split('.').at(-1)}`;
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  return action === undefined ? `s3 ${message.method}` : `sns ${action}`;
};

const faultBody = (name: string, code: string): string => {
  if (name.startsWith('dynamodb') || name.startsWith('sqs'))
    return JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'injected' });
  if (name.startsWith('sns'))
    return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error></ErrorResponse>`;
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;
};

const forward = (
  target: URL,
  message: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  lose: boolean,
): void => {
  const onward = request(
    { host: target.hostname, port: target.port, method: message.method, path: message.url, headers: message.headers },
    (answer) => {
      if (lose) {
        answer.resume();
        answer.once('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  onward.once('error', () => response.destroy());
  onward.end(body);
};

const listen = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return `http://127.0.0.1:${address.port}`;
};

/** Starts a proxy on loopback in front of an emulator. */
export const startFaultProxy = async (target: string): Promise<FaultProxy> => {
  const plans: Plan[] = [];
  const calls: Call[] = [];
  const meet = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const text = body.toString('latin1');
    const call = { name: nameOf(message, text), path: message.url ?? '', body: text };
    calls.push(call);
    const plan = plans.find(({ left, when }) => left > 0 && when(call));
    if (plan === undefined) return forward(new URL(target), message, body, response, false);
    plan.left -= 1;
    plan.reached(call);
    switch (plan.fault.kind) {
      case 'status':
        response.writeHead(plan.fault.status, { 'content-type': 'application/xml' });
        response.end(faultBody(call.name, plan.fault.code));
        return;
      case 'cut':
        response.destroy();
        return;
      case 'answer-lost':
        return forward(new URL(target), message, body, response, true);
      case 'silence':
        return;
    }
  };
  const server = createServer((message, response) => {
    meet(message, response).catch(() => response.destroy());
  });
  return {
    url: await listen(server),
    calls,
    fail: (name, fault, times = 1) => {
      const { promise, resolve } = Promise.withResolvers<Call>();
      const when = typeof name === 'string' ? (call: Call) => call.name === name : name;
      plans.push({ when, fault, left: times, reached: resolve });
      return promise;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
