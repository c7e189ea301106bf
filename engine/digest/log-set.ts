import { hash } from 'node:crypto';

/** Names of log objects, kept small: a month of a busy Region has hundreds of thousands. */
export interface LogSet {
  readonly add: (name: string) => void;
  readonly has: (name: string) => boolean;
}

/** A set of names that keeps their SHA-256 only, a quarter of a name's length. */
export const logSet = (): LogSet => {
  const names = new Set<string>();
  const short = (name: string): string => hash('sha256', name, 'base64url');
  return {
    add: (name) => {
      names.add(short(name));
    },
    has: (name) => names.has(short(name)),
  };
};
