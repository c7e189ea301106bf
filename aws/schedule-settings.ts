import { parseTrailArn } from '../engine/trail/trail.ts';
import type { Settings } from './settings.ts';
import { checkSettings } from './settings-reader.ts';

/** What only on-schedule knows of its surroundings. */
export interface ScheduleSettings {
  /** `TRAILWARDEN_CANARY_QUEUE_URL`: queue that test findings come back to. */
  readonly canaryQueueUrl: string;
  /** `TRAILWARDEN_CANARY`: whether one is sent each day; default true. */
  readonly canary: boolean;
  /** `TRAILWARDEN_REGIONS`: comma-separated Regions whose delivery is examined; default the trail's home Region. */
  readonly regions: readonly string[];
  /** `TRAILWARDEN_SWEEP_DAYS`: past days that are validated again in the course of each day; default 7, 0 for none. */
  readonly sweepDays: number;
  /** `TRAILWARDEN_UNLISTED`: whether log files that no digest lists are told; default true. */
  readonly unlisted: boolean;
}

/** Reads the settings; everything wrong is reported in one `SettingsError`. */
export const readScheduleSettings = (
  env: { readonly [name: string]: string | undefined },
  { trailArn }: Pick<Settings, 'trailArn'>,
): ScheduleSettings =>
  checkSettings(env, (read) => {
    const home = trailArn === undefined ? undefined : parseTrailArn(trailArn)?.homeRegion;
    const listed = (read.optional('TRAILWARDEN_REGIONS', /^[a-z0-9-]+(\s*,\s*[a-z0-9-]+)*$/) ?? '')
      .split(',')
      .map((region) => region.trim())
      .filter((region) => region !== '');
    return {
      canaryQueueUrl: read.required('TRAILWARDEN_CANARY_QUEUE_URL', /^https?:\/\/\S+$/),
      canary: read.flag('TRAILWARDEN_CANARY', true),
      sweepDays: read.count('TRAILWARDEN_SWEEP_DAYS', 7, { least: 0, most: 90 }),
      unlisted: read.flag('TRAILWARDEN_UNLISTED', true),
      regions: [...new Set([...(home === undefined ? [] : [home]), ...listed])],
    };
  });
