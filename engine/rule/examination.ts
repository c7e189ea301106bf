import { isJsonObject, type Json } from '../record/json.ts';
import { searchTexts } from './decode.ts';
import type { CompiledItem } from './item.ts';
import { resolve } from './path.ts';
import { isScalar, type Subject, subject, textOf } from './value.ts';

/** A text inside a value, and where below the value it stands. */
interface Inside {
  readonly at: string;
  readonly subject: Subject;
}

/** A value of a field. What is made of it is made when first asked for, by `ownText` and `innerTexts`. */
export interface Examined {
  readonly at: string;
  readonly value: Json;
  own: Subject | undefined;
  inside: readonly Inside[] | undefined;
}

/** What an item looks at in one record. */
export interface Examination {
  readonly root: Json;
  readonly present: boolean;
  readonly values: readonly Examined[];
  /** Where each text stands first among the values, in lower case; made when first asked for, by `placeOfText`. */
  places: ReadonlyMap<string, number> | undefined;
}

const examine = (at: string, value: Json): Examined => ({ at, value, own: undefined, inside: undefined });

/** A leaf of the record for keywords: what is inside it stands in the list beside it. */
const examineLeaf = (at: string, leaf: Subject): Examined => ({
  at,
  value: leaf.raw,
  own: leaf,
  inside: [{ at: '', subject: leaf }],
});

/** The value as a text; undefined for null, objects and arrays, which are none. */
export const ownText = (examined: Examined): Subject | undefined => {
  const { value } = examined;
  if (value === null || !isScalar(value)) return undefined;
  examined.own ??= subject(textOf(value));
  return examined.own;
};

/** The texts to search in the value: see `searchTexts`. */
export const innerTexts = (examined: Examined): readonly Inside[] => {
  examined.inside ??= searchTexts(examined.value);
  return examined.inside;
};

const placesOf = (values: readonly Examined[]): ReadonlyMap<string, number> => {
  const places = new Map<string, number>();
  values.forEach((examined, place) => {
    const text = ownText(examined)?.folded;
    if (text !== undefined && !places.has(text)) places.set(text, place);
  });
  return places;
};

/** The place of the first value that is this text, case ignored, by a table of all values; undefined: there is none. */
export const placeOfText = (looked: Examination, folded: string): number | undefined => {
  looked.places ??= placesOf(looked.values);
  return looked.places.get(folded);
};

/** Where to look: an item's own field, or one that it refers to. No path: keywords. */
type Look = Pick<CompiledItem, 'field' | 'path'>;

const examineField = ({ path }: Look, root: Json): Examination => {
  if (path === null) {
    const leaves = isJsonObject(root) ? searchTexts(root) : [];
    const values = leaves.map(({ at, subject: leaf }) => examineLeaf(at.slice(1), leaf));
    return { root, present: true, values, places: undefined };
  }
  const { present, values } = resolve(root, path);
  return { root, present, values: values.map(({ at, value }) => examine(at, value)), places: undefined };
};

/** Values a field may have, and characters a value, to be looked at anew for each item that asks. */
const FEW = 16;
const SHORT = 256;

const isDear = ({ value }: Examined): boolean =>
  typeof value === 'string' ? value.length > SHORT : typeof value === 'object' && value !== null;

/**
 * Fields of the last record that are dear to look at: many values, long ones, or parts to search. All rules ask for the
 * same few fields of one record after another, and a hostile record may put megabytes into one of them. What is cheap is
 * not kept, so that the elements of an array, records in their turn, do not drive out what the record itself has.
 */
let dear: { readonly root: Json; readonly fields: Map<string | null, Examination> } | undefined;

/**
 * What there is to look at in a record, which nobody changes in the meantime: for keywords every text of the record, else
 * the values of its field.
 */
export const examination = (look: Look, root: Json): Examination => {
  const known = dear?.root === root ? dear.fields.get(look.field) : undefined;
  if (known !== undefined) return known;
  const looked = examineField(look, root);
  if (looked.values.length > FEW || looked.values.some(isDear)) {
    if (dear?.root !== root) dear = { root, fields: new Map() };
    dear.fields.set(look.field, looked);
  }
  return looked;
};
