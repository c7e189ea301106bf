import type { Problem } from './digest/problem.ts';
import type { FileItem } from './ledger/ledger.ts';
import type { ObjectLocation } from './record/location.ts';

const shown = (sha256: string, { versionId }: ObjectLocation): string => `${sha256} version ${versionId ?? '-'}`;

/** S3 calls the version of an object from before versioning `null`. */
const versionOf = ({ versionId }: ObjectLocation): string | undefined => (versionId === 'null' ? undefined : versionId);

/**
 * CloudTrail writes each key once: a log file that was scanned before, under another version or with other content, was
 * written by somebody else. Redelivery of the same version, and of unversioned objects with the same content, is none.
 *
 * @param before what was recorded of the key
 * @param now what was read
 */
export const rewrittenProblem = (
  before: FileItem | undefined,
  now: { readonly location: ObjectLocation; readonly sha256: string },
): Problem | undefined => {
  if (before === undefined) return undefined;
  const { location, sha256 } = now;
  const [old, young] = [versionOf(before.location), versionOf(location)];
  const same = before.sha256 === sha256;
  if (old === young && (same || old !== undefined)) return undefined;
  // A notification may name a version, and a replay none: with the same content nothing tells that anyone wrote.
  if (same && (old === undefined || young === undefined)) return undefined;
  const sides = [shown(before.sha256, before.location), shown(sha256, location)];
  return {
    code: 'LOG_REWRITTEN',
    reason: same
      ? 'the key was written again, with the same content, though CloudTrail writes each key once'
      : 'the key was written again with other content; both were scanned',
    object: location,
    expected: sides[0] ?? '',
    actual: sides[1] ?? '',
    // Versions may be read in any order: the pair makes the finding.
    about: ['LOG_REWRITTEN', location.bucket, location.key, ...[...sides].sort()],
    ...(same && { severity: 'low' }),
  };
};
