import { createHash } from 'node:crypto';
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { streamCorpus } from '../cli/local/trail/trail.ts';
import { CACHE, folder } from './folders.ts';

/** A corpus to make. */
export interface CorpusSpec {
  readonly name: string;
  /** Inflated bytes to reach. */
  readonly bytes: number;
  readonly medianRecords: number;
  readonly sigma: number;
  readonly variety: 'usual' | 'unique';
}

/** A corpus on disk: `*.json.gz` files in one folder, and what they come to. */
export interface Corpus {
  readonly name: string;
  readonly folder: string;
  readonly files: number;
  readonly records: number;
  readonly storedBytes: number;
  readonly inflatedBytes: number;
}

/** No `.json`: `scan` of the folder would take it for input. */
const MANIFEST = 'corpus.manifest';
const START = Date.UTC(2026, 10, 1);
const SEED = 'bench';

/** Sizes as in busy organizations: half of the files under 300 records, some of several MB. */
export const mixed = (bytes: number): CorpusSpec => ({
  name: 'mixed',
  bytes,
  medianRecords: 300,
  sigma: 1.4,
  variety: 'usual',
});

/** Caller, address, agent and request differ in every record: nothing can be remembered. */
export const unique = (bytes: number): CorpusSpec => ({ ...mixed(bytes), name: 'unique', variety: 'unique' });

/** Files of a quiet account: a handful of records. */
export const tiny = (bytes: number): CorpusSpec => ({
  name: 'tiny',
  bytes,
  medianRecords: 8,
  sigma: 0.6,
  variety: 'usual',
});

const isManifest = (value: unknown): value is Omit<Corpus, 'folder'> =>
  typeof value === 'object' && value !== null && 'inflatedBytes' in value && 'records' in value;

const readManifest = (at: string): Corpus | undefined => {
  const file = join(at, MANIFEST);
  if (!existsSync(file)) return undefined;
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isManifest(manifest) ? { ...manifest, folder: at } : undefined;
};

/** Log files of a corpus, one by one; the same bytes for the same specification. */
export const corpusFiles = ({ bytes, medianRecords, sigma, variety }: CorpusSpec) =>
  streamCorpus({ seed: SEED, start: START, bytes, medianRecords, sigma, variety });

/** Names what the generator writes today: a corpus made by yesterday's is not taken for it. */
const fingerprint = (spec: CorpusSpec): string => {
  const hash = createHash('sha256');
  for (const { bytes } of corpusFiles({ ...spec, bytes: 1e6 })) hash.update(bytes);
  return hash.digest('hex').slice(0, 8);
};

/** Makes a corpus in the cache, or finds the one made before. */
export const makeCorpus = (spec: CorpusSpec): Corpus => {
  const at = join(CACHE, `${spec.name}-${Math.round(spec.bytes / 1e6)}MB-${fingerprint(spec)}`);
  const made = readManifest(at);
  if (made !== undefined) return made;
  // Made aside and renamed: an interrupted run leaves no half corpus behind.
  const aside = `${at}.part`;
  rmSync(aside, { recursive: true, force: true });
  folder(aside);
  const counts = { files: 0, records: 0, storedBytes: 0, inflatedBytes: 0 };
  for (const file of corpusFiles(spec)) {
    writeFileSync(join(aside, `${String(counts.files).padStart(6, '0')}_${basename(file.key)}`), file.bytes);
    counts.files += 1;
    counts.records += file.records;
    counts.storedBytes += file.bytes.length;
    counts.inflatedBytes += file.inflatedBytes;
  }
  writeFileSync(join(aside, MANIFEST), JSON.stringify({ name: spec.name, ...counts }));
  rmSync(at, { recursive: true, force: true });
  renameSync(aside, at);
  return { name: spec.name, folder: at, ...counts };
};

/** Paths of the log files, in order. */
export const filesOf = (corpus: Pick<Corpus, 'folder'>): readonly string[] =>
  readdirSync(corpus.folder)
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => join(corpus.folder, name));

/** The corpus several times over, as hard links: enough work to measure a start-up's share, without the disk space. */
export const manyOf = (corpus: Corpus, times: number): Corpus => {
  const at = `${corpus.folder}-x${times}`;
  if (!existsSync(at)) {
    const aside = folder(`${at}.part`);
    for (let copy = 0; copy < times; copy += 1)
      for (const file of filesOf(corpus)) linkSync(file, join(aside, `${copy}-${basename(file)}`));
    renameSync(aside, at);
  }
  const { files, records, storedBytes, inflatedBytes } = corpus;
  return {
    name: `${corpus.name} ×${times}`,
    folder: at,
    files: files * times,
    records: records * times,
    storedBytes: storedBytes * times,
    inflatedBytes: inflatedBytes * times,
  };
};
