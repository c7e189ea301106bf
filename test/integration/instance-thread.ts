import { parentPort, workerData } from 'node:worker_threads';

// A Lambda instance: its own environment, its own clock, and killed as one is, in the middle of whatever it does.
const { bundle, offsetMs }: { readonly bundle: string; readonly offsetMs: number } = workerData;
let offset = offsetMs;
const now = Date.now;
Date.now = () => now() + offset;

const { handler }: { readonly handler: (event: unknown, context: unknown) => Promise<unknown> } = await import(bundle);
const port = parentPort;

const context = {
  functionName: 'test',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:test',
  memoryLimitInMB: '1769',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 60_000,
};

port?.on('message', async ({ id, event, moveClockMs }) => {
  offset += moveClockMs ?? 0;
  try {
    const result = event === undefined ? undefined : await handler(event, context);
    port.postMessage({ id, result });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
});
port?.postMessage({ ready: true });
