import type { Json } from './json.ts';
import { BROKEN } from './skim.ts';
import type { TimeRange } from './time-range.ts';

/** No rule matches the record and nothing else is to be said of it: it is counted, and not parsed. */
export const QUIET = 0;
/** The record is parsed and goes the plain way. */
export const LOOK = 1;
/** The record is not asked for. */
export const DROP = 2;
export type Judgement = typeof QUIET | typeof LOOK | typeof DROP;

/** Tells from the bytes of a record whether anyone has to look at it. */
export interface Sieve {
  /** As `Skimmer.read`. */
  readonly read: (bytes: Buffer, from: number, to: number) => number;
  /** Of the record read last. LOOK where there is any doubt. */
  readonly judge: () => Judgement;
  /** False while most records are to be looked at all the same: parsing them at once is cheaper then. */
  readonly isWorthwhile: () => boolean;
}

/** What a record must be, beside matching no rule, for nobody to look at it. */
export interface SieveOptions {
  /** Records for another recipient are looked at. */
  readonly account?: string;
  /** Records of other times are dropped. */
  readonly range?: TimeRange;
}

/** A record to look at. */
export interface Look {
  /** Its place in `Records`. */
  readonly index: number;
  /** Quiet records in front of it. */
  readonly quietBefore: number;
  readonly value: Json;
}

/** What was read of `Records` so far. */
export interface Sifted {
  /** Elements read, of any kind. */
  elements: number;
  quiet: number;
  looks: Look[];
}

export const nothingSifted = (): Sifted => ({ elements: 0, quiet: 0, looks: [] });

const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const spaces = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at])) at += 1;
  return at;
};

/** How far reading came: `rest` is where the first element not read starts, or what follows the array. */
export type Reach =
  | { readonly kind: 'ended'; readonly rest: number }
  | { readonly kind: 'incomplete'; readonly rest: number }
  | { readonly kind: 'broken'; readonly rest: number };

const RECORDS = ['{', '"Records"', ':', '['] as const;

/** Where the elements start, when the bytes start as a log file does; else -1. */
export const startOfRecords = (bytes: Uint8Array): number => {
  let at = 0;
  for (const part of RECORDS) {
    at = spaces(bytes, at);
    for (let place = 0; place < part.length; place += 1) if (bytes[at + place] !== part.charCodeAt(place)) return -1;
    at += part.length;
  }
  return at;
};

const readElements = (bytes: Buffer, from: number, to: number, sieve: Sieve, sifted: Sifted): Reach => {
  let at = spaces(bytes, from);
  if (sifted.elements === 0 && bytes[at] === CLOSE_ARRAY) return { kind: 'ended', rest: at + 1 };
  for (;;) {
    const end = sieve.read(bytes, at, to);
    if (end < 0) return { kind: end === BROKEN ? 'broken' : 'incomplete', rest: at };
    const behind = spaces(bytes, end);
    const separator = bytes[behind];
    if (separator !== COMMA && separator !== CLOSE_ARRAY)
      return { kind: behind < to ? 'broken' : 'incomplete', rest: at };
    const judgement = sieve.judge();
    if (judgement === LOOK)
      sifted.looks.push({
        index: sifted.elements,
        quietBefore: sifted.quiet,
        value: JSON.parse(bytes.toString('utf8', at, end)),
      });
    else if (judgement === QUIET) sifted.quiet += 1;
    sifted.elements += 1;
    if (separator === CLOSE_ARRAY) return { kind: 'ended', rest: behind + 1 };
    at = spaces(bytes, behind + 1);
  }
};

/**
 * Reads the complete elements of `Records`, from the first or from where it left off.
 *
 * @param bytes end behind `Records`, or anywhere; the last byte is not read, and is another one for the time of the call
 */
export const siftElements = (bytes: Buffer, from: number, sieve: Sieve, sifted: Sifted): Reach => {
  const to = bytes.length - 1;
  if (from > to) return { kind: 'incomplete', rest: from };
  const last = bytes[to] ?? 0;
  // No byte of JSON is zero: it ends every loop, and none has to ask whether there are more bytes.
  bytes[to] = 0;
  try {
    return readElements(bytes, from, to, sieve, sifted);
  } finally {
    bytes[to] = last;
  }
};

const CLOSE_OBJECT = 0x7d;

/** Whether the bytes from there on close the document, and nothing follows. */
export const endsThere = (bytes: Uint8Array, from: number): boolean => {
  const at = spaces(bytes, from);
  return bytes[at] === CLOSE_OBJECT && spaces(bytes, at + 1) === bytes.length;
};

/**
 * Sifts a document that is in memory whole.
 *
 * @returns undefined for any but `{"Records":[{…},…]}` in valid JSON: what else it is, the parser says; also where
 * sifting is not worthwhile
 */
export const sift = (bytes: Buffer, sieve: Sieve): Sifted | undefined => {
  const start = sieve.isWorthwhile() ? startOfRecords(bytes) : -1;
  if (start < 0) return undefined;
  const sifted = nothingSifted();
  const reach = siftElements(bytes, start, sieve, sifted);
  return reach.kind === 'ended' && endsThere(bytes, reach.rest) ? sifted : undefined;
};
