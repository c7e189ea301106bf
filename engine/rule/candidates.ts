import { type LogFile, readLogFile } from '../record/log-file.ts';
import type { CloudTrailRecord } from '../record/record.ts';
import type { PossibleRules } from './verdicts.ts';

/** A record that some rule may match. */
export interface Candidate {
  /** Where it stood in its file, counted from 0. */
  readonly index: number;
  readonly record: CloudTrailRecord;
  /** Rules that may match it, as numbers in `RuleSet.rules`: none that matches is missing, some may not match. */
  readonly rules: readonly number[];
}

/**
 * The contract of whatever finds records worth a look: bytes of a log file in, candidates out. It may name too many
 * rules, never too few; the plain evaluator decides. What is here parses every record; a scanner that reads the bytes
 * and parses candidates only would take its place.
 */
export type FindCandidates = (
  bytes: Uint8Array,
  limits: { readonly maxBytes: number },
) => { readonly file: LogFile; readonly candidates: readonly Candidate[] };

/** Finds candidates by parsing the file whole. */
export const parseForCandidates =
  (possible: PossibleRules): FindCandidates =>
  (bytes, limits) => {
    const file = readLogFile(bytes, limits);
    if (file.kind !== 'records') return { file, candidates: [] };
    const candidates: Candidate[] = [];
    for (const { index, record } of file.records) {
      const rules = possible(record);
      if (rules.length > 0) candidates.push({ index, record, rules });
    }
    return { file, candidates };
  };
