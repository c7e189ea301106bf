/** A network: its address as 32-bit words (one for version 4, four for version 6) and how many of its bits count. */
export interface Network {
  readonly version: 4 | 6;
  readonly words: readonly number[];
  readonly prefix: number;
}

const ADDRESS_4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** An IPv4 address as a number, or undefined. Leading zeros are refused: whether they mean octal is anybody's guess. */
const readAddress4 = (text: string): number | undefined => {
  const parts = ADDRESS_4.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0'))))
    return undefined;
  return parts.reduce((word, part) => word * 256 + Number(part), 0);
};

/** Groups of one side of `::`, or undefined where one is no group. */
const groups = (side: string): readonly number[] | undefined => {
  if (side === '') return [];
  const read = side.split(':').map((group) => (/^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1));
  return read.includes(-1) ? undefined : read;
};

/** An IPv6 address as a number, or undefined (RFC 4291 §2.2, with the dotted form at the end). */
const readAddress6 = (text: string): readonly number[] | undefined => {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = dotted?.[2] === undefined ? undefined : readAddress4(dotted[2]);
  if (dotted !== null && last === undefined) return undefined;
  const whole =
    last === undefined ? text : `${dotted?.[1] ?? ''}${(last >>> 16).toString(16)}:${(last & 0xffff).toString(16)}`;
  const sides = whole.split('::');
  if (sides.length > 2) return undefined;
  const head = groups(sides[0] ?? '');
  const tail = sides.length === 2 ? groups(sides[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return [0, 2, 4, 6].map((at) => (all[at] ?? 0) * 65_536 + (all[at + 1] ?? 0));
};

/**
 * Reads an IP address (`sourceIPAddress` may as well be a service name).
 *
 * @returns a network of one address, or undefined where the text is no address
 */
export const readAddress = (text: string): Network | undefined => {
  if (text.length > 45 || text.length < 2) return undefined;
  const four = readAddress4(text);
  if (four !== undefined) return { version: 4, words: [four], prefix: 32 };
  const six = text.includes(':') ? readAddress6(text) : undefined;
  return six === undefined ? undefined : { version: 6, words: six, prefix: 128 };
};

/** Reads `10.0.0.0/8`, `fe80::/10` or one address; undefined where it is neither. */
export const readNetwork = (text: string): Network | undefined => {
  const [address = '', prefix, more] = text.trim().split('/');
  const network = readAddress(address);
  if (network === undefined || more !== undefined) return undefined;
  if (prefix === undefined) return network;
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  return length < 0 || length > network.prefix ? undefined : { ...network, prefix: length };
};

/** The bits of a word that the prefix counts. */
const counted = (word: number, bits: number): number => {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : word - (word % 2 ** (32 - bits));
};

/** Whether the network holds the address. */
export const holds = (network: Network, address: Network): boolean => {
  if (network.version !== address.version) return false;
  for (let index = 0, bits = network.prefix; bits > 0; index += 1, bits -= 32)
    if (counted(network.words[index] ?? 0, bits) !== counted(address.words[index] ?? 0, bits)) return false;
  return true;
};
