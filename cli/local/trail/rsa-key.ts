import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { PublicKey } from '../../../engine/ports.ts';
import type { Random } from './random.ts';

const E = 65537n;

const hexToBigInt = (hex: string): bigint => BigInt(`0x${hex}`);

const base64url = (value: bigint): string => {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
};

/** The inverse of `a` modulo `m`; 0 when there is none. */
const inverse = (a: bigint, m: bigint): bigint => {
  let [r, next] = [m, a % m];
  let [t, after] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, after] = [after, t - quotient * after];
  }
  return r === 1n ? ((t % m) + m) % m : 0n;
};

const prime = (random: Random): bigint => {
  for (;;) {
    // The two highest bits set: the product of two such primes has exactly 2048 bits.
    const candidate = hexToBigInt(random.text('hex', 256)) | (3n << 1022n) | 1n;
    if ((candidate - 1n) % E !== 0n && checkPrimeSync(candidate, { checks: 5 })) return candidate;
  }
};

export interface SigningKey {
  readonly sign: KeyObject;
  /** As ListPublicKeys gives it: PKCS#1, named by the MD5 of its DER bytes. */
  readonly listed: PublicKey;
}

/**
 * An RSA-2048 key pair that depends on the seed only, so that the same trail has the same signatures. Throw-away:
 * anyone who has the seed has the key. (node:crypto's own generator takes no seed.)
 *
 * @param validity the range ListPublicKeys gives; AWS's keys live for thirty days
 */
export const makeSigningKey = (random: Random, validity: { readonly start: Date; readonly end: Date }): SigningKey => {
  const [p, q] = [prime(random), prime(random)];
  const d = inverse(E, (p - 1n) * (q - 1n));
  const jwk = {
    kty: 'RSA',
    n: base64url(p * q),
    e: base64url(E),
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: base64url(d % (p - 1n)),
    dq: base64url(d % (q - 1n)),
    qi: base64url(inverse(q, p)),
  };
  const sign = createPrivateKey({ key: jwk, format: 'jwk' });
  const value = createPublicKey(sign).export({ type: 'pkcs1', format: 'der' });
  const fingerprint = createHash('md5').update(value).digest('hex');
  return { sign, listed: { fingerprint, value, validityStart: validity.start, validityEnd: validity.end } };
};
