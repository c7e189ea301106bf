import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteBudget } from '../../aws/byte-budget.ts';

/** Runs tasks of these weights and says the most that was under way at once. */
const most = async (weights: readonly number[], limits: { readonly bytes: number; readonly tasks: number }) => {
  const within = byteBudget(limits);
  const peak = { bytes: 0, tasks: 0 };
  let [bytes, tasks] = [0, 0];
  const done = await Promise.all(
    weights.map((weight, index) =>
      within(weight, async () => {
        bytes += weight;
        tasks += 1;
        peak.bytes = Math.max(peak.bytes, bytes);
        peak.tasks = Math.max(peak.tasks, tasks);
        await new Promise((resolve) => setImmediate(resolve));
        bytes -= weight;
        tasks -= 1;
        return index;
      }),
    ),
  );
  return { ...peak, done };
};

describe('a byte budget', () => {
  it('runs small tasks together', async () => {
    expect(await most([1, 1, 1, 1], { bytes: 10, tasks: 3 })).toMatchObject({ tasks: 3, bytes: 3 });
  });

  it('runs a task heavier than all of it alone', async () => {
    expect(await most([50, 50, 50], { bytes: 10, tasks: 8 })).toMatchObject({ tasks: 1, bytes: 50 });
  });

  it('never goes beyond its limits, and runs every task', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(10), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (weights, tasks) => {
          const peak = await most(weights, { bytes: 10, tasks });
          expect(peak.bytes).toBeLessThanOrEqual(10);
          expect(peak.tasks).toBeLessThanOrEqual(tasks);
          expect(peak.done).toEqual(weights.map((_, index) => index));
        },
      ),
    );
  });

  it('goes on after a task that failed', async () => {
    const within = byteBudget({ bytes: 1, tasks: 1 });
    const failed = within(1, () => Promise.reject(new Error('no')));
    const next = within(1, async () => 'done');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
