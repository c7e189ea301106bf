/**
 * Makes text from events fit to be shown. Names, user agents and tags are written by attackers: they may hold terminal
 * escapes, line breaks, right-to-left overrides, half surrogates, chat mentions.
 */

/** C0, C1 and DEL; bidirectional controls; zero-width characters; line and paragraph separators; tags; BOM. */
const UNSHOWN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gu;

const escapeOf = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Cuts at `max` UTF-16 units, ellipsis included, never between the halves of a surrogate pair. */
export const clip = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const cut = Math.max(max - 1, 0);
  const code = text.charCodeAt(cut - 1);
  return `${text.slice(0, code >= 0xd800 && code <= 0xdbff ? cut - 1 : cut)}…`;
};

/**
 * JSON text whose strings hide nothing: what JSON itself leaves as it is (bidirectional controls, zero-width
 * characters, C1, U+FFFE) is written as `\uXXXX`, so that the value stays the same and a mail program shows no trick.
 */
export const visibleJson = (json: string): string =>
  json.replace(UNSHOWN, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
  );

/**
 * One line of well-formed text, at most `max` units, in which no character hides or commands: control, bidirectional
 * and zero-width characters are written as `\u{…}`.
 */
export const plainText = (text: string, max = 1024): string =>
  clip(clip(text, max).toWellFormed().replace(UNSHOWN, escapeOf), max);

/**
 * Text for chat: `&`, `<` and `>` as entities, which is all Slack asks for (its guide "Formatting text"), so that
 * `<!channel>` or `<http://…|bank>` in a user agent stays text; and a space in `](`, so that Teams makes no link of it.
 * Emphasis (`_`, `*`) is left alone: names hold underscores, and must stay what one can search for.
 */
export const chatText = (text: string, max = 1024): string =>
  plainText(text, max).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('](', '] (');

/** Text for HTML, in content and in quoted attributes. */
export const htmlText = (text: string, max = 4096): string =>
  plainText(text, max)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/**
 * Printable ASCII on one line, at most `max` characters: what an SNS subject and a message attribute may hold
 * (API reference, Publish; attributes with surrogate pairs are refused).
 */
export const asciiText = (text: string, max: number): string => {
  const ascii = text
    .slice(0, max * 4)
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/\u2026/g, '...')
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim();
  return ascii.length <= max ? ascii : `${ascii.slice(0, Math.max(max - 3, 0))}...`.slice(0, max);
};
