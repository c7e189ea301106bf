/** A network: the bits of its address and how many of them count. */
export interface Network {
  readonly version: 4 | 6;
  readonly bits: bigint;
  readonly prefix: number;
}

const ADDRESS_4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** An IPv4 address as a number, or undefined. Leading zeros are refused: whether they mean octal is anybody's guess. */
const readAddress4 = (text: string): bigint | undefined => {
  const parts = ADDRESS_4.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0'))))
    return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
};

/** Groups of one side of `::`, or undefined where one is no group. */
const groups = (side: string): readonly number[] | undefined => {
  if (side === '') return [];
  const read = side.split(':').map((group) => (/^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : -1));
  return read.includes(-1) ? undefined : read;
};

/** An IPv6 address as a number, or undefined (RFC 4291 §2.2, with the dotted form at the end). */
const readAddress6 = (text: string): bigint | undefined => {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = dotted?.[2] === undefined ? undefined : readAddress4(dotted[2]);
  if (dotted !== null && last === undefined) return undefined;
  const whole =
    last === undefined ? text : `${dotted?.[1] ?? ''}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const sides = whole.split('::');
  if (sides.length > 2) return undefined;
  const head = groups(sides[0] ?? '');
  const tail = sides.length === 2 ? groups(sides[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
};

/**
 * Reads an IP address (`sourceIPAddress` may as well be a service name).
 *
 * @returns a network of one address, or undefined where the text is no address
 */
export const readAddress = (text: string): Network | undefined => {
  if (text.length > 45 || text.length < 2) return undefined;
  const four = readAddress4(text);
  if (four !== undefined) return { version: 4, bits: four, prefix: 32 };
  const six = text.includes(':') ? readAddress6(text) : undefined;
  return six === undefined ? undefined : { version: 6, bits: six, prefix: 128 };
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

const shift = ({ version, prefix }: Network): bigint => BigInt((version === 4 ? 32 : 128) - prefix);

/** Whether the network has bits set behind its prefix (`10.1.2.3/8`): legal, but seldom meant. */
export const hasHostBits = (network: Network): boolean =>
  (network.bits >> shift(network)) << shift(network) !== network.bits;

/** Whether the network holds the address. */
export const holds = (network: Network, address: Network): boolean =>
  network.version === address.version && network.bits >> shift(network) === address.bits >> shift(network);
