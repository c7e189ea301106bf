import { detect } from './detect.ts';
import { detectionFinding } from './finding/detection.ts';
import { malformedProblem } from './finding/file-health.ts';
import type { Seen } from './finding/finding.ts';
import { healthFinding } from './finding/health.ts';
import {
  type Candidate,
  type PublishTally,
  type PublishWorld,
  publishFindings,
  UnsettledFindingsError,
} from './publish-findings.ts';
import type { ObjectLocation } from './record/location.ts';
import type { MalformedRecord, NumberedRecord } from './record/record.ts';
import type { RuleSet } from './rule/rule.ts';

export interface RecordsWorld extends PublishWorld {
  readonly ruleSet: RuleSet;
}

/** Where records stood: an S3 object, an event, a log stream. */
export interface RecordsSource {
  /** For people, in findings and errors. */
  readonly name: string;
  /** What tells it from any other source; makes the id of its health finding. */
  readonly about: readonly string[];
  readonly seen: Seen;
  /** Of a log file: its key names account and Region. */
  readonly location?: ObjectLocation;
}

/**
 * Counts of records whose fate is decided: `recordsIn = scanned + malformed` and
 * `matches = published + repeated + suppressed + shadowed`.
 */
export interface ScanCounters {
  readonly recordsIn: number;
  readonly scanned: number;
  readonly malformed: number;
  readonly matches: number;
  readonly published: number;
  readonly repeated: number;
  readonly suppressed: number;
  readonly shadowed: number;
  /** Milliseconds from event to publishing, per published finding. */
  readonly delays: readonly number[];
}

/** Records and elements that are none, before the rules saw them. */
export interface SortedRecords {
  readonly records: readonly NumberedRecord[];
  /** Records that a sieve of these rules passed over: scanned, and matched by none. */
  readonly quiet?: number;
  readonly malformed: readonly MalformedRecord[];
}

/** The rules' answer: findings not yet published, and how many records there were. Holds no record but those that matched. */
export interface Examined {
  readonly candidates: readonly Candidate[];
  readonly scanned: number;
  readonly malformed: readonly MalformedRecord[];
}

/** Evaluates the rules on records. Pure and synchronous: a large file's records are free again when it returns. */
export const examine = (ruleSet: RuleSet, { records, quiet = 0, malformed }: SortedRecords, seen: Seen): Examined => ({
  candidates: detect(records, ruleSet).map((detection) => ({
    finding: detectionFinding(detection, seen),
    alert: detection.match.rule.alert,
  })),
  scanned: records.length + quiet,
  malformed,
});

/** The counters of records whose findings were all settled. */
const countersOf = (examined: Examined, tally: PublishTally): ScanCounters => ({
  recordsIn: examined.scanned + examined.malformed.length,
  scanned: examined.scanned,
  malformed: examined.malformed.length,
  matches: examined.candidates.length,
  published: tally.published,
  repeated: tally.repeated,
  suppressed: tally.suppressed,
  shadowed: tally.shadowed,
  delays: tally.delays,
});

/** False when a record or a match was counted twice or not at all: a defect of Trailwarden, worth an alarm. */
export const countersAgree = (counters: ScanCounters): boolean =>
  counters.recordsIn === counters.scanned + counters.malformed &&
  counters.matches === counters.published + counters.repeated + counters.suppressed + counters.shadowed;

/** Publishes what was found and reports malformed records. @throws UnsettledFindingsError when a finding's fate is open */
export const settleExamined = async (
  world: RecordsWorld,
  source: RecordsSource,
  examined: Examined,
): Promise<ScanCounters> => {
  const { malformed } = examined;
  const at = new Date(world.clock()).toISOString();
  const health: readonly Candidate[] =
    malformed.length === 0 ? [] : [{ finding: healthFinding(malformedProblem(source, malformed), source.seen, at) }];
  const publish = publishFindings(world);
  const tally = await publish(examined.candidates);
  const about = await publish(health);
  const unsettled = [...tally.unsettled, ...about.unsettled];
  if (unsettled.length > 0) throw new UnsettledFindingsError(source.name, unsettled);
  return countersOf(examined, tally);
};

/** Records → detections → findings → topic: for what does not come in a log file (EventBridge, CloudWatch Logs). */
export const scanRecords =
  (world: RecordsWorld) =>
  (source: RecordsSource, sorted: SortedRecords): Promise<ScanCounters> =>
    settleExamined(world, source, examine(world.ruleSet, sorted, source.seen));
