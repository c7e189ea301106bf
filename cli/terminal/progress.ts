import { Presets, SingleBar } from 'cli-progress';

/** A progress bar on standard error, or nothing where that is no terminal. */
export interface Progress {
  /** Counts steps done and says what is being done. */
  readonly advance: (steps: number, note?: string) => void;
  /** Takes the bar away. */
  readonly stop: () => void;
}

const SILENT: Progress = { advance: () => {}, stop: () => {} };

/**
 * Starts a bar.
 *
 * @param total steps in all, in the unit `advance` counts
 * @param label what is counted, e.g. `files`
 */
export const startProgress = (total: number, label: string): Progress => {
  if (!process.stderr.isTTY || total < 2) return SILENT;
  const bar = new SingleBar(
    {
      format: `{bar} {percentage}% {value}/{total} ${label} {note}`,
      barsize: 24,
      clearOnComplete: true,
      hideCursor: true,
      stopOnComplete: false,
      stream: process.stderr,
      fps: 8,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return { advance: (steps, note = '') => bar.increment(steps, { note }), stop: () => bar.stop() };
};
