import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Severity } from '../../engine/finding/finding.ts';
import { LEVELS } from '../../engine/rule/rule.ts';
import type { FoundLine } from './scan-source.ts';

/** The findings of a scan: each once, in the order of time, then rule, whoever found them when. */
export interface Found {
  readonly add: (line: FoundLine) => void;
  readonly count: () => number;
  /** How many there are of each severity. */
  readonly bySeverity: () => ReadonlyMap<Severity, number>;
  /** Findings of one rule and one caller together: the severest first, then the earliest. */
  readonly groups: () => readonly FoundGroup[];
  /** The finding a group shows, as JSON. */
  readonly example: (group: FoundGroup) => string;
  /** Findings as JSON, sorted. */
  readonly lines: () => Iterable<string>;
  /** Deletes the temporary file, if there was one. */
  readonly close: () => void;
}

/** Findings of one rule and one caller. */
export interface FoundGroup {
  readonly severity: Severity;
  readonly title: string;
  readonly count: number;
  /** Event times, milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
  /** How many files or objects they stand in. */
  readonly sources: number;
  /** Key of the earliest of them. */
  readonly example: string;
}

/** JSON kept in memory; what is beyond goes to a temporary file. */
const IN_MEMORY = 16 * 1024 * 1024;

/** Kept small: there is one per finding, however many there are. The title is one string for all of a rule, and so is the group. */
interface Entry {
  readonly time: number;
  readonly title: string;
  readonly severity: Severity;
  readonly group: string;
  readonly source: number;
  readonly record: number;
  /** Place in the temporary file; -1 where `json` is in memory. */
  readonly at: number;
  readonly length: number;
  readonly json: string;
}

/** Bytes gathered before they are written: one write per finding would cost more than making it. */
const PARCEL = 1024 * 1024;

/** Appends text to a temporary file that only this user can read. */
const spillFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-scan-'));
  const file = openSync(join(folder, 'findings.ndjson'), 'wx+', 0o600);
  const parcel = Buffer.alloc(PARCEL);
  let readInto = Buffer.alloc(PARCEL / 16);
  let gathered = 0;
  let end = 0;
  const writeAll = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      const wrote = writeSync(file, bytes, done, bytes.length - done, end);
      done += wrote;
      end += wrote;
    }
  };
  const flush = (): void => {
    writeAll(parcel.subarray(0, gathered));
    gathered = 0;
  };
  return {
    write: (text: string): { readonly at: number; readonly length: number } => {
      const length = Buffer.byteLength(text);
      if (gathered + length > PARCEL) flush();
      const at = end + gathered;
      if (length > PARCEL) writeAll(Buffer.from(text));
      else gathered += parcel.write(text, gathered);
      return { at, length };
    },
    read: (at: number, length: number): string => {
      flush();
      // One buffer for all: 200,000 of their own are 75 MB of garbage that the collector hardly sees.
      if (length > readInto.length) readInto = Buffer.alloc(length * 2);
      for (let read = 0; read < length; ) read += readSync(file, readInto, read, length - read, at + read);
      return readInto.toString('utf8', 0, length);
    },
    close: (): void => {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The id's 16 bytes as a string of 16 characters: a third of what its hex digits take. */
const keyOf = (id: string): string => Buffer.from(id, 'hex').toString('latin1');

const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Gathering {
  readonly severity: Severity;
  readonly title: string;
  count: number;
  first: number;
  last: number;
  readonly places: Set<number>;
  example: string;
}

const gathering = (example: string, { severity, title, time, source }: Entry): Gathering => {
  return { severity, title, count: 1, first: time, last: time, places: new Set([source]), example };
};

const gather = (group: Gathering, key: string, { time, source }: Entry): void => {
  group.count += 1;
  group.places.add(source);
  // Of equally early ones the smaller key: the same example whoever found them in which order.
  if (time < group.first || (time === group.first && key < group.example)) group.example = key;
  group.first = Math.min(group.first, time);
  group.last = Math.max(group.last, time);
};

/** A store of findings whose memory is bounded: beyond 16 MB of JSON only ids and what is sorted by are held. */
export const foundFindings = (): Found => {
  const entries = new Map<string, Entry>();
  const strings = new Map<string, string>();
  const once = (text: string): string => {
    const known = strings.get(text) ?? text;
    strings.set(known, known);
    return known;
  };
  let held = 0;
  let spill: ReturnType<typeof spillFile> | undefined;

  const keep = (json: string): Pick<Entry, 'at' | 'length' | 'json'> => {
    if (held + json.length <= IN_MEMORY) {
      held += json.length;
      return { at: -1, length: 0, json };
    }
    spill ??= spillFile();
    return { ...spill.write(json), json: '' };
  };

  const add = ({ id, json, time, title, severity, group, source, record }: FoundLine): void => {
    const key = keyOf(id);
    const known = entries.get(key);
    if (known !== undefined && (known.source - source || known.record - record) <= 0) return;
    const shared = { title: once(title), severity, group: once(group) };
    entries.set(key, { time: Date.parse(time), ...shared, source, record, ...keep(json) });
  };

  const jsonOf = (key: string): string => {
    const { at, length, json } = entries.get(key) ?? { at: -1, length: 0, json: '' };
    return at < 0 ? json : (spill?.read(at, length) ?? '');
  };

  function* lines(): Generator<string> {
    const keys = [...entries.keys()].sort((keyA, keyB) => {
      const [a, b] = [entries.get(keyA), entries.get(keyB)];
      return (a?.time ?? 0) - (b?.time ?? 0) || before(a?.title ?? '', b?.title ?? '') || before(keyA, keyB);
    });
    for (const key of keys) yield jsonOf(key);
  }

  const bySeverity = (): ReadonlyMap<Severity, number> => {
    const counts = new Map<Severity, number>();
    for (const { severity } of entries.values()) counts.set(severity, (counts.get(severity) ?? 0) + 1);
    return counts;
  };

  const groups = (): readonly FoundGroup[] => {
    const gathered = new Map<string, Gathering>();
    for (const [key, entry] of entries) {
      const group = gathered.get(entry.group);
      if (group === undefined) gathered.set(entry.group, gathering(key, entry));
      else gather(group, key, entry);
    }
    const rank = ({ severity }: FoundGroup): number => LEVELS.indexOf(severity);
    return [...gathered.values()]
      .map(({ places, ...group }): FoundGroup => ({ ...group, sources: places.size }))
      .sort(
        (a, b) => rank(b) - rank(a) || a.first - b.first || before(a.title, b.title) || before(a.example, b.example),
      );
  };

  const example = (group: FoundGroup): string => jsonOf(group.example);
  return { add, count: () => entries.size, bySeverity, groups, example, lines, close: () => spill?.close() };
};
