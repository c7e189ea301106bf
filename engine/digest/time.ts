const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const WRITTEN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?Z$/;
const GENERATED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

const valid = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);

/** Milliseconds of a time as digests write it, `2024-03-05T01:13:52Z`; undefined for any other form. */
export const digestTime = (text: string): number | undefined =>
  WRITTEN.test(text) ? valid(Date.parse(text)) : undefined;

/** Milliseconds of a backfill digest's generation time (S3 metadata, ISO 8601 with a zone); undefined for other forms. */
export const generationTime = (text: string): number | undefined =>
  GENERATED.test(text) ? valid(Date.parse(text)) : undefined;

/** Milliseconds of the stamp in a file name: `20240305T011352Z` (digest) or `20240305T0128Z` (log). */
export const stampTime = (stamp: string): number | undefined => {
  const match = STAMP.exec(stamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '00'] = match;
  return valid(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`));
};

/** A time as digests write it: ISO 8601, UTC, whole seconds. */
export const writtenTime = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
