import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ListedObject, ObjectRead, PublicKey } from '../../engine/ports.ts';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { parseObjectKey } from '../../engine/record/object-key.ts';
import type { VerifyRangePorts } from '../../engine/verify-range.ts';
import { UsageError } from '../usage-error.ts';

/** A local copy of a bucket: keys are paths below the folder. */
export interface LocalCopy {
  readonly bucket: string;
  readonly ports: Pick<VerifyRangePorts, 'readObject' | 'listObjects'>;
}

const SIDECAR = '.metadata.json';
const MAX_DIGEST = 64 * 1024 * 1024;

const textField = (value: Json | undefined, name: string): string | undefined => {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  const field = value[name];
  return typeof field === 'string' ? field : undefined;
};

const parseJson = (text: string): Json => JSON.parse(text);

const keysBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new UsageError(`${folder} cannot be read as a folder`, { cause });
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join('/'))
    .sort();
};

/** What one digest tells of itself and of the one before, before anything of it is verified. */
const peek = async (path: string): Promise<JsonObject | undefined> => {
  try {
    const value = parseJson(gunzipSync(await readFile(path), { maxOutputLength: MAX_DIGEST }).toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    // A damaged digest tells nothing; verifying it says what is wrong with it.
    return undefined;
  }
};

/**
 * Signatures of digests as their successors quote them. A copy made with `aws s3 sync` has lost the S3 metadata that
 * holds the signature; what the successor quotes is as good, for it is verified against CloudTrail's key all the same.
 */
const quotedSignatures = async (folder: string, keys: readonly string[]) => {
  const signatures = new Map<string, string>();
  let bucket: string | undefined;
  for (const key of keys.filter((one) => parseObjectKey(one).kind === 'digest')) {
    const digest = await peek(join(folder, key));
    bucket ??= textField(digest, 'digestS3Bucket');
    const previous = textField(digest, 'previousDigestS3Object');
    const signature = textField(digest, 'previousDigestSignature');
    if (previous !== undefined && signature !== undefined) signatures.set(previous, signature);
  }
  return { signatures, bucket };
};

/** `KEY.metadata.json` beside the object: its user metadata, or the output of `aws s3api head-object`. */
const sidecar = async (path: string): Promise<{ readonly [name: string]: string } | undefined> => {
  const text = await readFile(`${path}${SIDECAR}`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const value = parseJson(text);
  const metadata = isJsonObject(value) && isJsonObject(value['Metadata']) ? value['Metadata'] : value;
  if (!isJsonObject(metadata)) return undefined;
  return Object.fromEntries(
    Object.entries(metadata).map(([name, field]) => [name.toLowerCase().replace(/^x-amz-meta-/, ''), String(field)]),
  );
};

const readWhole = async (path: string, maxBytes: number): Promise<ObjectRead> => {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.from(chunk);
    total += bytes.length;
    if (total > maxBytes) return { kind: 'unreadable', code: 'TooLarge', reason: `more than ${maxBytes} bytes` };
    chunks.push(bytes);
  }
  return { kind: 'found', bytes: Buffer.concat(chunks), metadata: {} };
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/**
 * Reads a local copy of a bucket.
 *
 * @param folder holds the keys as paths
 * @param named the bucket it was copied from; without it what the digests themselves say
 * @throws UsageError when the folder cannot be read
 */
export const localCopy = async (folder: string, named: string | undefined): Promise<LocalCopy> => {
  const keys = (await keysBelow(folder)).filter((key) => !key.endsWith(SIDECAR));
  const { signatures, bucket: told } = await quotedSignatures(folder, keys);
  const bucket = named ?? told ?? 'local';
  const pathOf = (key: string): string | undefined =>
    key.split('/').some((part) => part === '..' || part === '.') || key.includes('\0') ? undefined : join(folder, key);
  const readObject: VerifyRangePorts['readObject'] = async (at, { maxBytes = MAX_DIGEST } = {}) => {
    const path = pathOf(at.key);
    if (at.bucket !== bucket || path === undefined)
      return { kind: 'unreadable', code: 'NotCopied', reason: `the copy is of bucket ${bucket}, not ${at.bucket}` };
    try {
      if (!(await stat(path)).isFile()) return { kind: 'missing' };
      const read = await readWhole(path, maxBytes);
      if (read.kind !== 'found' || parseObjectKey(at.key).kind !== 'digest') return read;
      const quoted = signatures.get(at.key);
      const metadata =
        (await sidecar(path)) ??
        (quoted === undefined ? undefined : { signature: quoted, 'signature-algorithm': 'SHA256withRSA' });
      if (metadata !== undefined) return { ...read, metadata };
      const reason = `the copy has neither the digest's S3 metadata (in a file ${SIDECAR} beside it) nor a successor that quotes its signature`;
      return { kind: 'unreadable', code: 'NoSignature', reason };
    } catch (error) {
      if (isMissing(error)) return { kind: 'missing' };
      throw error;
    }
  };
  const listObjects: VerifyRangePorts['listObjects'] = async function* list(asked, prefix, { startAfter = '' } = {}) {
    if (asked !== bucket) return;
    for (const key of keys) {
      const listed: ListedObject = { key, size: 0 };
      if (key.startsWith(prefix) && key > startAfter) yield listed;
    }
  };
  return { bucket, ports: { readObject, listObjects } };
};

const dateOf = (value: Json | undefined): Date | undefined => {
  const date =
    typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
};

const readKey = (value: Json, where: string): PublicKey => {
  const fingerprint = textField(value, 'Fingerprint');
  const encoded = textField(value, 'Value');
  const start = isJsonObject(value) ? dateOf(value['ValidityStartTime']) : undefined;
  const end = isJsonObject(value) ? dateOf(value['ValidityEndTime']) : undefined;
  if (fingerprint === undefined || encoded === undefined || start === undefined || end === undefined)
    throw new UsageError(`${where} must have Fingerprint, Value (base64), ValidityStartTime and ValidityEndTime`);
  return { fingerprint, value: Buffer.from(encoded, 'base64'), validityStart: start, validityEnd: end };
};

const listOf = (value: Json | undefined): readonly Json[] | undefined => {
  if (isJsonObject(value)) return listOf(value['PublicKeyList']);
  return Array.isArray(value) ? value : undefined;
};

/**
 * Public keys of a file: a list of ListPublicKeys entries, the output of `aws cloudtrail list-public-keys`, or one of
 * these by Region.
 *
 * @throws UsageError when the file is neither
 */
export const fileKeys = async (file: string): Promise<VerifyRangePorts['listPublicKeys']> => {
  let value: Json;
  try {
    value = parseJson(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file}: the key file cannot be read as JSON`, { cause });
  }
  const all = listOf(value);
  const read = (entries: readonly Json[], where: string) =>
    entries.map((entry, at) => readKey(entry, `${where}[${at}]`));
  const everywhere = all === undefined ? undefined : read(all, file);
  const byRegion = new Map(
    everywhere === undefined && isJsonObject(value)
      ? Object.entries(value).map(([region, entries]) => [region, read(listOf(entries) ?? [], `${file} › ${region}`)])
      : [],
  );
  return async (region, start, end) =>
    (everywhere ?? byRegion.get(region) ?? []).filter(
      ({ validityStart, validityEnd }) => validityStart <= end && validityEnd >= start,
    );
};
