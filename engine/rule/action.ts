import { entryOf, type Located, type LocatedMap } from './located.ts';
import type { Complaint } from './problems.ts';

/** Puts one map over another, map into map: what `action: global` says of every document behind it. */
const overlay = (under: LocatedMap, over: LocatedMap): LocatedMap => {
  const merged = over.entries.map((entry) => {
    const below = entryOf(under, entry.key)?.value;
    return below?.kind === 'map' && entry.value.kind === 'map'
      ? { ...entry, value: overlay(below, entry.value) }
      : entry;
  });
  const kept = under.entries.filter(({ key }) => entryOf(over, key) === undefined);
  return { ...over, entries: [...kept, ...merged] };
};

const without = (map: LocatedMap, key: string): LocatedMap => ({
  ...map,
  entries: map.entries.filter((entry) => entry.key !== key),
});

/** A document of a file with what its actions add, or why its action cannot be read. */
export type Acted =
  | { readonly kind: 'document'; readonly map: LocatedMap; readonly inheritedId: boolean }
  | { readonly kind: 'fault'; readonly at: Located; readonly complaint: Complaint };

/**
 * Applies the actions of a multi-document file (rules specification 1.x, "Rule collections"; pySigma keeps them):
 * `global` is merged into all documents behind it, `reset` forgets it, `repeat` merges into the document before (where
 * there is none, into what is global).
 */
export const applyActions = (roots: readonly LocatedMap[]): readonly Acted[] => {
  const acted: Acted[] = [];
  let shared: LocatedMap | undefined;
  let previous: LocatedMap | undefined;
  const put = (map: LocatedMap, base: LocatedMap | undefined): void => {
    previous = base === undefined ? map : overlay(base, map);
    const inheritedId = entryOf(map, 'id') === undefined && entryOf(previous, 'id') !== undefined;
    acted.push({ kind: 'document', map: previous, inheritedId });
  };
  for (const root of roots) {
    const action = entryOf(root, 'action');
    const name = action?.value.kind === 'scalar' ? action.value.value : undefined;
    const body = without(root, 'action');
    if (action === undefined) put(body, shared);
    else if (name === 'global') shared = shared === undefined ? body : overlay(shared, body);
    else if (name === 'reset') shared = undefined;
    else if (name === 'repeat' && (previous ?? shared) !== undefined) put(body, previous ?? shared);
    else {
      const complaint =
        name === 'repeat'
          ? { code: 'invalid-action', message: '`action: repeat` has no document before it', field: 'action' }
          : { code: 'invalid-action', message: 'unknown `action`', hint: 'global, reset or repeat', field: 'action' };
      acted.push({ kind: 'fault', at: action.value, complaint });
    }
  }
  return acted;
};
