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

export interface RuleCount {
  readonly title: string;
  readonly severity: Severity;
  readonly count: number;
}

/** JSON kept in memory; what is beyond goes to a temporary file. */
const IN_MEMORY = 32 * 1024 * 1024;

interface Entry {
  readonly time: string;
  readonly title: string;
  readonly severity: Severity;
  readonly source: number;
  readonly record: number;
  readonly json: string | { readonly at: number; readonly length: number };
}

/** Appends text to a temporary file that only this user can read. */
const spillFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-scan-'));
  const file = openSync(join(folder, 'findings.ndjson'), 'wx+', 0o600);
  let end = 0;
  return {
    write: (text: string): { readonly at: number; readonly length: number } => {
      const at = end;
      const bytes = Buffer.from(text);
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written, bytes.length - written, at + written);
      end += bytes.length;
      return { at, length: bytes.length };
    },
    read: (place: { readonly at: number; readonly length: number }): string => {
      const bytes = Buffer.alloc(place.length);
      let read = 0;
      while (read < bytes.length) read += readSync(file, bytes, read, bytes.length - read, place.at + read);
      return bytes.toString('utf8');
    },
    close: (): void => {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A store of findings whose memory is bounded: beyond 32 MB of JSON only ids and what is sorted by are held. */
export const foundFindings = (): Found => {
  const entries = new Map<string, Entry>();
  let held = 0;
  let spill: ReturnType<typeof spillFile> | undefined;

  const keep = (json: string): Entry['json'] => {
    if (held + json.length <= IN_MEMORY) {
      held += json.length;
      return json;
    }
    spill ??= spillFile();
    return spill.write(json);
  };

  const add = ({ id, json, time, title, severity, source, record }: FoundLine): void => {
    const known = entries.get(id);
    if (known !== undefined && (known.source - source || known.record - record) <= 0) return;
    entries.set(id, { time, title, severity, source, record, json: keep(json) });
  };

  function* lines(): Generator<string> {
    const sorted = [...entries].sort(
      ([idA, a], [idB, b]) => before(a.time, b.time) || before(a.title, b.title) || before(idA, idB),
    );
    for (const [, { json }] of sorted) yield typeof json === 'string' ? json : (spill?.read(json) ?? '');
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
