import { once } from 'node:events';
import { createWriteStream, existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { corpusFiles, mixed } from './corpus.ts';
import { CACHE, folder } from './folders.ts';

const HEAD = '{"Records":[';
const TAIL = ']}';
/** More than a V8 string can hold (512 MB): a program that parses files whole fails on it. */
export const BIG_BYTES = 866e6;

/** Text of the records of many log files, as the text of one. */
const oneFile = async function* (): AsyncGenerator<Buffer> {
  yield Buffer.from(HEAD);
  let first = true;
  for (const { bytes } of corpusFiles(mixed(BIG_BYTES))) {
    if (!first) yield Buffer.from(',');
    first = false;
    yield gunzipSync(bytes).subarray(HEAD.length, -TAIL.length);
  }
  yield Buffer.from(TAIL);
};

/** One gzipped log file of 866 MB inflated; made once (about a minute). Gives its path and stored size. */
export const makeBigFile = async (): Promise<{ readonly path: string; readonly storedBytes: number }> => {
  const path = join(folder(CACHE, 'big'), 'big.json.gz');
  if (!existsSync(path)) {
    const out = createWriteStream(`${path}.part`);
    await pipeline(oneFile, createGzip(), out);
    if (!out.closed) await once(out, 'close');
    renameSync(`${path}.part`, path);
  }
  return { path, storedBytes: statSync(path).size };
};
