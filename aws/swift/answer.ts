/** What the head of a plain answer says: a 200 with a length, nothing else is plain. */
export interface AnswerHead {
  /** Bytes of the body. */
  readonly length: number;
  /** True when the server closes the connection behind the body. */
  readonly closes: boolean;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** User metadata, keys lower case without `x-amz-meta-`. */
  readonly metadata: { readonly [name: string]: string };
}

/** Most bytes of a head that are looked at: S3 sends well under 8 KB, user metadata (2 KB at most) included. */
export const MAX_HEAD_BYTES = 16 * 1024;

const STATUS = /^HTTP\/1\.1 200 [\t\x20-\x7e\x80-\xff]*\r\n/;
/** One field (RFC 9112 §5): no space before the colon, no folded lines, no control characters, CRLF and not LF. */
const FIELD = /([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)\r\n/y;
const LENGTH = /^\d{1,15}$/;
const META = 'x-amz-meta-';

/** Fields that mean something here. Twice, or with a value not foreseen, they make the answer no plain one. */
const KNOWN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'transfer-encoding',
  'upgrade',
  'x-amz-version-id',
]);

/** The fields that matter, lower case; undefined where a line is no field or one of them stands twice. */
const fieldsOf = (text: string, from: number): ReadonlyMap<string, string> | undefined => {
  const fields = new Map<string, string>();
  FIELD.lastIndex = from;
  for (let end = from; end < text.length; end = FIELD.lastIndex) {
    const [, written = '', value = ''] = FIELD.exec(text) ?? [];
    if (written === '') return undefined;
    const name = written.toLowerCase();
    if (!KNOWN.has(name) && !name.startsWith(META)) continue;
    if (fields.has(name)) return undefined;
    fields.set(name, value.trim());
  }
  return fields;
};

const metadataOf = (fields: ReadonlyMap<string, string>): { readonly [name: string]: string } =>
  Object.fromEntries(
    [...fields].flatMap(([name, value]) => (name.startsWith(META) ? [[name.slice(META.length), value] as const] : [])),
  );

/**
 * Reads the head of an answer, strictly; undefined for everything but a 200 of HTTP/1.1 whose body has a length given
 * once: other statuses, chunked bodies, parts of objects, folded lines, repeated fields are for a whole HTTP client.
 *
 * @param text status line and fields, each with its CRLF, without the empty line; bytes as latin1
 */
export const readHead = (text: string): AnswerHead | undefined => {
  const status = STATUS.exec(text);
  const fields = status === null ? undefined : fieldsOf(text, status[0].length);
  const length = fields?.get('content-length');
  if (fields === undefined || length === undefined || !LENGTH.test(length)) return undefined;
  if (fields.has('transfer-encoding') || fields.has('content-range') || fields.has('upgrade')) return undefined;
  const connection = fields.get('connection')?.toLowerCase() ?? 'keep-alive';
  if (connection !== 'keep-alive' && connection !== 'close') return undefined;
  return {
    length: Number(length),
    closes: connection === 'close',
    versionId: fields.get('x-amz-version-id'),
    etag: fields.get('etag'),
    lastModified: fields.get('last-modified'),
    metadata: metadataOf(fields),
  };
};
