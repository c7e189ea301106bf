// A bundled function in a process of its own, as Lambda runs it: one event in, what the process took out. JavaScript, so
// that stripping its types is not part of what is measured.
import { readFileSync } from 'node:fs';

/** Linux keeps a parent's peak over fork and exec in getrusage; the address space of /proc begins at exec. */
const peak = () => {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
};

process.once('message', async ({ bundle, event }) => {
  const { handler } = await import(bundle);
  const started = performance.now();
  const context = { functionName: 'on-delivery', awsRequestId: 'bench', getRemainingTimeInMillis: () => 120_000 };
  const { batchItemFailures } = await handler(event, context);
  const milliseconds = performance.now() - started;
  process.send({ milliseconds, peakBytes: peak(), failed: batchItemFailures.length });
  process.disconnect();
});
