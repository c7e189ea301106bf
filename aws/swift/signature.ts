import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Where requests go: part of what is signed. */
export interface SignedFor {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
  readonly region: string;
}

/** A GET to sign. */
export interface Question {
  /** Encoded. */
  readonly path: string;
  /** Encoded and in the order of the names, without `?`; '' for none. */
  readonly query: string;
  readonly credentials: Credentials;
  /** Milliseconds. */
  readonly now: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** Characters that stand for themselves: CloudTrail's keys have no others. */
const UNRESERVED = /^[\w.~/-]*$/;
/** What may stand in a field of a request: nothing that could end it. */
const FIELD_TEXT = /^[\x21-\x7e]*$/;

/** RFC 3986, as Signature Version 4 wants it; slashes stay. */
export const encodePath = (key: string): string =>
  UNRESERVED.test(key)
    ? key
    : encodeURIComponent(key)
        .replaceAll('%2F', '/')
        .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** As `encodePath`, slashes too. */
export const encodeValue = (text: string): string => encodePath(text).replaceAll('/', '%2F');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** What all requests of one second with the same credentials share. */
interface Second {
  readonly second: number;
  readonly credentials: Credentials;
  readonly key: KeyObject;
  /** Behind path and query in the canonical request. */
  readonly canonical: string;
  /** Before its hash in the text that is signed. */
  readonly signed: string;
  /** Fields of the request, up to the signature. */
  readonly fields: string;
}

/** The signing key of a day: as a key object, for out of a buffer it would be made anew for every request. */
const dayKey = ({ secretAccessKey }: Credentials, day: string, region: string): KeyObject =>
  createSecretKey(['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region)));

/**
 * Writes GETs signed with Signature Version 4 (S3 API reference, "Authenticating requests: authorization header").
 * Undefined where some part could not stand in a request as it is.
 *
 * @param owner account the bucket must belong to
 */
export const signedGets = (
  { secure, host, port, region }: SignedFor,
  owner: string | undefined,
): ((question: Question) => string | undefined) => {
  const standard = port === undefined || port === (secure ? 443 : 80);
  const beginSecond = (second: number, credentials: Credentials, before: Second | undefined): Second | undefined => {
    const { accessKeyId, sessionToken } = credentials;
    const stamp = `${new Date(second * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const day = stamp.slice(0, 8);
    const fields: readonly (readonly [string, string])[] = [
      ['host', standard ? host : `${host}:${port}`],
      ['x-amz-content-sha256', UNSIGNED],
      ['x-amz-date', stamp],
      ...(owner === undefined ? [] : [['x-amz-expected-bucket-owner', owner] as const]),
      ...(sessionToken === undefined ? [] : [['x-amz-security-token', sessionToken] as const]),
    ];
    if ([accessKeyId, ...fields.map(([, value]) => value)].some((value) => !FIELD_TEXT.test(value))) return undefined;
    const names = fields.map(([name]) => name).join(';');
    const scope = `${day}/${region}/s3/aws4_request`;
    const sameKey = before?.credentials === credentials && before.signed.includes(scope);
    return {
      second,
      credentials,
      key: sameKey ? before.key : dayKey(credentials, day, region),
      canonical: `${fields.map(([name, value]) => `${name}:${value}\n`).join('')}\n${names}\n${UNSIGNED}`,
      signed: `${ALGORITHM}\n${stamp}\n${scope}\n`,
      fields: `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}authorization: ${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=`,
    };
  };
  let last: Second | undefined;
  return ({ path, query, credentials, now }) => {
    const second = Math.floor(now / 1000);
    if (last?.second !== second || last.credentials !== credentials) last = beginSecond(second, credentials, last);
    const target = query === '' ? path : `${path}?${query}`;
    if (last === undefined || !FIELD_TEXT.test(target)) return undefined;
    const asked = hash('sha256', `GET\n${path}\n${query}\n${last.canonical}`, 'hex');
    const signature = createHmac('sha256', last.key).update(`${last.signed}${asked}`).digest('hex');
    return `GET ${target} HTTP/1.1\r\n${last.fields}${signature}\r\n\r\n`;
  };
};
