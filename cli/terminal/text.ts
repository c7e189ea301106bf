import { plainText } from '../../engine/finding/escape.ts';

/**
 * Text from events, file names or AWS, made safe for a terminal: one line, no escape sequences, no characters that
 * hide or reorder, at most `max` characters.
 */
export const terminalText = (text: string, max = 1000): string => plainText(text, max);
