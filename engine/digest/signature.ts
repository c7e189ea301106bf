import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { DigestDocument } from './document.ts';

/** One public key as cloudtrail:ListPublicKeys gives it. */
export interface SigningKey {
  /** Hex MD5 of `value`. */
  readonly fingerprint: string;
  /** DER bytes: PKCS#1 RSAPublicKey, or SubjectPublicKeyInfo (one of the user guide's own samples is). */
  readonly value: Uint8Array;
  readonly validityStart: Date;
  readonly validityEnd: Date;
}

/** The only algorithm CloudTrail signs with. RSASSA-PKCS1-v1_5 with SHA-256. */
export const SIGNATURE_ALGORITHM = 'SHA256withRSA';

/** Longest signature looked at: 4096-bit keys have 1024 digits, today's 2048-bit keys 512. */
const SIGNATURE_DIGITS = /^(?:[0-9a-f]{2}){64,1024}$/i;

/** MD5 of the DER bytes, lowercase hex: how CloudTrail names its keys (not documented; true of AWS's published keys). */
export const fingerprintOf = (value: Uint8Array): string => hash('md5', value, 'hex');

/**
 * True when a key goes by the fingerprint: the MD5 of its bytes as given, or of the same key in the other encoding. AWS
 * may change the encoding ("subject to change"); the key stays the same key, and no other has the MD5 of either.
 */
export const goesBy = (value: Uint8Array, fingerprint: string): boolean => {
  if (fingerprintOf(value) === fingerprint) return true;
  const loaded = loadKey(value);
  if (loaded === undefined) return false;
  // By way of JWK: Node 24 cannot export as PKCS#1 what it read as DER ("Failed to encode public key").
  const key = createPublicKey({ key: loaded.export({ format: 'jwk' }), format: 'jwk' });
  return (['pkcs1', 'spki'] as const).some(
    (type) => fingerprintOf(key.export({ type, format: 'der' })) === fingerprint,
  );
};

/** The key object, whichever of the two encodings the bytes have; undefined where they have neither. */
export const loadKey = (value: Uint8Array): KeyObject | undefined => {
  for (const type of ['pkcs1', 'spki'] as const) {
    try {
      const key = createPublicKey({ key: Buffer.from(value), format: 'der', type });
      if (key.asymmetricKeyType === 'rsa') return key;
    } catch {
      // The other encoding is tried next.
    }
  }
  return undefined;
};

/**
 * The text CloudTrail signs (user guide, "custom implementations of log file integrity validation"): four lines, LF, no
 * final newline. The texts are the document's own, the four letters `null` where the previous signature is null.
 *
 * @param document the digest's content
 * @param digestHash lowercase hex SHA-256 of the inflated digest bytes as they are
 */
export const signedText = (document: DigestDocument, digestHash: string): string =>
  [document.endText, `${document.bucket}/${document.key}`, digestHash, document.previousSignature ?? 'null'].join('\n');

/**
 * True when the signature is the key's over the text. The hash is pinned: a SHA-1 or SHA-512 signature is refused,
 * which AWS CLI v1 accepts.
 *
 * @param signature hex, either case
 */
export const isSignedBy = (key: KeyObject, text: string, signature: string): boolean =>
  // Buffer.from(…, 'hex') stops silently at a bad digit, so the digits are checked first.
  SIGNATURE_DIGITS.test(signature) &&
  verify('RSA-SHA256', Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'hex'));
