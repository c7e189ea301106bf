import { UsageError } from '../usage-error.ts';

const UNITS = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const isUnit = (text: string): text is keyof typeof UNITS => Object.hasOwn(UNITS, text);
const AGO = /^(\d{1,6})([mhdw])$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Date.parse makes 30 February the second of March. */
const isDay = (day: string): boolean => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

/**
 * Reads a time as options give it: `2026-11-01T08:00:00Z` (with an offset: a bare clock time is ambiguous),
 * `2026-11-01` (midnight UTC), or how long ago: `90m`, `24h`, `7d`, `2w`.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws UsageError naming the option
 */
export const readTime = (option: string, text: string, now: number): number => {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count !== undefined && isUnit(unit)) return now - Number(count) * UNITS[unit] * 1000;
  const time = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time) && isDay(text.slice(0, 10))) return time;
  throw new UsageError(
    `${option} ${text}: expected a time with an offset (2026-11-01T08:00:00Z), a date (2026-11-01) or how long ago (24h, 7d)`,
  );
};
