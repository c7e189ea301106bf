import { readLogEvents, UnknownEventError } from '../aws/event-records.ts';
import { readSettings } from '../aws/settings.ts';
import { loadRules, recordsWorld } from '../aws/world.ts';
import { scanRecords } from '../engine/scan-records.ts';
import { reportCounters } from './rim/report.ts';
import { sayRules, withTelemetry } from './rim/telemetry.ts';

const settings = readSettings(process.env);
const { ruleSet, problems } = loadRules(settings);
sayRules(ruleSet, problems);
const scan = scanRecords(recordsWorld(settings, ruleSet));

/** CloudWatch Logs subscription of the trail's log group → findings. */
export const handler = withTelemetry(async (event: unknown): Promise<void> => {
  const content = readLogEvents(event);
  if (content.kind === 'ignored') return;
  if (content.kind === 'unknown') throw new UnknownEventError(`CloudWatch Logs event: ${content.reason}`);
  reportCounters(await scan(content.source, content));
});
