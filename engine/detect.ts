import type { CloudTrailRecord, NumberedRecord } from './record/record.ts';
import type { Match, RuleSet } from './rule/rule.ts';

/** A rule that matched a record of a file. */
export interface Detection {
  /** Where the record stood in its file, counted from 0. */
  readonly index: number;
  readonly record: CloudTrailRecord;
  readonly match: Match;
}

/** Evaluates a rule set on records, in order. */
export const detect = (records: readonly NumberedRecord[], ruleSet: RuleSet): readonly Detection[] => {
  const detections: Detection[] = [];
  for (const { index, record } of records)
    for (const match of ruleSet.match(record)) detections.push({ index, record, match });
  return detections;
};
