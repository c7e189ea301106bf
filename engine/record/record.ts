import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * One CloudTrail record (management, data, network activity, insight), as CloudTrail wrote it. Only its being a JSON
 * object is certain: every field may be absent, null or of another type (userAgent was seen as an array).
 */
export type CloudTrailRecord = JsonObject;

/** A record and where it stood in its file: index in `Records`, counted from 0. */
export interface NumberedRecord {
  readonly index: number;
  readonly record: CloudTrailRecord;
}

/** An element of `Records` that is not a record. */
export interface MalformedRecord {
  readonly index: number;
  readonly reason: string;
}

/** An own field of an object, or undefined: never one inherited from a prototype. */
export const own = (value: Json | undefined, key: string): Json | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** The string at a path of own fields, or undefined where there is none or it is not a string. */
export const textAt = (record: Json | undefined, ...path: readonly string[]): string | undefined => {
  let value: Json | undefined = record;
  for (const key of path) value = own(value, key);
  return typeof value === 'string' ? value : undefined;
};
