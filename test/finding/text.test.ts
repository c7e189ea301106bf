import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiText, chatText, clip, htmlText, plainText, visibleJson } from '../../engine/finding/escape.ts';
import { HOSTILE } from './samples.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe('text from events', () => {
  it.each([
    ['a terminal escape', '\u001b[31mred', '\\u{1b}[31mred'],
    ['line breaks', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['a right-to-left override', 'exe\u202egnp', 'exe\\u{202e}gnp'],
    ['tag characters', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['letters of any script', 'Żółć 中文 😀', 'Żółć 中文 😀'],
  ])('is shown plainly: %s', (_name, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it('is cut with an ellipsis, never through a pair', () => {
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('ab😀cd', 4)).toBe('ab…');
    expect(clip('abcd', 4)).toBe('abcd');
  });

  it('mentions no channel and makes no link in chat', () => {
    expect(chatText('<!channel> <http://x|bank> & co')).toBe('&lt;!channel&gt; &lt;http://x|bank&gt; &amp; co');
    expect(chatText('[bank](http://x) a_b')).toBe('[bank] (http://x) a_b');
  });

  it('closes no tag and no attribute in HTML', () => {
    expect(htmlText("\"><img src=x onerror='a'>&lt;")).toBe('&quot;&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&amp;lt;');
  });

  it('is printable ASCII in subjects and attributes, and no longer than asked', () => {
    expect(asciiText('Root – “login” 😀 …', 99)).toBe('Root - ?login? ? ...');
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 120 }), (text, max) => {
        const ascii = asciiText(text, max);
        return ascii.length <= max && /^[\x20-\x7e]*$/.test(ascii);
      }),
    );
  });

  it('never hides, whatever it is, and stays within its bound', () => {
    for (const show of [plainText, chatText, htmlText])
      fc.assert(fc.property(anyText, (text) => !HIDDEN.test(show(text)) && show(text).isWellFormed()));
    fc.assert(fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, max) => plainText(text, max).length <= max));
  });

  it('hides nothing in JSON, whose value stays the same', () => {
    const value = { [HOSTILE]: HOSTILE, tag: '\u{e0041}' };
    const json = visibleJson(JSON.stringify(value, undefined, 2));
    expect(JSON.parse(json)).toEqual(value);
    expect(json.replaceAll('\n', '')).not.toMatch(HIDDEN);
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        expect(JSON.parse(visibleJson(JSON.stringify(any, undefined, 2)))).toEqual(JSON.parse(JSON.stringify(any)));
      }),
    );
  });
});
