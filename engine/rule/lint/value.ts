import type { Item, RuleValue } from '../document.ts';

/** Text of a value as the engine compares it. */
const textOf = (value: RuleValue): string => (value === null ? 'null' : String(value));

const isWild = (text: string): boolean => /[*?]/.test(text);

/** Texts an item asks to be equal to; undefined where it compares in another way, or with wildcards. */
export const plainTexts = ({ modifiers, values }: Item): readonly string[] | undefined => {
  if (modifiers.some((name) => name !== 'cased')) return undefined;
  const texts = values.flatMap((value) => (value === null ? [] : [textOf(value)]));
  return texts.length === values.length && !texts.some(isWild) ? texts : undefined;
};

/** Whether a text meets an item; undefined where that cannot be told without the engine. */
export const meets = (text: string, { modifiers, values }: Item): boolean | undefined => {
  const how = modifiers.filter((name) => name !== 'cased' && name !== 'all');
  const [only] = how;
  if (how.length > 1 || values.some((value) => value === null || isWild(textOf(value)))) return undefined;
  const lower = text.toLowerCase();
  const met = values.map((value) => {
    const want = textOf(value).toLowerCase();
    if (only === undefined) return lower === want;
    if (only === 'contains') return lower.includes(want);
    if (only === 'startswith') return lower.startsWith(want);
    return only === 'endswith' ? lower.endsWith(want) : undefined;
  });
  if (met.includes(undefined)) return undefined;
  return modifiers.includes('all') ? met.every(Boolean) : met.some(Boolean);
};
