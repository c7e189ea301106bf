import {
  CloudTrailClient,
  CloudTrailServiceException,
  GetEventSelectorsCommand,
  GetTrailCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, it } from 'vitest';
import { trailReader } from '../../aws/trail-reader.ts';

const ARN = 'arn:aws:cloudtrail:eu-west-1:123456789012:trail/main';
const mock = mockClient(CloudTrailClient);
afterEach(() => mock.reset());
const regions: string[] = [];
const reader = trailReader((region) => {
  regions.push(region);
  return new CloudTrailClient({ region });
}, ARN);

const refusal = (name: string, httpStatusCode: number) =>
  new CloudTrailServiceException({ name, $fault: 'client', message: 'no', $metadata: { httpStatusCode } });

describe('trailReader', () => {
  it('reads a trail in its home Region, and leaves out errors that are empty', async () => {
    mock.on(GetTrailCommand, { Name: ARN }).resolves({ Trail: { S3BucketName: 'logs', IsMultiRegionTrail: true } });
    mock.on(GetTrailStatusCommand, { Name: ARN }).resolves({
      IsLogging: true,
      LatestDeliveryError: '',
      LatestDeliveryTime: new Date('2026-11-21T10:00:00Z'),
    });
    expect(await reader.settings()).toMatchObject({
      kind: 'found',
      value: { bucket: 'logs', isMultiRegion: true, validatesLogFiles: false },
    });
    expect(await reader.status('us-east-1')).toEqual({
      kind: 'found',
      value: { region: 'us-east-1', isLogging: true, latestDelivery: '2026-11-21T10:00:00.000Z' },
    });
    expect(regions).toEqual(['eu-west-1', 'us-east-1']);
  });

  it('gives equal selectors equal text, whatever the order of their keys', async () => {
    mock
      .on(GetEventSelectorsCommand)
      .resolvesOnce({ EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] })
      .resolvesOnce({ EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }] });
    const first = JSON.stringify(await reader.selectors());
    expect(JSON.stringify(await reader.selectors())).toBe(first);
  });

  it.each([
    { name: 'TrailNotFoundException', status: 400, kind: 'missing' },
    { name: 'AccessDeniedException', status: 400, kind: 'denied' },
    { name: 'CloudTrailARNInvalidException', status: 400, kind: 'denied' },
  ])('$name is the answer $kind', async ({ name, status, kind }) => {
    mock.on(GetTrailCommand).rejects(refusal(name, status));
    expect((await reader.settings()).kind).toBe(kind);
  });

  it.each([
    { name: 'ThrottlingException', status: 400 },
    { name: 'InternalFailure', status: 500 },
  ])('$name is thrown: a retry may mend it', async ({ name, status }) => {
    mock.on(GetTrailCommand).rejects(refusal(name, status));
    await expect(reader.settings()).rejects.toThrow('no');
  });
});
