import { hash } from 'node:crypto';
import { inflateMember } from '../record/gzip.ts';
import type { ObjectLocation } from '../record/location.ts';
import { type Chain, digestName, isSameTrail } from './chain.ts';
import { type DigestDocument, readDocument } from './document.ts';
import { chooseKey, type KeyAnswer } from './key-choice.ts';
import type { IntegrityCode, Problem, Span } from './problem.ts';
import { isSignedBy, SIGNATURE_ALGORITHM, signedText } from './signature.ts';
import { generationTime, HOUR, writtenTime } from './time.ts';

/** A stored object as the world gave it: the shape of the engine's ObjectRead port. */
export type StoredObject =
  | {
      readonly kind: 'found';
      readonly bytes: Uint8Array;
      readonly versionId?: string;
      readonly lastModified?: string;
      readonly metadata: { readonly [key: string]: string };
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly code: string; readonly reason: string };

/** A digest that has been looked at: what it says, whether CloudTrail signed it, and what is wrong with it itself. */
export interface ExaminedDigest {
  readonly location: ObjectLocation;
  readonly chain: Chain | undefined;
  /** Milliseconds: the signed end where there is one, else the one its name claims. */
  readonly end: number | undefined;
  readonly start: number | undefined;
  readonly missing: boolean;
  /** True when the signature is CloudTrail's: only then may its list, times and pointer be relied upon. */
  readonly trusted: boolean;
  /** Present when the bytes are a digest document, trusted or not. */
  readonly document: DigestDocument | undefined;
  /** Hex SHA-256 of the inflated bytes; '' when they could not be inflated. */
  readonly hash: string;
  /** Lowercase hex of the metadata; '' when absent. */
  readonly signature: string;
  readonly lastModified: string | undefined;
  readonly problems: readonly Problem[];
  /** Set when no key could be had: the digest is neither trusted nor at fault. */
  readonly keysUnavailable: string | undefined;
}

/** Finds the keys with a fingerprint that may have signed at a time. */
export type FindKeys = (region: string, fingerprint: string, at: number) => Promise<KeyAnswer>;

/** Largest digest inflated, in bytes: one lists log files at about 400 bytes each, so this is room for 160,000 in an hour. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;

interface Fault {
  readonly code: IntegrityCode;
  readonly reason: string;
  readonly expected?: string;
  readonly actual?: string;
}

interface Trust {
  readonly trusted: boolean;
  readonly faults: readonly Fault[];
  readonly keysUnavailable?: string;
}

const untrusted = (code: IntegrityCode, reason: string, compared: Pick<Fault, 'expected' | 'actual'> = {}): Trust => ({
  trusted: false,
  faults: [{ code, reason, ...compared }],
});

const moved = (document: DigestDocument, { bucket, key }: ObjectLocation): Fault | undefined =>
  document.bucket === bucket && document.key === key
    ? undefined
    : {
        code: 'DIGEST_MOVED',
        reason: 'the digest says it was written to another place: it was copied, renamed or put over another digest',
        expected: `s3://${document.bucket}/${document.key}`,
        actual: `s3://${bucket}/${key}`,
      };

const algorithmFault = (document: DigestDocument, metadata: { readonly [key: string]: string }): Fault | undefined => {
  const named = [document.signatureAlgorithm, metadata['signature-algorithm']].find(
    (name) => name !== SIGNATURE_ALGORITHM,
  );
  if (document.signatureAlgorithm !== SIGNATURE_ALGORITHM || metadata['signature-algorithm'] !== SIGNATURE_ALGORITHM)
    return {
      code: 'DIGEST_ALGORITHM',
      reason: 'CloudTrail signs with SHA256withRSA only',
      expected: SIGNATURE_ALGORITHM,
      actual: String(named ?? 'nothing'),
    };
  const { previous } = document;
  if (previous === undefined || previous.hashAlgorithm === null || previous.hashAlgorithm === 'SHA-256')
    return undefined;
  const reason = 'CloudTrail links digests by SHA-256 only';
  return { code: 'DIGEST_ALGORITHM', reason, expected: 'SHA-256', actual: previous.hashAlgorithm };
};

const scopeFault = (document: DigestDocument, chain: Chain): Fault | undefined => {
  if (document.account !== chain.account)
    return {
      code: 'DIGEST_SCOPE',
      reason: 'the account in the digest is not the account of its path',
      expected: chain.account,
      actual: document.account,
    };
  const before = document.previous === undefined ? undefined : digestName(document.previous.key);
  if (document.previous === undefined || (before !== undefined && isSameTrail(before.chain, chain))) return undefined;
  return {
    code: 'DIGEST_SCOPE',
    reason: 'the predecessor the digest names is not a digest of the same account, Region and trail',
    actual: document.previous.key,
  };
};

interface Judged {
  readonly document: DigestDocument;
  readonly location: ObjectLocation;
  readonly chain: Chain;
  readonly metadata: { readonly [key: string]: string };
  readonly hash: string;
  readonly trailing: number;
}

/** The time the digest was signed: its end, or for a backfill digest the generation time its metadata must give. */
const signingTime = ({ document, chain, metadata }: Judged): number | undefined =>
  chain.backfill ? generationTime(metadata['backfill-generation-timestamp'] ?? '') : document.end;

/** The first fault wins, in the order: format, moved, key, signature, algorithm, scope; trailing data stands beside. */
const judge = async (judged: Judged, findKeys: FindKeys): Promise<Trust> => {
  const { document, location, chain, metadata } = judged;
  const at = signingTime(judged);
  if (at === undefined)
    return untrusted('DIGEST_FORMAT', 'a backfill digest must carry the metadata backfill-generation-timestamp');
  const elsewhere = moved(document, location);
  if (elsewhere !== undefined) return { trusted: false, faults: [elsewhere] };
  const answer = await findKeys(chain.region, document.fingerprint, at);
  if (answer.kind === 'unavailable') return { trusted: false, faults: [], keysUnavailable: answer.reason };
  const choice = chooseKey(answer.keys, document.fingerprint, at);
  if (choice.kind === 'refused') return untrusted(choice.code, choice.reason, { actual: document.fingerprint });
  const signature = metadata['signature'];
  if (signature === undefined || metadata['signature-algorithm'] === undefined)
    return untrusted('DIGEST_SIGNATURE', 'the metadata signature and signature-algorithm are not both there');
  if (!isSignedBy(choice.key, signedText(document, judged.hash), signature))
    return untrusted('DIGEST_SIGNATURE', "the signature is not CloudTrail's over this digest", { actual: judged.hash });
  const trailing: Fault | undefined =
    judged.trailing === 0
      ? undefined
      : { code: 'DIGEST_TRAILING_DATA', reason: `${judged.trailing} bytes stand behind the digest's gzip member` };
  const own = algorithmFault(document, metadata) ?? scopeFault(document, chain);
  return { trusted: true, faults: [own, trailing].filter((fault) => fault !== undefined) };
};

const NOTHING = {
  start: undefined,
  missing: false,
  trusted: false,
  document: undefined,
  hash: '',
  signature: '',
  lastModified: undefined,
  keysUnavailable: undefined,
};

/**
 * Looks at one digest object: one gzip member, strict UTF-8, a document, its own location, the key, the signature, the
 * algorithms and the scope. At most one fault of its own, the first; a missing object has none (what names it has).
 *
 * @param location the object that was asked for
 * @param stored what the store answered
 * @param findKeys finds ListPublicKeys entries of the digest's Region
 * @param maxBytes cap on the inflated size
 */
export const examineDigest = async (
  location: ObjectLocation,
  stored: StoredObject,
  findKeys: FindKeys,
  maxBytes: number = MAX_DIGEST_BYTES,
): Promise<ExaminedDigest> => {
  const name = digestName(location.key);
  const chain = name?.chain;
  const claimed = { location, chain, end: name?.stamp };
  const problemsOf = (at: ObjectLocation, span: Span | undefined, faults: readonly Fault[]): readonly Problem[] =>
    faults.map((fault) => ({
      ...fault,
      object: at,
      ...(chain !== undefined && { chain }),
      ...(span !== undefined && { span }),
    }));
  const claimedSpan =
    name === undefined ? undefined : { start: writtenTime(name.stamp - HOUR), end: writtenTime(name.stamp) };
  const faulty = (code: IntegrityCode, reason: string): ExaminedDigest => ({
    ...NOTHING,
    ...claimed,
    problems: problemsOf(location, claimedSpan, [{ code, reason }]),
  });
  if (stored.kind === 'missing') return { ...NOTHING, ...claimed, missing: true, problems: [] };
  if (stored.kind === 'unreadable') return faulty('DIGEST_UNREADABLE', `${stored.code}: ${stored.reason}`);
  const inflated = inflateMember(stored.bytes, maxBytes);
  if (inflated.kind === 'fault') return faulty('DIGEST_FORMAT', inflated.reason);
  const reading = readDocument(inflated.bytes);
  if (reading.kind === 'fault') return faulty('DIGEST_FORMAT', reading.reason);
  const at: ObjectLocation = stored.versionId === undefined ? location : { ...location, versionId: stored.versionId };
  const { document } = reading;
  const digestHash = hash('sha256', inflated.bytes, 'hex');
  const { metadata } = stored;
  const judged = { document, location, metadata, hash: digestHash, trailing: inflated.trailing };
  const trust: Trust =
    chain === undefined
      ? untrusted('DIGEST_MOVED', "the object's name is not a digest's", {
          expected: `s3://${document.bucket}/${document.key}`,
        })
      : await judge({ ...judged, chain }, findKeys);
  return {
    location: at,
    chain,
    start: trust.trusted ? document.start : undefined,
    end: trust.trusted ? document.end : name?.stamp,
    missing: false,
    trusted: trust.trusted,
    document,
    hash: digestHash,
    signature: (metadata['signature'] ?? '').toLowerCase(),
    lastModified: stored.lastModified,
    problems: problemsOf(
      at,
      trust.trusted ? { start: document.startText, end: document.endText } : claimedSpan,
      trust.faults,
    ),
    keysUnavailable: trust.keysUnavailable,
  };
};
