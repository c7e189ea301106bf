import { UsageError } from '../usage-error.ts';
import type { OpenObject } from './read-source.ts';
import { isReadable, type Source } from './sources.ts';

/** Objects that a thread reads at a time: an answer takes tens of milliseconds, scanning it one or two. */
export const AT_A_TIME = 32;

/** Larger objects than this are no log files (50 MB before compression), and would fill the memory. */
const MAX_OBJECT = 512 * 1024 * 1024;

// The SDK is loaded only when S3 is asked for: it costs more time than scanning a small folder.
const world = async () => (await import('../../aws/range-world.ts')).manyObjects(AT_A_TIME);

/** Reads objects of S3 with the credentials of the environment; a fault is thrown as an error with its code. */
export const openS3Object = (): OpenObject => {
  let opened: ReturnType<typeof world> | undefined;
  return async (bucket, key) => {
    opened ??= world();
    const read = await (await opened).readObject({ bucket, key }, { maxBytes: MAX_OBJECT });
    if (read.kind === 'found') return read.bytes;
    throw new Error(read.kind === 'missing' ? 'there is no such object' : `${read.code}: ${read.reason}`);
  };
};

/**
 * The objects under `s3://bucket/prefix` that can hold records, in order of key.
 *
 * @throws UsageError when the bucket cannot be listed (credentials, permissions, no such bucket)
 */
export const objectSources = async (url: string): Promise<readonly Source[]> => {
  // Not URL: keys are taken as they are, `%`, `?` and `#` included.
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(url) ?? [];
  if (bucket === '') throw new UsageError(`${url}: expected s3://bucket/prefix`);
  const sources: Source[] = [];
  try {
    for await (const { key, size } of (await world()).listObjects(bucket, prefix))
      if (isReadable(key)) sources.push({ kind: 'object', bucket, key, size });
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new UsageError(`${url} could not be listed: ${reason}`, { cause });
  }
  return sources;
};
