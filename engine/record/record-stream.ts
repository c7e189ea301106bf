import { isJsonObject, type Json } from './json.ts';

/** What a stream of JSON bytes was found to hold, in order. */
export type StreamItem =
  /** Complete elements of a container array; `first` is the index of the first of them in the array. */
  | { readonly kind: 'elements'; readonly container: string; readonly first: number; readonly values: readonly Json[] }
  /** A whole top-level value without a container array: a digest, a lone record, a line of NDJSON. */
  | { readonly kind: 'document'; readonly value: Json }
  /** An element of `container`, or without one a top-level value, that is no JSON or is too large. */
  | { readonly kind: 'malformed'; readonly container?: string; readonly index: number; readonly reason: string }
  /** The bytes end inside a value: what came before was given. */
  | { readonly kind: 'truncated'; readonly reason: string };

/** Takes bytes in any portions, gives what is complete. */
export interface RecordStream {
  readonly push: (chunk: Uint8Array) => readonly StreamItem[];
  /** No more bytes will come. */
  readonly end: () => readonly StreamItem[];
}

export interface StreamOptions {
  /** Keys of a top-level object whose array is given element by element; `['Records']` for log files. */
  readonly containers: readonly string[];
  /** Cap on one element, and on one top-level value without a container, in bytes. */
  readonly maxValueBytes: number;
  /** The bytes go on inside `{"Records":[`, in front of an element, or behind the array's end. */
  readonly resume?: {
    readonly where: 'in-records' | 'behind-records';
    /** Elements that were read already. */
    readonly elements: number;
  };
}

/** Name given to the elements of an array that is itself the document. */
const TOP_ARRAY = '';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Elements are parsed together in text of about this size: larger strings leave V8's young space and cost twice. */
const GROUP_BYTES = 32 * 1024;
/** Longer keys are no container's. */
const MAX_KEY_BYTES = 64;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;

const isBlank = (bytes: Buffer, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) if (!isSpace(bytes[at] ?? 0)) return false;
  return true;
};

const parse = (text: string): { readonly value: Json } | { readonly reason: string } => {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
};

/** A top-level value that is no JSON may be lines of which one is broken: then only that one is lost. */
const parseDocument = (text: string, index: number): readonly StreamItem[] => {
  const whole = parse(text);
  if ('value' in whole) return [{ kind: 'document', value: whole.value }];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return [{ kind: 'malformed', index, reason: whole.reason }];
  return lines.map((line, at): StreamItem => {
    const parsed = parse(line);
    return 'value' in parsed
      ? { kind: 'document', value: parsed.value }
      : { kind: 'malformed', index: index + at, reason: parsed.reason };
  });
};

/** An object that says something; pretty-printed text holds lines that are `{}`. */
const isFilled = (value: Json): boolean => isJsonObject(value) && Object.keys(value).length > 0;

/** The bytes not yet given, in one buffer that is used again: a fresh one per portion costs more than the scan. */
export const workBuffer = () => {
  let buffer: Buffer = Buffer.allocUnsafe(128 * 1024);
  return (kept: Buffer, chunk: Uint8Array): Buffer => {
    const length = kept.length + chunk.length;
    const into = length <= buffer.length ? buffer : Buffer.allocUnsafe(length * 2);
    into.set(kept, 0);
    into.set(chunk, kept.length);
    buffer = into;
    return into.subarray(0, length);
  };
};

interface Cursor {
  depth: number;
  inString: boolean;
  /** The portion ended behind a backslash: what it escapes opens the next one. */
  escaped: boolean;
}

/**
 * The loop nearly all bytes pass through: inside a container array only strings, brackets and the commas between
 * elements matter. Locals alone, and no read beyond the end: either costs more than half of its speed.
 *
 * @param ends takes the places of the commas between elements
 * @returns where it stopped: behind the bracket that closes the array (depth is then below `elementDepth`), or the end
 */
const scanElements = (bytes: Buffer, from: number, elementDepth: number, cursor: Cursor, ends: number[]): number => {
  const length = bytes.length;
  let depth = cursor.depth;
  let inString = cursor.inString;
  let at = from;
  while (at < length) {
    if (inString) {
      const byte = bytes[at];
      at += 1;
      if (byte === QUOTE) inString = false;
      else if (byte === BACKSLASH) at += 1;
      continue;
    }
    const byte = bytes[at] ?? 0;
    at += 1;
    if (byte === QUOTE) inString = true;
    else if (byte === COMMA) {
      if (depth === elementDepth) ends.push(at - 1);
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth < elementDepth) break;
    }
  }
  cursor.depth = depth;
  cursor.inString = inString;
  cursor.escaped = at > length;
  return Math.min(at, length);
};

/**
 * Splits JSON bytes into records without ever holding the document: for files that inflate to more than a V8 string
 * can hold, and for input of unknown length. Finds the boundaries with a byte state machine and parses the complete
 * elements of each portion together. Gives the same records as JSON.parse of the whole, however the bytes are cut.
 *
 * Lenient where it does not look: text between values and outside container arrays is skipped, not validated, and a
 * broken element is reported by its index while the others are kept. Several documents may follow each other (NDJSON,
 * log exports with a time stamp in front of each line).
 *
 * Memory: the portion pushed, what is left of the one before it (at most `maxValueBytes`), and the parsed values.
 */
export const recordStream = ({ containers, maxValueBytes, resume }: StreamOptions): RecordStream => {
  const isContainer = new Set(containers);
  const join = workBuffer();
  let items: StreamItem[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  /** Where the first incomplete element or document begins; `bytes` before it are done with. */
  let start = 0;
  /** Bytes of an over-long value that were thrown away already; 0 when none is being skipped. */
  let skipped = 0;
  let depth = resume === undefined ? 0 : resume.where === 'in-records' ? 2 : 1;
  let inString = false;
  let escaped = false;
  /** Depth of the elements of the container array being read; 0 outside of one. */
  let elementDepth = resume?.where === 'in-records' ? depth : 0;
  let container = resume === undefined ? TOP_ARRAY : 'Records';
  let elements = resume?.elements ?? 0;
  /** Ends of the complete elements since `start`. */
  let ends: number[] = [];
  let documents = 0;
  /** The current top-level value has a container: it is not given as a document itself. */
  let contained = resume !== undefined;
  let key = '';
  let keyStart = -1;
  let expectValue = false;
  /** In text that stands before a value on its line: log exports put a time stamp there. */
  let inProse = false;

  const malformed = (reason: string): void => {
    items.push({ kind: 'malformed', container, index: elements, reason });
    elements += 1;
  };
  const malformedDocument = (reason: string): void => {
    items.push({ kind: 'malformed', index: documents, reason });
    documents += 1;
  };
  const tooLarge = `larger than ${maxValueBytes} bytes`;

  const giveOne = (from: number, to: number): void => {
    const parsed = skipped > 0 ? { reason: tooLarge } : parse(bytes.toString('utf8', from, to));
    skipped = 0;
    if (!('value' in parsed)) {
      malformed(parsed.reason);
      return;
    }
    items.push({ kind: 'elements', container, first: elements, values: [parsed.value] });
    elements += 1;
  };

  /** Gives the elements with these ends: all in one parse, and one by one where that fails. */
  const giveGroup = (group: readonly number[]): void => {
    const last = group.at(-1) ?? start;
    const together = skipped > 0 ? { reason: tooLarge } : parse(`[${bytes.toString('utf8', start, last)}]`);
    if ('value' in together && Array.isArray(together.value) && together.value.length === group.length) {
      items.push({ kind: 'elements', container, first: elements, values: together.value });
      elements += group.length;
    } else {
      let from = start;
      for (const end of group) {
        giveOne(from, end);
        from = end + 1;
      }
    }
    start = last + 1;
  };

  const giveElements = (): void => {
    let from = 0;
    ends.forEach((end, at) => {
      if (end - start < GROUP_BYTES && at < ends.length - 1) return;
      giveGroup(ends.slice(from, at + 1));
      from = at + 1;
    });
    ends = [];
  };

  const startArray = (at: number, name: string): void => {
    elementDepth = depth;
    container = name;
    contained = true;
    elements = 0;
    start = at + 1;
  };

  const endArray = (at: number): void => {
    const empty = elements === 0 && ends.length === 0 && skipped === 0 && isBlank(bytes, start, at);
    if (!empty) ends.push(at);
    giveElements();
    elementDepth = 0;
    start = at + 1;
  };

  const endDocument = (to: number): void => {
    if (skipped > 0) items.push({ kind: 'malformed', index: documents, reason: tooLarge });
    else if (!contained) items.push(...parseDocument(bytes.toString('utf8', start, to), documents));
    documents += 1;
    skipped = 0;
    contained = false;
    start = to;
  };

  const open = (at: number, byte: number): void => {
    depth += 1;
    if (depth === 1) start = at;
    if (byte === OPEN_ARRAY && depth === 1) startArray(at, TOP_ARRAY);
    else if (byte === OPEN_ARRAY && depth === 2 && expectValue && isContainer.has(key)) startArray(at, key);
    expectValue = false;
  };

  const endKey = (at: number): void => {
    if (keyStart < 0) return;
    const parsed = at - keyStart > MAX_KEY_BYTES ? { value: '' } : parse(`"${bytes.toString('utf8', keyStart, at)}"`);
    key = 'value' in parsed && typeof parsed.value === 'string' ? parsed.value : '';
    keyStart = -1;
  };

  /** JSON allows no raw line break in a string: the value is broken, and in NDJSON the next line starts afresh. */
  const breakLine = (at: number): void => {
    malformedDocument('a line break inside a string');
    inString = false;
    keyStart = -1;
    depth = 0;
    skipped = 0;
    expectValue = false;
    start = at + 1;
  };

  /** Between top-level values: blanks, separators, a byte order mark, text in front of a value. */
  const scanOutside = (from: number): number => {
    let at = from;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        inProse = false;
        open(at, byte);
        return at + 1;
      }
      if (byte === NEWLINE && inProse) {
        malformedDocument('a line without a JSON object or array');
        inProse = false;
      }
      if (!isSpace(byte) && byte !== COMMA && byte !== 0x1e && byte < 0x7f) inProse = true;
    }
    start = at;
    return at;
  };

  const scanInArray = (from: number): number => {
    const cursor = { depth, inString, escaped: false };
    const at = scanElements(bytes, from, elementDepth, cursor, ends);
    ({ depth, inString, escaped } = cursor);
    if (depth >= elementDepth) return at;
    endArray(at - 1);
    if (depth === 0) endDocument(at);
    return at;
  };

  const scanText = (from: number): number => {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        inString = false;
        endKey(at);
        return at + 1;
      }
      if (byte === NEWLINE && !contained) {
        breakLine(at);
        return at + 1;
      }
      if (byte === BACKSLASH) {
        at += 1;
        escaped = at >= bytes.length;
      }
    }
    return bytes.length;
  };

  /** Inside a top-level object, outside of its container: looks for keys at its first level. */
  const scanObject = (from: number): number => {
    if (inString) return scanText(from);
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        inString = true;
        if (depth === 1 && !expectValue) keyStart = at + 1;
        return at + 1;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        open(at, byte);
        if (elementDepth > 0) return at + 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        if (depth > 0) continue;
        endDocument(at + 1);
        return at + 1;
      } else if (depth === 1 && (byte === COMMA || byte === COLON)) expectValue = byte === COLON;
    }
    return bytes.length;
  };

  /** What the next portion needs: a value that is not complete, unless it grows beyond the cap. */
  const rest = (): Buffer => {
    const pending = depth > 0 && (elementDepth > 0 || !contained);
    const from = pending ? start : keyStart >= 0 ? keyStart : bytes.length;
    start = 0;
    if (pending && (skipped > 0 || bytes.length - from > maxValueBytes)) {
      skipped += bytes.length - from;
      keyStart = -1;
      key = '';
      return bytes.subarray(bytes.length);
    }
    if (keyStart >= 0) keyStart -= from;
    return bytes.subarray(from);
  };

  /**
   * A line that never closes its object takes the lines behind it for its content. Where these are objects of their
   * own it was NDJSON, and only the broken line is lost.
   *
   * @returns where to go on; undefined where it is one value indeed
   */
  const recoverLines = (to: number): number | undefined => {
    if (depth === 0 || elementDepth > 0 || contained || skipped > 0 || start >= to) return undefined;
    const lines = parseDocument(bytes.toString('utf8', start, to), documents);
    if (!lines.some(({ kind, ...line }) => kind === 'document' && 'value' in line && isFilled(line.value)))
      return undefined;
    items.push(...lines);
    documents += lines.length;
    [depth, inString, keyStart, key, expectValue, start] = [0, false, -1, '', false, to];
    return to;
  };

  const take = (): readonly StreamItem[] => {
    const taken = items;
    items = [];
    return taken;
  };

  let kept = bytes;
  const push = (chunk: Uint8Array): readonly StreamItem[] => {
    bytes = join(kept, chunk);
    let at = kept.length;
    if (escaped && chunk.length > 0) {
      escaped = false;
      at += 1;
    }
    while (at < bytes.length) {
      if (elementDepth > 0) at = scanInArray(at);
      else at = depth === 0 ? scanOutside(at) : scanObject(at);
      if (at >= bytes.length && bytes.length - start > maxValueBytes)
        at = recoverLines(bytes.lastIndexOf(NEWLINE)) ?? at;
    }
    giveElements();
    kept = rest();
    return take();
  };

  const end = (): readonly StreamItem[] => {
    if (inProse) malformedDocument('a line without a JSON object or array');
    bytes = kept;
    recoverLines(bytes.length);
    const where = container === TOP_ARRAY ? 'the array' : container;
    const place = elementDepth > 0 ? `element ${elements} of ${where}` : `value ${documents}`;
    if (depth > 0) items.push({ kind: 'truncated', reason: `the JSON ends early, in ${place} (counted from 0)` });
    return take();
  };

  return { push, end };
};
