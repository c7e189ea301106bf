import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/**
 * One line on what the figures are taken on, and how busy it was before: ratios travel, milliseconds do not, and on a busy
 * machine neither tells much of threads.
 */
export const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${model} (${process.arch}), ${memory} GiB, ${process.platform}, Node ${process.versions.node}, load ${(loadavg()[0] ?? 0).toFixed(1)} before`;
};
