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
  /** Rules that matched: the severest first, then the most frequent. */
  readonly byRule: () => readonly RuleCount[];
  /** Findings as JSON, sorted. */
  readonly lines: () => Iterable<string>;
  /** Deletes the temporary file, if there was one. */
  readonly close: () => void;
}

interface RuleCount {
  readonly title: string;
  readonly severity: Severity;
  readonly count: number;
}

/** JSON kept in memory; what is beyond goes to a temporary file. */
const IN_MEMORY = 16 * 1024 * 1024;

/** Kept small: there is one per finding, however many there are. The title is the rule's own string, held once. */
interface Entry {
  readonly time: number;
  readonly title: string;
  readonly severity: Severity;
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
      const bytes = Buffer.alloc(length);
      for (let read = 0; read < length; ) read += readSync(file, bytes, read, length - read, at + read);
      return bytes.toString('utf8');
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

/** A store of findings whose memory is bounded: beyond 16 MB of JSON only ids and what is sorted by are held. */
export const foundFindings = (): Found => {
  const entries = new Map<string, Entry>();
  const titles = new Map<string, string>();
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

  const add = ({ id, json, time, title, severity, source, record }: FoundLine): void => {
    const key = keyOf(id);
    const known = entries.get(key);
    if (known !== undefined && (known.source - source || known.record - record) <= 0) return;
    const ownTitle = titles.get(title) ?? title;
    titles.set(ownTitle, ownTitle);
    entries.set(key, { time: Date.parse(time), title: ownTitle, severity, source, record, ...keep(json) });
  };

  function* lines(): Generator<string> {
    const keys = [...entries.keys()].sort((keyA, keyB) => {
      const [a, b] = [entries.get(keyA), entries.get(keyB)];
      return (a?.time ?? 0) - (b?.time ?? 0) || before(a?.title ?? '', b?.title ?? '') || before(keyA, keyB);
    });
    for (const key of keys) {
      const { at, length, json } = entries.get(key) ?? { at: -1, length: 0, json: '' };
      yield at < 0 ? json : (spill?.read(at, length) ?? '');
    }
  }

  const bySeverity = (): ReadonlyMap<Severity, number> => {
    const counts = new Map<Severity, number>();
    for (const { severity } of entries.values()) counts.set(severity, (counts.get(severity) ?? 0) + 1);
    return counts;
  };

  const byRule = (): readonly RuleCount[] => {
    const counts = new Map<string, RuleCount>();
    for (const { title, severity } of entries.values())
      counts.set(title, { title, severity, count: (counts.get(title)?.count ?? 0) + 1 });
    const rank = ({ severity }: RuleCount): number => LEVELS.indexOf(severity);
    return [...counts.values()].sort((a, b) => rank(b) - rank(a) || b.count - a.count || before(a.title, b.title));
  };

  return { add, count: () => entries.size, bySeverity, byRule, lines, close: () => spill?.close() };
};
