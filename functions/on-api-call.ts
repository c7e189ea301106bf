import { readApiCall, UnknownEventError } from '../aws/event-records.ts';
import { readSettings } from '../aws/settings.ts';
import { loadRules, recordsWorld } from '../aws/world.ts';
import { scanRecords } from '../engine/scan-records.ts';
import { reportCounters } from './rim/report.ts';
import { sayRules, withTelemetry } from './rim/telemetry.ts';

const settings = readSettings(process.env);
const { ruleSet, problems } = loadRules(settings);
sayRules(ruleSet, problems);
const scan = scanRecords(recordsWorld(settings, ruleSet));

/** EventBridge's CloudTrail event → findings, seconds after the call. */
export const handler = withTelemetry(async (event: unknown): Promise<void> => {
  const content = readApiCall(event);
  if (content.kind !== 'records') throw new UnknownEventError(`EventBridge event: ${content.reason}`);
  reportCounters(await scan(content.source, content));
});
