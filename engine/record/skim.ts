/**
 * Reads chosen fields out of the bytes of a record, and parses nothing: most records match no rule, and parsing them is
 * most of the work there is. Every byte is still checked: what passes here passes JSON.parse.
 *
 * One closure, because its parts are called for every few bytes and share where they are.
 */

import { type Key, meetKey, slotOf, type Table, type Target, tableOf } from './key-table.ts';

/** A field's value: nothing there, one scalar (a text: without or with escapes), or what only the parsed record tells. */
export const ABSENT = 0;
export const TOKEN = 1;
export const ESCAPED_TOKEN = 2;
export const COMPLEX = 3;

/** The bytes end inside the value. */
export const INCOMPLETE = -1;
/** The bytes are no JSON, or nested more deeply than anyone nests. */
export const BROKEN = -2;

/** What was found of the last record, by number of the path. */
export interface Tokens {
  readonly kinds: Uint8Array;
  /** Of tokens: where the scalar starts and ends, quotes included. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The bytes they stand in. */
  readonly view: DataView;
  /** Up to there four bytes can be read at once. */
  readonly wide: number;
  /** The scalar a token spells. */
  readonly value: (path: number) => string | number | boolean | null;
}

/** Reads one record after the other. */
export interface Skimmer {
  /**
   * Reads one JSON object.
   *
   * @param bytes the one at `to` must be zero: no JSON has it, so that it ends whatever is being read
   * @param from where the object starts
   * @returns where it ends; INCOMPLETE, or BROKEN for whatever is no object
   */
  readonly read: (bytes: Buffer, from: number, to: number) => number;
  /** Whether its fields can be relied upon: no key of interest twice, none escaped or joined by dots. */
  readonly isPlain: () => boolean;
  readonly tokens: Tokens;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Bytes that stand for themselves inside a string: all but quote, backslash and control characters. */
const IN_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
/** Four bytes at once: a byte is zero, or less than a blank, where subtracting sets its high bit. */
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const QUOTES = QUOTE * ONES;
const BACKSLASHES = BACKSLASH * ONES;
const BLANKS = 0x20 * ONES;
/** Bytes behind a backslash, `u` apart. */
const ESCAPED = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39;
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** Levels of nesting; deeper records are left to the parser. */
const MOST_DEPTH = 256;
/**
 * Compiles paths into a reader of records.
 *
 * A field is a TOKEN only where `resolve` would find this one scalar, and ABSENT only where it would find nothing;
 * arrays, objects and strings on the way that may be documents are COMPLEX.
 *
 * @param paths fields wanted; none of their keys, alone or joined, may be one that every object inherits
 */
export const skimmer = (paths: readonly (readonly string[])[]): Skimmer => {
  const kinds = new Uint8Array(paths.length);
  const starts = new Int32Array(paths.length);
  const ends = new Int32Array(paths.length);
  const root = tableOf(paths, [...paths.keys()], 0);
  const isObject = new Uint8Array(MOST_DEPTH);
  let bytes: Buffer = Buffer.alloc(1);
  let view: DataView = new DataView(bytes.buffer);
  /** Up to here four bytes can be read at once. */
  let wide = 0;
  let record = 0;
  let plain = true;
  let escapes = false;
  /** Where reading went wrong; meaningful behind a negative answer. */
  let stopped = 0;
  /** Where the key that `unpredicted` read ends. */
  let keyEnd = 0;

  const stop = (at: number): number => {
    stopped = at;
    return -1;
  };

  const spaces = (from: number): number => {
    let at = from;
    while (isSpace(bytes[at] ?? 0)) at += 1;
    return at;
  };

  /** Reads what follows a backslash. */
  const readEscape = (at: number): number => {
    escapes = true;
    const byte = bytes[at] ?? 0;
    if (ESCAPED.has(byte)) return at + 1;
    if (byte !== 0x75) return stop(at);
    for (let digit = at + 1; digit <= at + 4; digit += 1) if (!isHex(bytes[digit] ?? 0)) return stop(digit);
    return at + 5;
  };

  /** From behind the opening quote to behind the closing one. */
  const readString = (from: number): number => {
    const text = bytes;
    const words = view;
    let at = from;
    for (;;) {
      while (at <= wide) {
        const four = words.getInt32(at, true);
        const quote = four ^ QUOTES;
        const slash = four ^ BACKSLASHES;
        const special = ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((four - BLANKS) & ~four);
        const found = special & HIGH_BITS;
        if (found !== 0) {
          // A borrow can only mark bytes behind the first that is marked rightly.
          at += (31 - Math.clz32(found & -found)) >> 3;
          break;
        }
        at += 4;
      }
      while (IN_TEXT[text[at] ?? 0] === 1) at += 1;
      const byte = text[at];
      if (byte === QUOTE) return at + 1;
      if (byte !== BACKSLASH) return stop(at);
      at = readEscape(at + 1);
      if (at < 0) return at;
    }
  };

  const digits = (from: number): number => {
    let at = from;
    while (isDigit(bytes[at] ?? 0)) at += 1;
    return at === from ? stop(at) : at;
  };

  const readNumber = (from: number): number => {
    let at = bytes[from] === MINUS ? from + 1 : from;
    at = bytes[at] === ZERO ? at + 1 : digits(at);
    if (at >= 0 && bytes[at] === POINT) at = digits(at + 1);
    if (at >= 0 && ((bytes[at] ?? 0) | 0x20) === 0x65) {
      const sign = bytes[at + 1];
      at = digits(sign === MINUS || sign === 0x2b ? at + 2 : at + 1);
    }
    return at;
  };

  const readWord = (from: number, word: string): number => {
    for (let place = 0; place < word.length; place += 1)
      if (bytes[from + place] !== word.charCodeAt(place)) return stop(from + place);
    return from + word.length;
  };

  /** A scalar but a string; `byte` is its first. */
  const readBare = (at: number, byte: number): number => {
    if (byte === MINUS || isDigit(byte)) return readNumber(at);
    if (byte === 0x74) return readWord(at, 'true');
    if (byte === 0x66) return readWord(at, 'false');
    return byte === 0x6e ? readWord(at, 'null') : stop(at);
  };

  /** A key nobody wants, with the colon behind it. */
  const passKey = (at: number): number => {
    if (bytes[at] !== QUOTE) return stop(at);
    const end = readString(at + 1);
    if (end < 0) return end;
    const colon = spaces(end);
    return bytes[colon] === COLON ? colon + 1 : stop(colon);
  };

  /** Reads a value whatever it is, and keeps nothing of it. */
  const passValue = (from: number): number => {
    let at = from;
    let depth = 0;
    for (;;) {
      at = spaces(at);
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) at = readString(at + 1);
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        const object = byte === OPEN_OBJECT;
        at = spaces(at + 1);
        if (bytes[at] === (object ? CLOSE_OBJECT : CLOSE_ARRAY)) at += 1;
        else {
          if (depth === MOST_DEPTH) return BROKEN;
          isObject[depth] = object ? 1 : 0;
          depth += 1;
          if (object) at = passKey(at);
          if (at < 0) return at;
          continue;
        }
      } else at = readBare(at, byte);
      if (at < 0) return at;
      for (;;) {
        if (depth === 0) return at;
        at = spaces(at);
        const inObject = isObject[depth - 1] === 1;
        const behind = bytes[at];
        if (behind === COMMA) {
          at = inObject ? passKey(spaces(at + 1)) : at + 1;
          if (at < 0) return at;
          break;
        }
        if (behind !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return stop(at);
        at += 1;
        depth -= 1;
      }
    }
  };

  const markBelow = ({ below }: Target): void => {
    for (const path of below) kinds[path] = COMPLEX;
  };

  const readTarget = (target: Target, at: number): number => {
    const byte = bytes[at] ?? 0;
    if (target.joined || target.met === record) plain = false;
    target.met = record;
    const { path, table } = target;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (path >= 0) kinds[path] = COMPLEX;
      if (byte === OPEN_OBJECT && table !== undefined) return readObject(table, at + 1);
      markBelow(target);
      return passValue(at);
    }
    escapes = false;
    const end = byte === QUOTE ? readString(at + 1) : readBare(at, byte);
    if (byte === QUOTE) markBelow(target);
    if (path >= 0) {
      kinds[path] = escapes ? ESCAPED_TOKEN : TOKEN;
      starts[path] = at;
      ends[path] = end;
    }
    return end;
  };

  /** Whether the key at `from` is this one; a key's bytes end with its quote. */
  const isKey = ({ words, mask, length }: Key, from: number): boolean => {
    if (from + length > wide) return false;
    const last = words.length - 1;
    for (let word = 0; word < last; word += 1) if (view.getInt32(from + word * 4, true) !== words[word]) return false;
    return (view.getInt32(from + last * 4, true) & mask) === words[last];
  };

  /** Finds out which key it is that starts at `from`; 0 where it is none that is known. */
  const unpredicted = (table: Table, from: number): number => {
    keyEnd = readString(from);
    if (keyEnd < 0) return keyEnd;
    const length = keyEnd - 1 - from;
    const slot = slotOf(bytes, from, length);
    const number = table.slots[slot] ?? 0;
    const likely = table.keys[number];
    if (likely !== undefined && isKey(likely, from)) return number;
    const key = bytes.toString('utf8', from, keyEnd - 1);
    if (!key.includes('\\')) {
      const met = meetKey(table, key);
      table.slots[slot] = met;
      return met;
    }
    // An escape may spell a key that is wanted. Not learnt: it would be met again without this doubt.
    plain = false;
    return 0;
  };

  const readObject = (table: Table, from: number): number => {
    let at = spaces(from);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    let key = 0;
    for (;;) {
      if (bytes[at] !== QUOTE) return stop(at);
      at += 1;
      const before = key;
      const next = table.next[before] ?? 0;
      const other = table.other[before] ?? 0;
      const nextKey = table.keys[next];
      const otherKey = table.keys[other];
      if (nextKey !== undefined && isKey(nextKey, at)) {
        key = next;
        at += nextKey.length;
      } else if (otherKey !== undefined && isKey(otherKey, at)) {
        key = other;
        at += otherKey.length;
      } else {
        key = unpredicted(table, at);
        if (key < 0) return key;
        table.other[before] = next;
        table.next[before] = key;
        at = spaces(keyEnd);
        if (bytes[at] !== COLON) return stop(at);
        at += 1;
      }
      if ((bytes[at] ?? 0) <= 0x20) at = spaces(at);
      const target = table.targets[key];
      if (target !== undefined) at = readTarget(target, at);
      else at = bytes[at] === QUOTE ? readString(at + 1) : passValue(at);
      if (at < 0) return at;
      let behind = bytes[at];
      if (behind !== COMMA && behind !== CLOSE_OBJECT) {
        at = spaces(at);
        behind = bytes[at];
      }
      at += 1;
      if (behind === CLOSE_OBJECT) return at;
      if (behind !== COMMA) return stop(at - 1);
      if (bytes[at] !== QUOTE) at = spaces(at);
    }
  };

  const read = (given: Buffer, from: number, to: number): number => {
    if (bytes !== given) {
      bytes = given;
      view = new DataView(given.buffer, given.byteOffset, given.byteLength);
      wide = given.byteLength - 4;
      tokens.view = view;
      tokens.wide = wide;
    }
    record += 1;
    plain = true;
    kinds.fill(ABSENT);
    const end = given[from] === OPEN_OBJECT ? readObject(root, from + 1) : stop(from);
    return end === -1 ? (stopped >= to ? INCOMPLETE : BROKEN) : end;
  };

  const value = (path: number): string | number | boolean | null => {
    const start = starts[path] ?? 0;
    const end = ends[path] ?? 0;
    if (kinds[path] === TOKEN && bytes[start] === QUOTE) return bytes.toString('utf8', start + 1, end - 1);
    return JSON.parse(bytes.toString('utf8', start, end));
  };

  const tokens: { -readonly [Name in keyof Tokens]: Tokens[Name] } = { kinds, starts, ends, view, wide, value };
  return { read, isPlain: () => plain, tokens };
};
