/** Runs tasks as long as their weights together stay within a budget; the others wait their turn. */
export type ByteBudget = <T>(bytes: number, task: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * Bounds what is under way by bytes and by number: many small files at once, so that S3's latency is waited for
 * together; large ones one after the other, so that a batch of them cannot fill the memory. A task heavier than the
 * whole budget runs alone. First come, first served.
 */
export const byteBudget = ({ bytes, tasks }: { readonly bytes: number; readonly tasks: number }): ByteBudget => {
  const waiting: Waiting[] = [];
  let free = bytes;
  let running = 0;
  const startNext = (): void => {
    const [next] = waiting;
    if (next === undefined || running >= tasks || (next.bytes > free && running > 0)) return;
    waiting.shift();
    running += 1;
    free -= next.bytes;
    next.start();
    startNext();
  };
  return async (weight, task) => {
    await new Promise<void>((start) => {
      waiting.push({ bytes: weight, start });
      startNext();
    });
    try {
      return await task();
    } finally {
      running -= 1;
      free += weight;
      startNext();
    }
  };
};
