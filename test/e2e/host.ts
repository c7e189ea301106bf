// The process a packaged function runs in: imports the handler once (the cold start), then answers one event after another.
const [, , file = ''] = process.argv;
const loaded = import(file);

const contextOf = (name: string) => ({
  functionName: name,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
  memoryLimitInMB: '1769',
  awsRequestId: 'e2e',
  getRemainingTimeInMillis: () => 60_000,
});

process.on('message', ({ event, name }: { readonly event: unknown; readonly name: string }) => {
  loaded
    .then(({ handler }) => handler(event, contextOf(name)))
    .then(
      (result: unknown) => process.send?.({ result }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
