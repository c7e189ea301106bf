import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { ChainsWorld, WatchOptions } from '../engine/watch-chains.ts';
import { clientOptions } from './client-options.ts';
import type { ScheduleSettings } from './schedule-settings.ts';
import type { Settings } from './settings.ts';
import { acceptsChain } from './take-digest.ts';
import { trailReader } from './trail-reader.ts';
import { objectsWorld, publicKeys, publishWorld, requeueTo } from './world.ts';

/** Wires the watch over the chains of a deployment. */
export const chainsWorld = (settings: Settings): ChainsWorld => {
  const { trailArn } = settings;
  const { readObject, listObjects } = objectsWorld(settings);
  const trail =
    trailArn === undefined
      ? undefined
      : trailReader((region) => new CloudTrailClient({ ...clientOptions, region }), trailArn);
  return {
    ...publishWorld(settings),
    readObject,
    listObjects,
    listPublicKeys: publicKeys(),
    requeue: requeueTo(settings.deliveriesQueueUrl),
    askStatus: async (region) => trail?.status(region),
  };
};

/** What is watched, as the settings say. */
export const watchOptions = (
  settings: Settings,
  { sweepDays, unlisted }: ScheduleSettings,
): Omit<WatchOptions, 'until'> => ({ accepts: acceptsChain(settings), sweepDays, unlisted });
