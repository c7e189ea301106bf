import { availableParallelism, cpus, totalmem } from 'node:os';

/** One line on what the figures were taken on. Ratios travel, milliseconds do not. */
export const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${model} (${process.arch}), ${memory} GiB, ${process.platform}, Node ${process.versions.node}`;
};
