import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LedgerError } from '../../aws/ledger.ts';
import { UnfinishedMessageError } from '../../aws/take-message.ts';
import { PublishError } from '../../aws/topic.ts';
import { UnsettledFindingsError } from '../../engine/publish-findings.ts';
import { reportCounters, reportFault, reportObject } from '../../functions/rim/report.ts';
import { logger, metrics } from '../../functions/rim/telemetry.ts';

const counters = {
  recordsIn: 7,
  scanned: 6,
  malformed: 1,
  matches: 5,
  published: 2,
  repeated: 1,
  suppressed: 1,
  shadowed: 1,
  delays: [1000, 3000],
};

/** What would be emitted: metric → values. */
const emitted = (): { readonly [name: string]: unknown } => {
  const { _aws, service, ...values } = metrics.hasStoredMetrics()
    ? metrics.serializeMetrics()
    : { _aws: {}, service: '' };
  metrics.clearMetrics();
  return values;
};

beforeEach(() => {
  metrics.clearMetrics();
  vi.spyOn(logger, 'error').mockImplementation(() => undefined);
});

describe('metrics', () => {
  it('say where each record and each match went, and how long findings took', () => {
    reportCounters(counters);
    expect(emitted()).toEqual({
      Records: 7,
      RecordsMalformed: 1,
      Matches: 5,
      FindingsPublished: 2,
      FindingsRepeated: 1,
      FindingsSuppressed: 1,
      FindingsShadowed: 1,
      EventToFinding: [1, 3],
    });
  });

  it.each([
    ['a record is lost', { scanned: 5 }],
    ['a match is lost', { published: 1 }],
    ['a match is counted twice', { repeated: 2 }],
  ])('raise the alarm when %s', (_, wrong) => {
    reportCounters({ ...counters, ...wrong });
    expect(emitted()).toMatchObject({ InvariantsBroken: 1 });
  });

  it('count a file that was not scanned as a health problem', () => {
    reportObject({ kind: 'faulty', location: { bucket: 'b', key: 'k' }, fault: { fault: 'missing' } });
    expect(emitted()).toEqual({ FilesFailed: 1, HealthProblems: 1 });
  });

  it.each([
    ['the topic', new PublishError('no'), { PublishFailures: 1 }],
    ['the table', new LedgerError('no'), { LedgerErrors: 1 }],
    ['neither', new Error('no'), {}],
  ])('say that %s failed, however deep the error lies', (_, error, expected) => {
    const unsettled = new UnsettledFindingsError('x', [{ findingId: 'f', reason: 'failed', error }]);
    reportFault(new UnfinishedMessageError(['x'], [], unsettled));
    expect(emitted()).toEqual(expected);
  });
});
