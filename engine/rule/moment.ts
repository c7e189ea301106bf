import type { TimePart } from './modifier.ts';
import type { Scalar } from './value.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
/** Seconds since the epoch stay below this for two thousand years; milliseconds have been above it since 1973. */
const MILLISECONDS_FROM = 100_000_000_000;

/** Milliseconds since the epoch a value writes: ISO 8601 (UTC where it names no zone), or epoch seconds or milliseconds. */
export const momentOf = (value: Scalar): number | undefined => {
  if (typeof value === 'number') return value >= MILLISECONDS_FROM ? value : value * 1000;
  if (typeof value !== 'string' || value.length > 40) return undefined;
  if (/^\d{9,13}$/.test(value)) return momentOf(Number(value));
  if (!ISO.test(value)) return undefined;
  const text = value.replace(' ', 'T');
  const zoned = text.length === 10 || /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  const moment = Date.parse(zoned.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(moment) ? undefined : moment;
};

/** Week of the year, ISO 8601: weeks start on Monday, week 1 has the year's first Thursday. */
const isoWeek = (date: Date): number => {
  const day = (date.getUTCDay() + 6) % 7;
  const thursday = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - day + 3);
  const year = new Date(thursday).getUTCFullYear();
  return Math.floor((thursday - Date.UTC(year, 0, 1)) / 604_800_000) + 1;
};

/** A part of a moment, in UTC: `day` of the month, `month` from 1, `week` as in ISO 8601. */
export const partOf = (part: TimePart, moment: number): number => {
  const date = new Date(moment);
  if (part === 'minute') return date.getUTCMinutes();
  if (part === 'hour') return date.getUTCHours();
  if (part === 'day') return date.getUTCDate();
  if (part === 'week') return isoWeek(date);
  return part === 'month' ? date.getUTCMonth() + 1 : date.getUTCFullYear();
};
