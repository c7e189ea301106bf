import { generateKeyPairSync, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;

/** One value of DER (X.690): tag, length, content. */
const der = (tag: number, ...parts: readonly (Uint8Array | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const extension = (name: Buffer, value: Buffer): Buffer => der(SEQUENCE, name, der(0x04, value));

/**
 * A certificate that signed itself (RFC 5280), for a server of a test.
 *
 * @param name the one name it is for
 * @returns PEM
 */
export const selfSigned = (name: string): { readonly key: string; readonly cert: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid('2a8648ce3d040302'));
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, oid('550403'), der(0x0c, name))));
  const validity = der(SEQUENCE, der(0x18, '20200101000000Z'), der(0x18, '21200101000000Z'));
  const authority = extension(oid('551d13'), der(SEQUENCE, der(0x01, Buffer.from([0xff]))));
  const names = extension(oid('551d11'), der(SEQUENCE, der(0x82, name)));
  const content = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    subject,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, authority, names)),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const bytes = der(SEQUENCE, content, algorithm, signature);
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
};
