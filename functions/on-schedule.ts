import { chainsWorld, watchOptions } from '../aws/chains-world.ts';
import { examinationTarget, examinationWorld } from '../aws/examination-world.ts';
import { readScheduleSettings } from '../aws/schedule-settings.ts';
import { readSettings } from '../aws/settings.ts';
import { examineTrailAndStack } from '../engine/examine-trail.ts';
import { UnsettledFindingsError } from '../engine/publish-findings.ts';
import { watchChains } from '../engine/watch-chains.ts';
import { reportFault } from './rim/report.ts';
import { count, logger, withTelemetry } from './rim/telemetry.ts';

const settings = readSettings(process.env);
const schedule = readScheduleSettings(process.env, settings);
const examine = examineTrailAndStack(examinationWorld(settings, schedule));
const target = examinationTarget(settings, schedule);
const watch = watchChains(chainsWorld(settings));
const watched = watchOptions(settings, schedule);

/** Kept for the findings of the last slice, and for the end of the invocation. */
const RESERVE_MS = 45_000;

const examineOnce = async (): Promise<void> => {
  const { problems, requeued, tally } = await examine(target);
  count('HealthProblems', problems.length);
  count('FilesRequeued', requeued);
  logger.info('Examined', { problems: problems.map(({ code }) => code), requeued });
  if (tally.unsettled.length > 0) throw new UnsettledFindingsError('The examination', tally.unsettled);
};

const watchOnce = async (until: number): Promise<void> => {
  const { chains, problems, swept } = await watch({ ...watched, until });
  count('IntegrityProblems', problems.length);
  count('HoursSwept', swept.hours);
  count('SweepsStopped', swept.stopped);
  count('HoursNotSwept', swept.skipped);
  logger.info('Watched', { chains, swept, problems: problems.map(({ code }) => code) });
};

/**
 * Every 15 minutes: silence, weakened trails, unscanned files, subscribers, the canary; then the chains of digests, and
 * in the time that is left the stored hours again.
 */
export const handler = withTelemetry(async (_event: unknown, context): Promise<void> => {
  const until = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const faults: unknown[] = [];
  for (const ask of [examineOnce, () => watchOnce(until)]) {
    try {
      await ask();
    } catch (error) {
      reportFault(error);
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
});
