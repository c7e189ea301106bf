import { isUtf8 } from 'node:buffer';
import type { ListedObject } from '../engine/ports.ts';

/** One answer of ListObjectsV2. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** What the next page is asked for with; undefined for the last. */
  readonly next: string | undefined;
}

const START =
  /^(?:<\?xml version="1\.0" encoding="UTF-8"\?>\n?)?<ListBucketResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">/;
const END = '</ListBucketResult>';

/** Line ends and other control characters: a parser may change them, and keys with such ones are for the SDK's. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/;
const SIZE = /^\d{1,15}$/;
const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Elements of the answer and of an entry. Others (`CommonPrefixes`, `EncodingType`, `Owner` …) change what it means. */
const OF_PAGE: ReadonlySet<string> = new Set([
  'Name',
  'Prefix',
  'StartAfter',
  'ContinuationToken',
  'NextContinuationToken',
  'KeyCount',
  'MaxKeys',
  'IsTruncated',
]);
const OF_ENTRY: ReadonlySet<string> = new Set([
  'Key',
  'LastModified',
  'ETag',
  'Size',
  'StorageClass',
  'ChecksumAlgorithm',
  'ChecksumType',
]);

/** Thrown and caught in this file only: reading stops at the first thing that is not as foreseen. */
class Unforeseen extends Error {}

const refuse = (): never => {
  throw new Unforeseen();
};

const decoded = (text: string): string =>
  text.includes('&')
    ? text.replace(/&([^&;]{0,8};?)/g, (_, name: string) => {
        const known = name.endsWith(';') ? name.slice(0, -1) : '';
        return Object.hasOwn(ENTITIES, known) ? (ENTITIES[known] ?? refuse()) : refuse();
      })
    : text;

/** Reads elements that hold text only, up to another one; gives where it stands. */
const readTexts = (xml: string, from: number, names: ReadonlySet<string>, into: Map<string, string>): number => {
  for (let at = from; ; ) {
    const close = xml.indexOf('>', at);
    const tag = xml.slice(at + 1, close);
    if (xml[at] !== '<' || close < 0) return refuse();
    const empty = tag.endsWith('/');
    const name = empty ? tag.slice(0, -1) : tag;
    if (!names.has(name)) return at;
    if (into.has(name)) return refuse();
    const end = empty ? close + 1 : xml.indexOf('<', close);
    if (!empty && !xml.startsWith(`</${name}>`, end)) return refuse();
    into.set(name, empty ? '' : decoded(xml.slice(close + 1, end)));
    at = empty ? end : end + name.length + 3;
  }
};

const timeOf = (text: string): string => {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text ? text : refuse();
};

const entryOf = (texts: ReadonlyMap<string, string>): ListedObject => {
  const key = texts.get('Key') ?? '';
  const size = texts.get('Size') ?? '';
  const modified = texts.get('LastModified');
  if (key === '' || !SIZE.test(size)) return refuse();
  return { key, size: Number(size), ...(modified !== undefined && { lastModified: timeOf(modified) }) };
};

const readPage = (xml: string): ListedPage => {
  const start = START.exec(xml)?.[0].length ?? refuse();
  if (CONTROL.test(xml.slice(start))) return refuse();
  const page = new Map<string, string>();
  const objects: ListedObject[] = [];
  let at = readTexts(xml, start, OF_PAGE, page);
  while (xml.startsWith('<Contents>', at)) {
    const entry = new Map<string, string>();
    at = readTexts(xml, at + '<Contents>'.length, OF_ENTRY, entry);
    if (!xml.startsWith('</Contents>', at)) return refuse();
    objects.push(entryOf(entry));
    at = readTexts(xml, at + '</Contents>'.length, OF_PAGE, page);
  }
  if (xml.slice(at) !== END) return refuse();
  const next = page.get('NextContinuationToken');
  const count = page.get('KeyCount') ?? String(objects.length);
  const truncated = next === undefined ? 'false' : 'true';
  if (next === '' || count !== String(objects.length) || page.get('IsTruncated') !== truncated) return refuse();
  return { objects, next };
};

/**
 * Reads the answer of a ListObjectsV2 that asked for neither delimiter, owner nor encoding, exactly as S3 writes it;
 * undefined for anything else, which is then read by the SDK.
 *
 * @param body XML, UTF-8
 */
export const readListedPage = (body: Buffer): ListedPage | undefined => {
  if (!isUtf8(body)) return undefined;
  try {
    return readPage(body.toString('utf8'));
  } catch (error) {
    if (error instanceof Unforeseen) return undefined;
    throw error;
  }
};
