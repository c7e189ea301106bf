import { lstatSync, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** One thing to be read. Plain data: workers are sent it. */
export type Source =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      /** Named on the command line, not found in a folder: then it must hold records. */
      readonly named: boolean;
    }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string; readonly size: number }
  | { readonly kind: 'stdin' };

/** A source as messages name it. */
export const showSource = (source: Source): string => {
  if (source.kind === 'stdin') return 'standard input';
  return source.kind === 'file' ? source.path : `s3://${source.bucket}/${source.key}`;
};

/** Bytes stored; 0 where unknown. */
export const sizeOf = (source: Source): number => (source.kind === 'stdin' ? 0 : source.size);

const READABLE = /\.(?:json|ndjson|jsonl)(?:\.gz)?$|(?:^|[/\\])\d{6}\.gz$/i;

/** Whether a file or object met in a folder may hold records: by its name. `000000.gz` is an export of CloudWatch Logs. */
export const isReadable = (path: string): boolean => READABLE.test(path);

/** A path that could not be looked at; the scan goes on without it. */
export interface Unread {
  readonly place: string;
  readonly reason: string;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const walk = (folder: string, found: Source[], unread: Unread[]): void => {
  const entries: string[] = [];
  try {
    const directory = opendirSync(folder);
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) entries.push(entry.name);
    directory.closeSync();
  } catch (error) {
    unread.push({ place: folder, reason: reasonOf(error) });
    return;
  }
  for (const name of entries.toSorted((a, b) => (a < b ? -1 : 1))) addEntry(join(folder, name), found, unread);
};

const addEntry = (path: string, found: Source[], unread: Unread[]): void => {
  try {
    const entry = lstatSync(path);
    // Links to folders are not followed: they may lead back up. Links to files are what they point to.
    const file = entry.isSymbolicLink() ? statSync(path) : entry;
    if (entry.isDirectory()) walk(path, found, unread);
    else if (file.isFile() && isReadable(path)) found.push({ kind: 'file', path, size: file.size, named: false });
  } catch (error) {
    unread.push({ place: path, reason: reasonOf(error) });
  }
};

/**
 * Files and folders of the command line as sources, in the order given, folders in order of name.
 *
 * @throws UsageError when a path does not exist
 */
export const localSources = (
  paths: readonly string[],
): { readonly sources: readonly Source[]; readonly unread: readonly Unread[] } => {
  const sources: Source[] = [];
  const unread: Unread[] = [];
  for (const path of paths) {
    if (path === '-') sources.push({ kind: 'stdin' });
    else {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) throw new UsageError(`${path}: there is no such file or folder`);
      if (found.isDirectory()) walk(path, sources, unread);
      else sources.push({ kind: 'file', path, size: found.size, named: true });
    }
  }
  return { sources, unread };
};
