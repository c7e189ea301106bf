import { chainId } from '../digest/chain.ts';
import type { Problem } from '../digest/problem.ts';
import type { JsonObject } from '../record/json.ts';
import { type ObjectLocation, showLocation } from '../record/location.ts';
import { parseObjectKey } from '../record/object-key.ts';
import type { Evidence } from '../rule/rule.ts';
import { plainText } from './escape.ts';
import type { Finding, Seen } from './finding.ts';
import { findingId } from './id.ts';
import { INTEGRITY_TEXTS } from './integrity-texts.ts';

const MAX_TEXT = 1024;

const shown = (location: ObjectLocation): string => plainText(showLocation(location), 1500);

/** One key fault concerns every digest of the Region: told once a day, not once a digest. */
const isOfRegion = ({ code }: Problem): boolean => code === 'KEYS_UNAVAILABLE';

const aboutParts = (problem: Problem): readonly string[] => {
  const { chain, object, span, about } = problem;
  if (about !== undefined) return about;
  if (isOfRegion(problem)) return [chain?.region ?? '', span?.end.slice(0, 10) ?? ''];
  const place = object === undefined ? '' : `${object.bucket}/${object.key}`;
  // Where nothing stands, the hour tells one fault from the next of the same chain.
  const which = object === undefined ? (span?.start ?? '') : (object.versionId ?? '');
  return [chain === undefined ? '' : chainId(chain), place, which];
};

/** Whose log file it is, where no chain is known: as its key says. */
const placeOf = (object: ObjectLocation | undefined) => {
  const named = parseObjectKey(object?.key ?? '');
  return named.kind === 'folder' || named.kind === 'foreign' ? undefined : named;
};

const chainText = ({ chain }: Problem): string => {
  if (chain === undefined) return '';
  const kind = chain.backfill ? 'backfill digests' : 'digests';
  return ` (${kind} of trail ${plainText(chain.trail, 128)}, account ${chain.account}, ${chain.region})`;
};

const subject = (problem: Problem): string => {
  const { object, code, missingHours } = problem;
  if (object === undefined) return 'The chain';
  const many = missingHours === undefined || missingHours < 2 ? '' : `, the newest of ${missingHours} in a row,`;
  return `${code.startsWith('LOG') || code === 'EVENT_TIME_ODD' ? 'Log file' : 'Digest'} ${shown(object)}${many}`;
};

const summaryOf = (problem: Problem): string => {
  const { span, reason, code } = problem;
  const hour = span === undefined ? '' : `, ${span.start} to ${span.end}`;
  const { meaning } = INTEGRITY_TEXTS[code];
  return plainText(`${subject(problem)}${chainText(problem)}${hour}: ${meaning}. Found: ${reason}.`, 3000);
};

const detailsOf = ({ chain, object, span, digest, reason, missingHours, expected, actual }: Problem): JsonObject => ({
  reason: plainText(reason, MAX_TEXT),
  ...(chain !== undefined && {
    chain: chainId(chain),
    account: chain.account,
    region: chain.region,
    trail: plainText(chain.trail, 128),
    homeRegion: chain.homeRegion,
    backfill: chain.backfill,
    ...(chain.organization !== undefined && { organization: chain.organization }),
  }),
  ...(object !== undefined && { object: shown(object) }),
  ...(span !== undefined && { start: span.start, end: span.end }),
  ...(digest !== undefined && { digest: shown(digest) }),
  ...(missingHours !== undefined && { missingHours }),
  ...(expected !== undefined && { expected: plainText(expected, MAX_TEXT) }),
  ...(actual !== undefined && { actual: plainText(actual, MAX_TEXT) }),
});

const evidenceOf = ({ code, expected, actual }: Problem): readonly Evidence[] =>
  expected === undefined && actual === undefined
    ? []
    : [
        {
          selection: code,
          field: 'digest',
          expected: plainText(expected ?? '', MAX_TEXT),
          actual: plainText(actual ?? '', MAX_TEXT),
        },
      ];

/**
 * The finding of an integrity problem: what happened to which object and version, in which hour of which chain, what
 * was compared, and what an investigator does next. The same problem met again (redelivery, sweep, command line) has
 * the same id.
 *
 * @param problem what the digest stories found
 * @param at ISO 8601 time at which it was found
 * @param via how it was met; `delivered` where a digest arrived
 */
export const integrityFinding = (problem: Problem, at: string, via: Seen['via'] = 'delivered'): Finding => {
  const { code, chain, object } = problem;
  const { severity, title, nextSteps } = INTEGRITY_TEXTS[code];
  const owner = chain ?? placeOf(object);
  return {
    schemaVersion: '1.0',
    id: findingId('integrity', [code, ...aboutParts(problem)]),
    kind: 'integrity',
    code,
    severity: problem.severity ?? severity,
    title,
    summary: summaryOf(problem),
    ...(owner !== undefined && { account: owner.account, region: owner.region }),
    resources: object === undefined ? [] : [shown(object)],
    evidence: evidenceOf(problem),
    details: detailsOf(problem),
    nextSteps,
    seen: object === undefined ? { via } : { via, object },
    firstSeen: at,
    lastSeen: at,
    count: 1,
    isTest: false,
    truncated: false,
  };
};
