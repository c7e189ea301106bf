import { readSettings } from '../aws/settings.ts';
import { takeDigests } from '../aws/take-digest.ts';
import { objectsWorld, publicKeys, publishWorld, requeueTo } from '../aws/world.ts';
import { queueHandler } from './rim/batch.ts';
import { reportDigest } from './rim/report.ts';

const settings = readSettings(process.env);
const take = takeDigests({
  ...publishWorld(settings),
  ...objectsWorld(settings),
  listPublicKeys: publicKeys(),
  requeue: requeueTo(settings.deliveriesQueueUrl),
  settings,
});

/** Digests queue → chain and logs verified, integrity findings published, unscanned log files sent back. */
export const handler = queueHandler(async ({ body }) => {
  for (const report of await take(body)) reportDigest(report);
});
