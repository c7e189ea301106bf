/** How one task of `atMost` ended. */
export type Settled<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Runs a task for every item, at most `limit` at a time, and waits for all: a failed task stops no other. Outcomes
 * stand in the order of the items.
 */
export const atMost = async <Item, T>(
  limit: number,
  items: readonly Item[],
  task: (item: Item) => Promise<T>,
): Promise<readonly Settled<T>[]> => {
  const outcomes = new Array<Settled<T>>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    // One iterator for all workers: each takes the next item that nobody took.
    for (const [index, item] of queue) {
      try {
        outcomes[index] = { kind: 'done', value: await task(item) };
      } catch (error) {
        outcomes[index] = { kind: 'failed', error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return outcomes;
};
