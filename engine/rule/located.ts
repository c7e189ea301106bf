import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import type { RuleValue } from './document.ts';

/** A place in a rule file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface LocatedScalar extends Place {
  readonly kind: 'scalar';
  readonly value: RuleValue;
  /** As written, without quotes. */
  readonly text: string;
  readonly quoted: boolean;
}
interface LocatedList extends Place {
  readonly kind: 'list';
  readonly items: readonly Located[];
}
export interface LocatedEntry {
  readonly key: string;
  readonly place: Place;
  readonly value: Located;
}
export interface LocatedMap extends Place {
  readonly kind: 'map';
  readonly entries: readonly LocatedEntry[];
}
/** YAML that knows where it stands. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

export interface YamlFault extends Place {
  readonly message: string;
}

/** Nodes one file may hold, aliases written out: a `billion laughs` file ends here, not in memory. */
const MOST_NODES = 100_000;
/** Characters one rule file may hold: SigmaHQ's largest is 60 kB. */
const MOST_TEXT = 5_000_000;
const MOST_DEPTH = 64;

class TooMuch extends Error {}

/** What YAML allows and a rule must not have, and where. */
class NoRuleYaml extends Error {
  readonly place: Place;
  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

/** `012345678901` is the number 12345678901 to YAML; digits that a number cannot hold stay text. */
const scalarValue = (value: unknown, text: string): RuleValue => {
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : text;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  return String(value);
};

const locate = (document: Document.Parsed, lines: LineCounter) => {
  let count = 0;
  const at = (node: { readonly range?: unknown } | null | undefined, otherwise: Place): Place => {
    const start = Array.isArray(node?.range) ? node.range[0] : undefined;
    if (typeof start !== 'number') return otherwise;
    const { line, col } = lines.linePos(start);
    return { line, column: col };
  };
  const walk = (node: unknown, around: Place, depth: number): Located => {
    count += 1;
    if (count > MOST_NODES) throw new TooMuch(`more than ${MOST_NODES} YAML nodes, aliases counted`);
    if (depth > MOST_DEPTH) throw new TooMuch(`nested more than ${MOST_DEPTH} levels deep`);
    if (isAlias(node)) {
      const meant = node.resolve(document);
      // `field: *admin*` is an alias to YAML: read as nothing, it would ask for an absent field.
      if (meant === undefined)
        throw new NoRuleYaml(
          `*${node.source} is an alias, and nothing is named so: quote a value that starts with *`,
          at(node, around),
        );
      return walk(meant, at(node, around), depth + 1);
    }
    if (isMap(node)) {
      const place = at(node, around);
      const entries = node.items.map(({ key, value }): LocatedEntry => {
        if (!isScalar(key)) throw new NoRuleYaml('a key must be text', at(isNode(key) ? key : undefined, place));
        const keyPlace = at(key, place);
        const text = key.source ?? String(key.value ?? '');
        return { key: text, place: keyPlace, value: walk(value, keyPlace, depth + 1) };
      });
      return { kind: 'map', entries, ...place };
    }
    if (isSeq(node)) {
      const place = at(node, around);
      return { kind: 'list', items: node.items.map((item) => walk(item, place, depth + 1)), ...place };
    }
    const text = isScalar(node) ? (node.source ?? String(node.value ?? '')) : '';
    const value = isScalar(node) ? scalarValue(node.value, text) : null;
    const quoted = isScalar(node) && node.type !== undefined && node.type !== 'PLAIN';
    return { kind: 'scalar', value, text, quoted, ...at(isScalar(node) ? node : undefined, around) };
  };
  return (root: Node | null): Located => walk(root, { line: 1, column: 1 }, 0);
};

/**
 * Reads the YAML documents of a file (YAML 1.2, core schema: `no` is text, a date is text, keys are unique).
 *
 * @returns one entry per document: its root, or the faults that keep it from being read; empty documents are left out
 */
export const readYaml = (text: string): readonly (Located | readonly YamlFault[])[] => {
  if (text.length > MOST_TEXT) return [[{ line: 1, column: 1, message: `more than ${MOST_TEXT} characters` }]];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    lineCounter: lines,
    prettyErrors: false,
  });
  if (!Array.isArray(documents)) return [];
  const read: (Located | readonly YamlFault[])[] = [];
  for (const document of documents) {
    // Only the first: what follows a broken line is mostly its consequence.
    const faults = document.errors.slice(0, 1).map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { line: Math.max(line, 1), column: Math.max(col, 1), message };
    });
    if (faults.length > 0) read.push(faults);
    else if (document.contents !== null) {
      try {
        const root = locate(document, lines)(document.contents);
        if (root.kind !== 'scalar' || root.value !== null) read.push(root);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const place = error instanceof NoRuleYaml ? error.place : { line: 1, column: 1 };
        read.push([{ ...place, message: error.message }]);
      }
    }
  }
  return read;
};

/** The value of a key of a map, or undefined. */
export const entryOf = (map: Located | undefined, key: string): LocatedEntry | undefined =>
  map?.kind === 'map' ? map.entries.find((entry) => entry.key === key) : undefined;

/** Plain JSON of a located tree: what `tests[].record` becomes. `__proto__` stays an ordinary key. */
export const plainOf = (located: Located): unknown => {
  if (located.kind === 'scalar') return located.value;
  if (located.kind === 'list') return located.items.map(plainOf);
  return Object.fromEntries(located.entries.map(({ key, value }) => [key, plainOf(value)]));
};
