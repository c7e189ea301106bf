const STEPS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, decimal units: 1.2 MB. */
export const showBytes = (bytes: number): string => {
  let left = bytes;
  let step = 0;
  while (left >= 999.5 && step < STEPS.length - 1) {
    left /= 1000;
    step += 1;
  }
  return `${step === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${STEPS[step]}`;
};

/** Seconds for people: 0.42 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export const showDuration = (seconds: number): string => {
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
};

/** A count with thousands separated: 43,109. */
export const showCount = (count: number): string => count.toLocaleString('en-US');

/** `1 file`, `2 files`. */
export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${showCount(count)} ${count === 1 ? noun : many}`;
