import picocolors from 'picocolors';
import type { Severity } from '../../engine/finding/finding.ts';

/** Colours of one stream; they do nothing where the stream shows none. */
export interface Paint {
  readonly on: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** The severity's word (or any text) in the severity's colour. */
  readonly severity: (severity: Severity, text?: string) => string;
}

/** Colour only for people: on a terminal, unless NO_COLOR is set (no-color.org); FORCE_COLOR asks for it anyway. */
const wanted = (stream: { readonly isTTY?: boolean }): boolean => {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = process.env;
  if (NO_COLOR !== '') return false;
  if (FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && TERM !== 'dumb' && FORCE_COLOR !== '0';
};

/** The colours that `stream` shows. */
export const paint = (stream: { readonly isTTY?: boolean }): Paint => {
  const on = wanted(stream);
  const colours = picocolors.createColors(on);
  const bySeverity = {
    critical: (text: string) => colours.bold(colours.bgRed(colours.white(text))),
    high: (text: string) => colours.bold(colours.red(text)),
    medium: colours.yellow,
    low: colours.cyan,
    informational: colours.dim,
  } as const;
  const { bold, dim, red, green, yellow, cyan } = colours;
  return {
    ...{ on, bold, dim, red, green, yellow, cyan },
    severity: (severity, text = severity) => bySeverity[severity](text),
  };
};
