/** Any value JSON.parse can return. Event data is written by attackers: nothing else may be assumed of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Read fields with `Object.hasOwn` or after it: `__proto__` and `constructor` are ordinary keys here. */
export type JsonObject = { readonly [key: string]: Json };

/** True for a JSON object: not null, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
