import { isJsonObject, type Json } from '../record/json.ts';
import { documentIn } from './decode.ts';

/** A value a path leads to, and where it stands, with array indices: `requestParameters.items[2].cidrIp`. */
interface Found {
  readonly at: string;
  readonly value: Json;
}

/** Where a path leads in a record. */
export interface Resolved {
  /** Whether the path leads anywhere: true for JSON null and for an empty array, too. */
  readonly present: boolean;
  /** Values, arrays taken apart into their elements; objects stay whole. */
  readonly values: readonly Found[];
}

/** Levels a walk goes down: the deepest record known has 11. */
const MOST_DEPTH = 128;
const MOST_DOCUMENTS = 4;

/** A field path, cut at its dots once. */
export type Path = readonly string[];
export const readPath = (field: string): Path => field.split('.');

/**
 * Finds the values of a field: own keys only; a literal key with dots wins over nesting, at every level; a path goes
 * through arrays of objects and into strings that are JSON documents.
 */
export const resolve = (root: Json, path: Path): Resolved => {
  const values: Found[] = [];
  const emit = (value: Json, at: string, depth: number): void => {
    if (!Array.isArray(value)) values.push({ at, value });
    else if (depth < MOST_DEPTH)
      value.forEach((element: Json, index) => {
        emit(element, `${at}[${index}]`, depth + 1);
      });
  };
  const walk = (value: Json, from: number, at: string, depth: number, documents: number): boolean => {
    if (from === path.length) {
      emit(value, at, depth);
      return true;
    }
    if (depth >= MOST_DEPTH) return false;
    if (Array.isArray(value)) {
      let present = false;
      value.forEach((element: Json, index) => {
        present = walk(element, from, `${at}[${index}]`, depth + 1, documents) || present;
      });
      return present;
    }
    if (isJsonObject(value)) {
      for (let end = path.length; end > from; end -= 1) {
        const key = path.slice(from, end).join('.');
        if (!Object.hasOwn(value, key)) continue;
        const here = at === '' ? key : `${at}.${key}`;
        if (walk(value[key] ?? null, end, here, depth + 1, documents)) return true;
      }
      return false;
    }
    if (typeof value !== 'string' || documents >= MOST_DOCUMENTS) return false;
    const inside = documentIn(value);
    return inside !== undefined && walk(inside, from, at, depth + 1, documents + 1);
  };
  const present = walk(root, 0, '', 0, 0);
  return { present, values };
};
