import { examinationTarget, examinationWorld } from '../aws/examination-world.ts';
import { readScheduleSettings } from '../aws/schedule-settings.ts';
import { readSettings } from '../aws/settings.ts';
import { examineTrailAndStack } from '../engine/examine-trail.ts';
import { UnsettledFindingsError } from '../engine/publish-findings.ts';
import { reportFault } from './rim/report.ts';
import { count, logger, withTelemetry } from './rim/telemetry.ts';

const settings = readSettings(process.env);
const schedule = readScheduleSettings(process.env, settings);
const examine = examineTrailAndStack(examinationWorld(settings, schedule));
const target = examinationTarget(settings, schedule);

/** Every 15 minutes: silence, weakened trails, unscanned files, subscribers, the canary. */
export const handler = withTelemetry(async (): Promise<void> => {
  try {
    const { problems, requeued, tally } = await examine(target);
    count('HealthProblems', problems.length);
    count('FilesRequeued', requeued);
    logger.info('Examined', { problems: problems.map(({ code }) => code), requeued });
    if (tally.unsettled.length > 0) throw new UnsettledFindingsError('The examination', tally.unsettled);
  } catch (error) {
    reportFault(error);
    throw error;
  }
});
