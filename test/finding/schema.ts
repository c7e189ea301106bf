import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';

const schema: JsonObject = JSON.parse(readFileSync(new URL('../../docs/finding.schema.json', import.meta.url), 'utf8'));

const TYPES: { readonly [type: string]: (value: Json) => boolean } = {
  object: isJsonObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
};

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const fields = (value: Json | undefined): readonly [string, Json][] =>
  isJsonObject(value) ? Object.entries(value) : [];

/** Keywords of JSON Schema that the finding's schema uses; another one is an error, so that none is ignored. */
const KNOWN = [
  '$schema',
  'title',
  'description',
  'type',
  'required',
  'properties',
  'items',
  'enum',
  'const',
  'pattern',
  'format',
  'minimum',
  'additionalProperties',
];

const check = (value: Json, wanted: Json, path: string, strict: boolean): readonly string[] => {
  if (!isJsonObject(wanted)) return [`${path}: no schema`];
  const { type, required, properties, items, minimum, pattern, format, additionalProperties } = wanted;
  const wrong: string[] = Object.keys(wanted)
    .filter((key) => !KNOWN.includes(key))
    .map((key) => `${path}: unknown keyword ${key}`);
  if (typeof type === 'string' && TYPES[type]?.(value) !== true) wrong.push(`${path}: expected ${type}`);
  if ('enum' in wanted && !list(wanted['enum']).includes(value)) wrong.push(`${path}: not in the enumeration`);
  if ('const' in wanted && value !== wanted['const']) wrong.push(`${path}: not the constant`);
  if (typeof minimum === 'number' && !(typeof value === 'number' && value >= minimum))
    wrong.push(`${path}: below ${minimum}`);
  if (typeof pattern === 'string' && !(typeof value === 'string' && new RegExp(pattern).test(value)))
    wrong.push(`${path}: not of the pattern`);
  if (format === 'date-time' && !(typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)))
    wrong.push(`${path}: no time`);
  if (isJsonObject(value)) {
    for (const name of list(required))
      if (typeof name !== 'string' || !Object.hasOwn(value, name)) wrong.push(`${path}.${name}: missing`);
    for (const [name, inner] of fields(value)) {
      const known = isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known !== undefined) wrong.push(...check(inner, known, `${path}.${name}`, strict));
      else if (additionalProperties !== undefined)
        wrong.push(...check(inner, additionalProperties, `${path}.${name}`, strict));
      else if (properties !== undefined && strict) wrong.push(`${path}.${name}: not in the schema`);
    }
  }
  if (Array.isArray(value) && items !== undefined)
    for (const [at, inner] of value.entries()) wrong.push(...check(inner, items, `${path}[${at}]`, strict));
  return wrong;
};

/** What in the finding is not as docs/finding.schema.json says, fields it does not name included. */
export const schemaFaults = (finding: object): readonly string[] =>
  check(JSON.parse(JSON.stringify(finding)), schema, 'finding', true);
