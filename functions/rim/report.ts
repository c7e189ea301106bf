import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { LedgerError } from '../../aws/ledger.ts';
import { PublishError } from '../../aws/topic.ts';
import { countersAgree, type ScanCounters } from '../../engine/scan-records.ts';
import type { ObjectReport } from '../../engine/take-object.ts';
import type { DigestReport } from '../../engine/verify-digest.ts';
import { count, logger, metrics } from './telemetry.ts';

/** Commits the counters of records whose fate is decided, and checks that none was lost or counted twice. */
export const reportCounters = (counters: ScanCounters): void => {
  count('Records', counters.recordsIn);
  count('RecordsMalformed', counters.malformed);
  count('Matches', counters.matches);
  count('FindingsPublished', counters.published);
  count('FindingsRepeated', counters.repeated);
  count('FindingsSuppressed', counters.suppressed);
  count('FindingsShadowed', counters.shadowed);
  for (const delay of counters.delays) metrics.addMetric('EventToFinding', MetricUnit.Seconds, delay / 1000);
  if (countersAgree(counters)) return;
  count('InvariantsBroken', 1);
  logger.error('Counters do not add up', { ...counters });
};

/** Commits what became of an object. */
export const reportObject = (report: ObjectReport): void => {
  count(COUNTED_AS[report.kind], 1);
  if (report.kind === 'faulty') count('HealthProblems', 1);
  if (report.kind === 'removed') count('IntegrityProblems', 1);
  if (report.kind === 'aggregated' || report.kind === 'ignored') logger.info(report.kind, { ...report });
  if (report.kind !== 'scanned') return;
  count('InflatedBytes', report.inflatedBytes);
  count('RecordsElsewhere', report.elsewhere);
  reportCounters(report.counters);
};

const COUNTED_AS = {
  scanned: 'FilesScanned',
  /** Five-minute summaries: no rule reads them; the log names each. */
  aggregated: 'FilesAggregated',
  forwarded: 'DigestsForwarded',
  removed: 'ObjectsRemoved',
  digest: 'ObjectsIgnored',
  faulty: 'FilesFailed',
  refused: 'ObjectsRefused',
  ignored: 'ObjectsIgnored',
} as const;

/** Tells the alarms whose fault kept something from being done: the topic's or the table's. */
export const reportFault = (error: unknown): void => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof PublishError) count('PublishFailures', 1);
    if (cause instanceof LedgerError) count('LedgerErrors', 1);
  }
};

/** Commits what a digest said, and those before it that it caught up with. */
export const reportDigest = (report: DigestReport): void => {
  for (const earlier of report.before) reportDigest(earlier);
  if (report.outcome === 'valid') count('DigestsVerified', 1);
  if (report.outcome === 'invalid') count('DigestsInvalid', 1);
  if (report.outcome === 'redelivered') return;
  count('IntegrityProblems', report.problems.length);
  count('LogsVerified', report.logs.valid);
  count('LogsRequeued', report.unscanned.length);
  const { location, outcome, logs } = report;
  logger.info('A digest was judged', { location, outcome, logs, codes: report.problems.map(({ code }) => code) });
};
