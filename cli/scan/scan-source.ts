import { detect } from '../../engine/detect.ts';
import { detectionFinding } from '../../engine/finding/detection.ts';
import { visibleJson } from '../../engine/finding/escape.ts';
import type { Finding, Seen, Severity } from '../../engine/finding/finding.ts';
import { type CloudTrailRecord, type NumberedRecord, own } from '../../engine/record/record.ts';
import { standing, type TimeRange } from '../../engine/record/time-range.ts';
import type { RuleSet } from '../../engine/rule/rule.ts';
import { type OpenObject, readSource } from './read-source.ts';
import { type Source, showSource } from './sources.ts';

/** A finding as the store keeps it: what sorting and choosing need, and the finding itself as JSON. */
export interface FoundLine {
  readonly id: string;
  readonly time: string;
  readonly title: string;
  readonly severity: Severity;
  /** Equal for findings of one rule and one caller. */
  readonly group: string;
  /** Number of the source and of the record in it: of two equal findings the first one met is kept. */
  readonly source: number;
  readonly record: number;
  readonly json: string;
}

/** What scanning a source came to. */
export interface Tally {
  readonly source: number;
  records: number;
  matches: number;
  /** Inflated. */
  bytes: number;
  digests: number;
  aggregated: number;
  /** The source holds JSON, but nothing of CloudTrail's. */
  foreign: boolean;
  /** What of the source could not be read, at most a few of many. */
  readonly faults: string[];
  faultCount: number;
}

const MAX_FAULTS = 20;

/** A role's sessions are one caller: tools make up a session name for every call. */
const groupOf = ({ rule, account, principal }: Finding): string => {
  const { issuerArn, arn, name } = principal ?? {};
  return JSON.stringify([rule?.id, account, issuerArn ?? arn ?? name]);
};

const isOutside = (range: TimeRange, record: CloudTrailRecord): boolean =>
  (range.since !== undefined || range.until !== undefined) && standing(range, own(record, 'eventTime')) === 'outside';

const seenOf = (source: Source): Seen => {
  if (source.kind === 'object') return { via: 'scan', object: { bucket: source.bucket, key: source.key } };
  return source.kind === 'file' ? { via: 'scan', file: showSource(source) } : { via: 'scan' };
};

const addFault = (tally: Tally, fault: string): void => {
  tally.faultCount += 1;
  if (tally.faults.length < MAX_FAULTS) tally.faults.push(fault);
};

/**
 * Scans one source to its end.
 *
 * @param number the source's place among all, the same whoever scans it
 * @param emit takes each match as a finding, as soon as it is found
 */
export const scanSource = async (
  source: Source,
  number: number,
  given: { readonly ruleSet: RuleSet; readonly range: TimeRange; readonly openObject: OpenObject },
  emit: (line: FoundLine) => void,
): Promise<Tally> => {
  const counts = { records: 0, matches: 0, bytes: 0, digests: 0, aggregated: 0, foreign: false, faultCount: 0 };
  const tally: Tally = { source: number, ...counts, faults: [] };
  const seen = seenOf(source);
  const sieve = given.ruleSet.sieve({ range: given.range });
  let foreign = 0;
  for await (const { content, quiet, quietBefore, bytes, fault } of readSource(source, given.openObject, sieve)) {
    tally.bytes += bytes;
    tally.digests += content.digests;
    tally.aggregated += content.aggregated;
    foreign += content.foreign;
    for (const reason of content.malformed) addFault(tally, `a record is malformed: ${reason}`);
    if (fault !== undefined) addFault(tally, fault);
    const numbered: NumberedRecord[] = [];
    content.records.forEach((record, at) => {
      if (isOutside(given.range, record)) return;
      numbered.push({ index: tally.records + numbered.length + (quietBefore[at] ?? 0), record });
    });
    tally.records += numbered.length + quiet;
    for (const detection of detect(numbered, given.ruleSet)) {
      const finding = detectionFinding(detection, seen);
      tally.matches += 1;
      const { id, severity, title, firstSeen: time } = finding;
      emit({
        id,
        time,
        title,
        severity,
        group: groupOf(finding),
        source: number,
        record: detection.index,
        json: visibleJson(JSON.stringify(finding)),
      });
    }
  }
  tally.foreign = foreign > 0 && tally.records + tally.digests + tally.aggregated + tally.faultCount === 0;
  return tally;
};
