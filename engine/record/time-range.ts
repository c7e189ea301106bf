import type { Json } from './json.ts';

/** Event times asked for, in milliseconds since the epoch; absent bounds are open. */
export interface TimeRange {
  readonly since?: number;
  readonly until?: number;
}

/** Where an eventTime stands; `unknown` where it is none: what is not known to be outside is read. */
export const standing = (
  { since, until }: TimeRange,
  eventTime: Json | undefined,
): 'inside' | 'outside' | 'unknown' => {
  const time = typeof eventTime === 'string' ? Date.parse(eventTime) : Number.NaN;
  if (Number.isNaN(time)) return 'unknown';
  return (since === undefined || time >= since) && (until === undefined || time < until) ? 'inside' : 'outside';
};
