/** Runs tasks, at most `lanes` at a time, in the order they were handed over. */
export type Lanes = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * Makes lanes that several callers may share, so that together they never have more than `count` requests under way.
 *
 * @param count how many tasks may run at once, 1 or more
 */
export const lanes = (count: number): Lanes => {
  let free = Math.max(1, count);
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      release();
    }
  };
};
