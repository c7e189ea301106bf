import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../engine/record/json.ts';

/** A number CloudTrail writes with a decimal point (`7173.0`), which JSON.stringify cannot. */
export const double = (value: number): string => `${mark}${value.toFixed(1)}`;

const mark = `double-${randomUUID()}-`;
const marked = new RegExp(`"${mark}([0-9.]+)"`, 'g');

const escapes: { readonly [char: string]: string } = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '=': '\\u003d',
  "'": '\\u0027',
};

/** The text of one record as CloudTrail writes it: compact, with the HTML characters of strings escaped. */
export const recordText = (record: JsonObject): string =>
  JSON.stringify(record)
    .replace(marked, '$1')
    .replace(/[<>&=']/g, (char) => escapes[char] ?? char);

/** The text of a log file. */
export const logText = (records: readonly string[]): string => `{"Records":[${records.join(',')}]}`;
