import type { FindKeys } from './digest/examine.ts';
import type { KeyAnswer } from './digest/key-choice.ts';
import type { SigningKey } from './digest/signature.ts';
import { DAY, HOUR } from './digest/time.ts';
import type { ListPublicKeys } from './ports.ts';

/** How far to look for a key that was not valid at the time, to tell an expired key from an unknown one. */
const WIDE = 45 * DAY;
/** The AWS CLI asks for keys up to two hours past the end: near a rotation either key may sign. */
const NEAR = 2 * HOUR;

/** Errors of ListPublicKeys that no retry mends: they are a finding, the others a failed message. */
const FINAL =
  /AccessDenied|UnauthorizedOperation|UnsupportedOperation|OperationNotPermitted|InvalidTimeRange|InvalidToken|UnrecognizedClient|NotAuthorized|OptInRequired/;

const isFinal = (error: unknown): boolean => error instanceof Error && FINAL.test(`${error.name} ${error.message}`);

interface Asked {
  readonly start: number;
  readonly end: number;
  readonly keys: Promise<readonly SigningKey[]>;
}

/**
 * Public keys by fingerprint, asked for as rarely as can be and kept: by Region first the given span, then the hours
 * around the signing, then weeks around it. Keys that are not valid then are still answered, so that the digest can be
 * told to carry an expired key.
 *
 * @param list the port to cloudtrail:ListPublicKeys
 * @param span milliseconds; the whole range that will be verified, if it is known
 * @param failing `answer`: every error of the port means no keys; `throw`: only errors that no retry mends do
 */
export const keyring = (
  list: ListPublicKeys,
  span: { readonly start: number; readonly end: number } | undefined,
  failing: 'answer' | 'throw',
): FindKeys => {
  const asked = new Map<string, Asked[]>();
  const ask = (region: string, start: number, end: number): Promise<readonly SigningKey[]> => {
    const answers = asked.get(region) ?? [];
    asked.set(region, answers);
    const known = answers.find((answer) => answer.start <= start && answer.end >= end);
    if (known !== undefined) return known.keys;
    const question: Asked = { start, end, keys: list(region, new Date(start), new Date(end)) };
    answers.push(question);
    question.keys.catch(() => {
      if (failing === 'throw') answers.splice(answers.indexOf(question), 1);
    });
    return question.keys;
  };
  const spans = (at: number): readonly (readonly [number, number])[] => [
    ...(span !== undefined && at >= span.start - NEAR && at <= span.end + NEAR
      ? [[span.start - NEAR, span.end + NEAR] as const]
      : []),
    [at - HOUR, at + HOUR],
    [at - WIDE, at + WIDE],
  ];
  return async (region, fingerprint, at): Promise<KeyAnswer> => {
    let listed = 0;
    try {
      for (const [start, end] of spans(at)) {
        const keys = await ask(region, start, end);
        listed += keys.length;
        const named = keys.filter((key) => key.fingerprint === fingerprint);
        if (named.length > 0) return { kind: 'keys', keys: named };
      }
    } catch (error) {
      if (failing === 'throw' && !isFinal(error)) throw error;
      // Keys were listed for the hours of the signing: that a wider question fails says nothing of this digest.
      if (listed > 0) return { kind: 'keys', keys: [] };
      return {
        kind: 'unavailable',
        reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      };
    }
    if (listed > 0) return { kind: 'keys', keys: [] };
    return { kind: 'unavailable', reason: `ListPublicKeys in ${region} returned no key at all` };
  };
};
