import type { Modifier } from './document.ts';

/** Bytes of a text in the encoding the modifiers name; UTF-8 where they name none. */
const bytesOf = (text: string, modifiers: readonly Modifier[]): Buffer => {
  const little = Buffer.from(text, 'utf16le');
  if (modifiers.includes('wide') || modifiers.includes('utf16le')) return little;
  if (modifiers.includes('utf16be')) return Buffer.from(little).swap16();
  // `utf16` is UTF-16 with a byte order mark, little endian (modifiers appendix; pySigma does the same).
  if (modifiers.includes('utf16')) return Buffer.concat([Buffer.from([0xff, 0xfe]), little]);
  return Buffer.from(text, 'utf8');
};

/** Characters at the start of base64 that mix with the bytes in front, by how many bytes there are. */
const SKIP_START = [0, 2, 3];
/** Characters at the end that mix with what follows, by the number of bytes modulo 3. */
const SKIP_END = [0, 3, 2];

/** The text inside any base64 that encodes these bytes, for the three ways they can fall on its groups of three. */
const base64Offsets = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset, 0x20), bytes]).toString('base64');
    const drop = SKIP_END[(bytes.length + offset) % 3] ?? 0;
    return encoded.slice(SKIP_START[offset], drop === 0 ? undefined : -drop);
  });

/**
 * The texts a value stands for once encoded (`utf16*`, `wide`, `base64`, `base64offset`): one, or three for
 * `base64offset`. The encoding comes first whatever the order of the modifiers: nothing else makes sense.
 */
export const encodings = (text: string, modifiers: readonly Modifier[]): readonly string[] => {
  const bytes = bytesOf(text, modifiers);
  if (modifiers.includes('base64offset')) return [...new Set(base64Offsets(bytes))];
  if (modifiers.includes('base64')) return [bytes.toString('base64')];
  return [bytes.toString('utf8')];
};

export const isEncoded = (modifiers: readonly Modifier[]): boolean =>
  modifiers.some((name) => name.startsWith('base64') || name.startsWith('utf16') || name === 'wide');

/** Whether each character is encoded on its own, so that a value may be cut at its wildcards (`wide` without base64). */
export const isCharByChar = (modifiers: readonly Modifier[]): boolean =>
  !modifiers.some((name) => name.startsWith('base64') || name === 'utf16' || name === 'windash');
