import type { KeyObject } from 'node:crypto';
import type { IntegrityCode } from './problem.ts';
import { goesBy, loadKey, type SigningKey } from './signature.ts';
import { HOUR, writtenTime } from './time.ts';

/** What a keyring answers for a fingerprint. `unavailable`: no key could be had at all, which is not the digest's fault. */
export type KeyAnswer =
  | { readonly kind: 'keys'; readonly keys: readonly SigningKey[] }
  | { readonly kind: 'unavailable'; readonly reason: string };

export type KeyChoice =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'refused'; readonly code: IntegrityCode; readonly reason: string };

/** AWS CLI asks two hours past the end for keys: around a rotation either key may have signed. */
const TOLERANCE = 2 * HOUR;

const refuse = (code: IntegrityCode, reason: string): KeyChoice => ({ kind: 'refused', code, reason });

/**
 * Chooses the key that must have signed, and refuses one that cannot have: content that does not hash to its
 * fingerprint (a forged key list), or a validity that does not hold the time of signing.
 *
 * @param keys keys that carry `fingerprint`
 * @param at time of signing in milliseconds: digestEndTime, of a backfill digest its generation time
 */
export const chooseKey = (keys: readonly SigningKey[], fingerprint: string, at: number): KeyChoice => {
  if (keys.length === 0)
    return refuse(
      'DIGEST_KEY_UNKNOWN',
      `no public key of the Region has the fingerprint ${JSON.stringify(fingerprint).slice(0, 80)}`,
    );
  const genuine = keys.filter(({ value }) => goesBy(value, fingerprint));
  if (genuine.length === 0)
    return refuse(
      'KEY_FINGERPRINT_MISMATCH',
      `the key listed under ${fingerprint} has another MD5: the key list is not AWS's`,
    );
  const current = genuine.find(
    ({ validityStart, validityEnd }) =>
      at >= validityStart.getTime() - TOLERANCE && at <= validityEnd.getTime() + TOLERANCE,
  );
  if (current === undefined) {
    const [first] = genuine;
    const early = first !== undefined && at < first.validityStart.getTime();
    const until = first === undefined ? '' : writtenTime((early ? first.validityStart : first.validityEnd).getTime());
    return early
      ? refuse('KEY_TOO_NEW', `the key that signed was not valid before ${until}`)
      : refuse('KEY_EXPIRED', `the key that signed was valid until ${until} only`);
  }
  const key = loadKey(current.value);
  return key === undefined
    ? refuse(
        'DIGEST_KEY_UNKNOWN',
        `the key with fingerprint ${fingerprint} is no RSA key in PKCS#1 or SubjectPublicKeyInfo`,
      )
    : { kind: 'key', key };
};
