// A bundled function in a process of its own, as Lambda runs it: one event in, what the process took out. JavaScript, so
// that stripping its types is not part of what is measured.
import { peakBytes } from './peak.js';

process.once('message', async ({ bundle, event }) => {
  const { handler } = await import(bundle);
  const started = performance.now();
  const context = { functionName: 'on-delivery', awsRequestId: 'bench', getRemainingTimeInMillis: () => 120_000 };
  const { batchItemFailures } = await handler(event, context);
  const milliseconds = performance.now() - started;
  process.send({ milliseconds, peakBytes: peakBytes(), failed: batchItemFailures.length });
  process.disconnect();
});
