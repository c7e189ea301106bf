import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetTrailStatusCommand,
  ListPublicKeysCommand,
  LookupEventsCommand,
} from '@aws-sdk/client-cloudtrail';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudTrailStub, startCloudTrailStub } from '../../cli/local/cloudtrail-stub.ts';
import { makeTrail } from '../../cli/local/trail/trail.ts';

const START = Date.UTC(2026, 10, 21, 1);
const trail = makeTrail({ seed: 1, start: START, hours: 0, regions: ['us-east-1', 'eu-central-1'] });
let stub: CloudTrailStub;
beforeAll(async () => {
  stub = await startCloudTrailStub(trail);
});
afterAll(() => stub.stop());

const client = (region: string) =>
  new CloudTrailClient({ region, endpoint: stub.url, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });

describe('the embedded CloudTrail API', () => {
  it('lists the keys of the Region the request is signed for, as the real client decodes them', async () => {
    const asked = { StartTime: new Date(START), EndTime: new Date(START + 1000) };
    for (const region of trail.organization.regions) {
      const { PublicKeyList = [] } = await client(region).send(new ListPublicKeysCommand(asked));
      expect(
        PublicKeyList.map((key) => ({
          fingerprint: key.Fingerprint,
          value: Buffer.from(key.Value ?? []),
          validityStart: key.ValidityStartTime,
          validityEnd: key.ValidityEndTime,
        })),
      ).toEqual(trail.publicKeys.get(region));
    }
  });

  it('lists no key for a Region without one, nor for a time when none was valid', async () => {
    const ask = async (region: string, at: number) =>
      (await client(region).send(new ListPublicKeysCommand({ StartTime: new Date(at), EndTime: new Date(at) })))
        .PublicKeyList;
    expect(await ask('sa-east-1', START)).toEqual([]);
    expect(await ask('us-east-1', 0)).toEqual([]);
  });

  it('describes the trail, says that it is logging, and refuses what it does not have', async () => {
    const home = client('us-east-1');
    const { trailList } = await home.send(new DescribeTrailsCommand({}));
    expect(trailList).toMatchObject([{ TrailARN: trail.organization.trail.arn, LogFileValidationEnabled: true }]);
    expect(await home.send(new GetTrailStatusCommand({ Name: 'organization' }))).toMatchObject({ IsLogging: true });
    await expect(home.send(new LookupEventsCommand({}))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
  });
});
