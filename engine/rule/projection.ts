import { isJsonObject, type Json } from '../record/json.ts';
import { mayBeDocument } from './decode.ts';
import type { Path } from './path.ts';
import type { Scalar } from './value.ts';

/** What a path leads to when it is simple to say: one scalar, or nothing (undefined). Anything else is COMPLEX. */
export const COMPLEX = Symbol('complex');
type Projected = Scalar | undefined | typeof COMPLEX;

/** Reads one field of a record without allocating; agrees with `resolve` wherever it does not say COMPLEX. */
export type Project = (record: Json) => Projected;

const scalarOr = (value: Json | undefined): Projected =>
  typeof value === 'object' && value !== null ? COMPLEX : value;

/** Keys every object inherits: plain reads of these would find the prototype's. */
const inherited = (key: string): boolean => key in Object.prototype;

/** For every level of a path, the dotted keys that would win over nesting there. */
const dottedKeys = (path: Path): readonly (readonly string[])[] =>
  path.map((_, from) => path.slice(from + 1).map((_part, more) => path.slice(from, from + more + 2).join('.')));

/** Whether a path can be projected: none of its keys, alone or joined, is one that objects inherit. */
export const isProjectable = (path: Path): boolean =>
  path.length <= 8 && !path.some(inherited) && !dottedKeys(path).flat().some(inherited);

/** Paths of two keys are most of those that every record is asked for: written out, they cost half. */
const projectInner = (first: string, second: string): Project => {
  const joined = `${first}.${second}`;
  return (record) => {
    if (!isJsonObject(record) || record[joined] !== undefined) return COMPLEX;
    const inner = record[first];
    if (isJsonObject(inner)) return scalarOr(inner[second]);
    if (Array.isArray(inner)) return COMPLEX;
    return typeof inner === 'string' && mayBeDocument(inner) ? COMPLEX : undefined;
  };
};

/** Compiles a projectable path. */
export const projectPath = (path: Path): Project => {
  const dotted = dottedKeys(path);
  const [first = ''] = path;
  if (path.length === 1) return (record) => (isJsonObject(record) ? scalarOr(record[first]) : COMPLEX);
  if (path.length === 2) return projectInner(first, path[1] ?? '');
  const last = path.length - 1;
  return (record) => {
    let value: Json | undefined = record;
    for (let level = 0; level <= last; level += 1) {
      if (!isJsonObject(value)) {
        if (value === undefined) return undefined;
        if (Array.isArray(value)) return COMPLEX;
        return typeof value === 'string' && mayBeDocument(value) ? COMPLEX : undefined;
      }
      const keys = dotted[level] ?? [];
      for (let at = 0; at < keys.length; at += 1) if (value[keys[at] ?? ''] !== undefined) return COMPLEX;
      value = value[path[level] ?? ''];
    }
    return scalarOr(value);
  };
};
