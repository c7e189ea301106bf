/** A time given at the terminal that cannot be read. */
export class TimeError extends Error {
  override readonly name = 'TimeError';
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const DURATION = /^(\d{1,5})(m|h|d|w)$/;
const UNITS: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Milliseconds of a time in ISO 8601. An offset is honoured (the AWS CLI drops it); without one the time is UTC, whatever
 * the machine's zone.
 *
 * @throws TimeError
 */
export const parseTime = (text: string): number => {
  const [, day, clock = '00:00', seconds = ':00', zone = 'Z'] = TIME.exec(text.trim()) ?? [];
  const digits = zone.replace(':', '');
  const offset = digits.length === 3 ? `${digits}:00` : digits.replace(/^(.\d{2})(\d{2})$/, '$1:$2').toUpperCase();
  const time = day === undefined ? Number.NaN : Date.parse(`${day}T${clock}${seconds}${offset}`);
  if (!Number.isNaN(time)) return time;
  throw new TimeError(
    `${JSON.stringify(text)} is no time: expected ISO 8601, such as 2026-03-05, 2026-03-05T10:00Z or 2026-03-05T10:00+09:00`,
  );
};

/**
 * Milliseconds of a duration such as 90m, 24h, 7d or 2w.
 *
 * @throws TimeError
 */
export const parseDuration = (text: string): number => {
  const [, count, unit = ''] = DURATION.exec(text.trim()) ?? [];
  if (count !== undefined) return Number(count) * (UNITS[unit] ?? 0);
  throw new TimeError(`${JSON.stringify(text)} is no duration: expected a number and m, h, d or w, such as 24h`);
};
