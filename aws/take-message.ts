import { type DeliveryWorld, type ObjectReport, takeObject, takeRemovedObject } from '../engine/take-object.ts';
import { byteBudget } from './byte-budget.ts';
import { type Notice, readEnvelope } from './envelopes.ts';

/**
 * A message that has to stay on its queue: its shape is unknown, or an object in it could not be scanned, or a finding
 * could not be published. Every object of the message was tried; taking it again repeats no finding.
 */
export class UnfinishedMessageError extends Error {
  override readonly name = 'UnfinishedMessageError';
  /** What became of the objects that did not fail with an error of a port. */
  readonly reports: readonly ObjectReport[];
  constructor(reasons: readonly string[], reports: readonly ObjectReport[], cause?: unknown) {
    super(reasons.join('; '), cause === undefined ? {} : { cause });
    this.reports = reports;
  }
}

const MIB = 1024 * 1024;

/** Stored bytes under way at once: about eight of the largest files CloudTrail writes (50 MB inflated, 4 MB stored). */
const BUDGET = { bytes: 32 * MIB, tasks: 32 };

/** What an object is taken to weigh when its notification does not tell (CloudTrail's own messages). */
const UNKNOWN_BYTES = 2 * MIB;

const weightOf = (notice: Notice): number => (notice.kind === 'object' ? (notice.size ?? UNKNOWN_BYTES) : 0);

const shortfall = (report: ObjectReport): string | undefined => {
  if (report.kind === 'refused') return report.reason;
  if (report.kind !== 'faulty') return undefined;
  return `s3://${report.location.bucket}/${report.location.key} was not scanned: ${report.fault.fault}`;
};

/**
 * Queue message → announced objects → scanned, forwarded, told to be gone, or ignored. Objects of all messages share one budget.
 *
 * @returns a report for each notice, in the message's order
 * @throws UnfinishedMessageError when the message must be delivered again
 */
export const takeMessage = (world: DeliveryWorld): ((body: string) => Promise<readonly ObjectReport[]>) => {
  const take = takeObject(world);
  const takeRemoved = takeRemovedObject(world);
  const takeNotice = async (notice: Notice): Promise<ObjectReport> => {
    if (notice.kind === 'ignored') return notice;
    return notice.kind === 'removed' ? takeRemoved(notice.removal) : take(notice.location, notice.via);
  };
  const within = byteBudget(BUDGET);
  return async (body) => {
    const envelope = readEnvelope(body);
    if (envelope.kind === 'unknown') throw new UnfinishedMessageError([`unknown message: ${envelope.reason}`], []);
    const outcomes = await Promise.allSettled(
      envelope.notices.map((notice) => within(weightOf(notice), () => takeNotice(notice))),
    );
    const reports = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const faults: readonly unknown[] = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    const reasons = [
      ...reports.flatMap((report) => shortfall(report) ?? []),
      ...faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))),
    ];
    if (reasons.length > 0) throw new UnfinishedMessageError(reasons, reports, faults[0]);
    return reports;
  };
};
