import fc from 'fast-check';
import type { Json } from '../../engine/record/json.ts';

/** How a text writes its JSON: as CloudTrail does, for people, with escapes nobody needs, or with blanks everywhere. */
export const STYLES = ['compact', 'indented', 'html', 'escaped', 'blanks'] as const;
type Style = (typeof STYLES)[number];

const hex = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const writeText = (text: string, style: Style): string => {
  const json = JSON.stringify(text);
  if (style === 'html') return json.replace(/[<>&='\u0080-\uffff]/g, hex);
  return style === 'escaped' ? `"${[...Array(text.length).keys()].map((at) => hex(text[at] ?? '')).join('')}"` : json;
};

/** A JSON text of a value. */
export const writeJson = (value: Json, style: Style): string => {
  if (style === 'compact') return JSON.stringify(value);
  if (style === 'indented') return JSON.stringify(value, null, 2);
  const gap = style === 'blanks' ? ' \r\n\t' : '';
  if (typeof value === 'string') return writeText(value, style);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${gap}${value.map((each) => writeJson(each, style)).join(`${gap},${gap}`)}${gap}]`;
  const entries = Object.entries(value).map(
    ([key, each]) => `${writeText(key, style)}${gap}:${gap}${writeJson(each, style)}`,
  );
  return `{${gap}${entries.join(`${gap},${gap}`)}${gap}}`;
};

/**
 * Any JSON object, with keys that meet, repeat parts of each other and are inherited by every object.
 *
 * No key is a backslash: when V8 (Node 24.21) has parsed `{"b":1,"\\\\":1}`, it reads `{"b":1,"\\u0061":1}` as having that
 * key again, because it compares the expected key with the escaped text.
 */
export const anObject: fc.Arbitrary<{ readonly [key: string]: Json }> = fc.letrec<{
  value: Json;
  object: { readonly [key: string]: Json };
}>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom<Json>(null, true, false, 0, -0.5, 1e21, 7, '', '{"c":1}', '\\"', 'a=b&c', '\u0000\u001f', '\ud800'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom('a', 'b', 'c', 'é', 'ab', 'toString', '__proto__') },
      { weight: 1, arbitrary: fc.constantFrom('a.b', 'b.c', 'a.b.c', '"', 'back\\slash', 'constructor') },
    ),
    tie('value'),
    { maxKeys: 6 },
  ),
})).object;
