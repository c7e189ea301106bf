import { describe, expect, it } from 'vitest';
import { readScheduleSettings } from '../../aws/schedule-settings.ts';

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/123456789012/canary';
const trailArn = 'arn:aws:cloudtrail:eu-west-1:123456789012:trail/main';
const read = (env: { readonly [name: string]: string }) =>
  readScheduleSettings({ TRAILWARDEN_CANARY_QUEUE_URL: QUEUE, ...env }, { trailArn });

describe('readScheduleSettings', () => {
  it.each([
    { given: '', regions: ['eu-west-1'] },
    { given: 'us-east-1, eu-west-1', regions: ['eu-west-1', 'us-east-1'] },
  ])("the trail's home Region comes first, each Region once: '$given'", ({ given, regions }) => {
    expect(read({ TRAILWARDEN_REGIONS: given }).regions).toEqual(regions);
  });

  it('the canary is on unless it is turned off', () => {
    expect([read({}).canary, read({ TRAILWARDEN_CANARY: 'false' }).canary]).toEqual([true, false]);
  });

  it('a week is validated again each day, unless told otherwise', () => {
    expect(read({})).toMatchObject({ sweepDays: 7, unlisted: true });
    expect(read({ TRAILWARDEN_SWEEP_DAYS: '0', TRAILWARDEN_UNLISTED: 'false' })).toMatchObject({
      sweepDays: 0,
      unlisted: false,
    });
    expect(() => read({ TRAILWARDEN_SWEEP_DAYS: '91' })).toThrow(/TRAILWARDEN_SWEEP_DAYS.*from 0 to 90/);
  });

  it('names every variable that is wrong at once', () => {
    const wrong = () => read({ TRAILWARDEN_CANARY_QUEUE_URL: 'queue', TRAILWARDEN_REGIONS: 'a b' });
    expect(wrong).toThrow(
      /TRAILWARDEN_REGIONS[\s\S]*TRAILWARDEN_CANARY_QUEUE_URL|TRAILWARDEN_CANARY_QUEUE_URL[\s\S]*TRAILWARDEN_REGIONS/,
    );
  });
});
