import { readSettings } from '../aws/settings.ts';
import { takeMessage, UnfinishedMessageError } from '../aws/take-message.ts';
import { loadRules, requeueTo, scanWorld } from '../aws/world.ts';
import { queueHandler } from './rim/batch.ts';
import { reportObject } from './rim/report.ts';
import { sayRules } from './rim/telemetry.ts';

const settings = readSettings(process.env);
const { ruleSet, problems } = loadRules(settings);
sayRules(ruleSet, problems);
const { buckets, prefix } = settings;
const forwardDigests = requeueTo(settings.digestsQueueUrl);
const take = takeMessage({ ...scanWorld(settings, ruleSet), forwardDigests, buckets, prefix });

/** Deliveries queue → log files scanned, digests forwarded. */
export const handler = queueHandler(async ({ body }) => {
  try {
    for (const report of await take(body)) reportObject(report);
  } catch (error) {
    // Of a message that stays, only what will not be counted again when it comes back.
    if (error instanceof UnfinishedMessageError)
      for (const report of error.reports)
        if (report.kind === 'faulty' || report.kind === 'refused') reportObject(report);
    throw error;
  }
});
