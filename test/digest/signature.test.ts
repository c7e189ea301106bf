import { constants, createHash, createPublicKey, publicDecrypt, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chooseKey } from '../../engine/digest/key-choice.ts';
import { fingerprintOf, goesBy, isSignedBy, loadKey } from '../../engine/digest/signature.ts';
import { AWS_KEYS, AWS_SIGNATURES } from './aws-samples.ts';
import { KEY, makeKey, START } from './trail.ts';

/** DER of DigestInfo for SHA-256, before the 32 bytes of the hash (RFC 8017, section 9.2, note 1). */
const SHA256_INFO = '3031300d060960864801650304020105000420';

describe("AWS's published samples", () => {
  it.each(AWS_KEYS)(
    'key $fingerprint ($encoding) goes by the MD5 of its bytes and can be loaded',
    ({ fingerprint, value }) => {
      const bytes = Buffer.from(value, 'base64');
      expect(fingerprintOf(bytes)).toBe(fingerprint);
      expect(loadKey(bytes)?.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
    },
  );

  it.each(AWS_SIGNATURES)(
    'signature %s is PKCS #1 v1.5 over SHA-256 under the key in SubjectPublicKeyInfo',
    (signature) => {
      const key = loadKey(Buffer.from(AWS_KEYS[2].value, 'base64'));
      if (key === undefined) throw new Error('the key does not load');
      const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'hex'));
      expect(opened).toHaveLength(51);
      expect(opened.toString('hex').startsWith(SHA256_INFO)).toBe(true);
      expect(isSignedBy(key, 'another text', signature)).toBe(false);
    },
  );

  it('the sample keys do not open each other’s signatures', () => {
    const key = createPublicKey({ key: Buffer.from(AWS_KEYS[0].value, 'base64'), format: 'der', type: 'pkcs1' });
    const open = () =>
      publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(AWS_SIGNATURES[0], 'hex'));
    expect(open).toThrow();
  });
});

describe('a signature', () => {
  const key = loadKey(KEY.listed.value);
  if (key === undefined) throw new Error('the key does not load');
  const text = 'four\nlines\nof\ntext';
  const good = sign('RSA-SHA256', Buffer.from(text), KEY.privateKey).toString('hex');

  it.each([
    ['as CloudTrail writes it', good, true],
    ['in capitals', good.toUpperCase(), true],
    ['over SHA-1', sign('RSA-SHA1', Buffer.from(text), KEY.privateKey).toString('hex'), false],
    ['over SHA-512', sign('RSA-SHA512', Buffer.from(text), KEY.privateKey).toString('hex'), false],
    ['of another key', sign('RSA-SHA256', Buffer.from(text), makeKey().privateKey).toString('hex'), false],
    ['with a digit that is none', `${good.slice(0, 100)}zz${good.slice(102)}`, false],
    ['with a digit missing', good.slice(1), false],
    ['with a byte missing', good.slice(2), false],
    ['with a byte more', `${good}00`, false],
    ['with a zero byte more in front', `00${good}`, false],
    ['that is empty', '', false],
  ])('%s: %#', (_, signature, expected) => {
    expect(isSignedBy(key, text, signature)).toBe(expected);
  });

  it('holds for its text only', () => {
    expect(isSignedBy(key, `${text}\n`, good)).toBe(false);
  });
});

describe('the choice of a key', () => {
  const other = makeKey();
  const day = 24 * 3_600_000;
  const spki = makeKey('spki');

  it.each([
    ['valid at the time', [KEY.listed], KEY.listed.fingerprint, START, 'key'],
    [
      'in the other encoding than its fingerprint',
      [{ ...KEY.listed, value: reencoded() }],
      KEY.listed.fingerprint,
      START,
      'key',
    ],
    ['in SubjectPublicKeyInfo throughout', [spki.listed], spki.listed.fingerprint, START, 'key'],
    ['not listed', [], KEY.listed.fingerprint, START, 'DIGEST_KEY_UNKNOWN'],
    [
      'listed under a fingerprint that is not its own',
      [{ ...other.listed, fingerprint: KEY.listed.fingerprint }],
      KEY.listed.fingerprint,
      START,
      'KEY_FINGERPRINT_MISMATCH',
    ],
    [
      'listed beside a forged one',
      [{ ...other.listed, fingerprint: KEY.listed.fingerprint }, KEY.listed],
      KEY.listed.fingerprint,
      START,
      'key',
    ],
    ['an hour past its validity', [KEY.listed], KEY.listed.fingerprint, START + 20 * day + 3_600_000, 'key'],
    [
      'three hours past its validity',
      [KEY.listed],
      KEY.listed.fingerprint,
      START + 20 * day + 3 * 3_600_000,
      'KEY_EXPIRED',
    ],
    [
      'three hours before its validity',
      [KEY.listed],
      KEY.listed.fingerprint,
      START - 10 * day - 3 * 3_600_000,
      'KEY_TOO_NEW',
    ],
    [
      'no RSA key at all',
      [{ ...KEY.listed, value: Buffer.from('key'), fingerprint: md5('key') }],
      md5('key'),
      START,
      'DIGEST_KEY_UNKNOWN',
    ],
  ])('a key %s', (_, keys, fingerprint, at, expected) => {
    const choice = chooseKey(keys, fingerprint, at);
    expect(choice.kind === 'key' ? 'key' : choice.code).toBe(expected);
  });

  it('a key goes by its fingerprint in either encoding, and by no other', () => {
    expect(goesBy(reencoded(), KEY.listed.fingerprint)).toBe(true);
    expect(goesBy(other.listed.value, KEY.listed.fingerprint)).toBe(false);
    expect(goesBy(Buffer.from('nothing'), KEY.listed.fingerprint)).toBe(false);
  });
});

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function reencoded(): Buffer {
  return createPublicKey({ key: Buffer.from(KEY.listed.value), format: 'der', type: 'pkcs1' }).export({
    type: 'spki',
    format: 'der',
  });
}
