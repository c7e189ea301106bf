import { createHash } from 'node:crypto';

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MIXED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const alphabets = { digits: '0123456789', hex: '0123456789abcdef', lower: LOWER, upper: UPPER, mixed: MIXED } as const;

/** A stream of chance that depends on its seed only: the same trail today, tomorrow and on another machine. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** A whole number in [from, to], both included. */
  readonly int: (from: number, to: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
  /** One of the entries, each as often as its weight says. */
  readonly weighted: <T>(entries: readonly [readonly [number, T], ...(readonly [number, T])[]]) => T;
  readonly text: (alphabet: keyof typeof alphabets, length: number) => string;
  readonly uuid: () => string;
  /** Log-normal: half of the values below the median; sigma 1 gives files from a few records to many hundreds. */
  readonly logNormal: (median: number, sigma: number) => number;
  /** An independent stream: what is drawn from it changes nothing that is drawn here. */
  readonly fork: (label: string) => Random;
}

/** sfc32 (Chris Doty-Humphrey, PractRand; public domain): small, fast, and long enough for any trail. */
const sfc32 = (a: number, b: number, c: number, d: number) => {
  let [x, y, z, counter] = [a, b, c, d];
  return (): number => {
    const sum = (((x + y) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    x = y ^ (y >>> 9);
    y = (z + (z << 3)) | 0;
    z = (z << 21) | (z >>> 11);
    z = (z + sum) | 0;
    return sum >>> 0;
  };
};

/** A random stream from a seed of any text. */
export const seeded = (seed: string): Random => {
  const hash = createHash('sha256').update(seed).digest();
  const draw = sfc32(hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12));
  const next = (): number => draw() / 2 ** 32;
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const text = (name: keyof typeof alphabets, length: number): string => {
    const alphabet = alphabets[name];
    let out = '';
    for (let n = 0; n < length; n++) out += alphabet[draw() % alphabet.length];
    return out;
  };
  const word = (): string => draw().toString(16).padStart(8, '0');
  return {
    next,
    int,
    text,
    chance: (probability) => next() < probability,
    pick: ([first, ...rest]) => {
      const at = int(0, rest.length);
      return at === 0 ? first : (rest[at - 1] ?? first);
    },
    weighted: ([first, ...rest]) => {
      const total = rest.reduce((sum, [weight]) => sum + weight, first[0]);
      let left = next() * total - first[0];
      if (left < 0) return first[1];
      for (const [weight, value] of rest) {
        left -= weight;
        if (left < 0) return value;
      }
      return first[1];
    },
    uuid: () => {
      const [a, b, c, d] = [word(), word(), word(), word()];
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
    logNormal: (median, sigma) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(sigma * normal);
    },
    fork: (label) => seeded(`${seed}/${label}`),
  };
};
