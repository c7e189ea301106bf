import { CloudTrailClient, ListPublicKeysCommand } from '@aws-sdk/client-cloudtrail';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { publicKeyLister } from '../../aws/keys.ts';

const cloudTrail = mockClient(CloudTrailClient);
const client = new CloudTrailClient({ region: 'us-east-1' });
const start = new Date('2026-03-05T10:00:00Z');
const end = new Date('2026-03-05T11:00:00Z');
const key = (Fingerprint: string) => ({
  Fingerprint,
  Value: new Uint8Array([1]),
  ValidityStartTime: new Date('2026-03-01T00:00:00Z'),
  ValidityEndTime: new Date('2026-03-15T00:00:00Z'),
});

beforeEach(() => cloudTrail.reset());

const lister = () => {
  const regions: string[] = [];
  const list = publicKeyLister((region) => {
    regions.push(region);
    return client;
  });
  return { list, regions };
};

describe('public keys', () => {
  it('are asked for in the Region that signed, for whole days, through all pages', async () => {
    cloudTrail
      .on(ListPublicKeysCommand)
      .resolves({ PublicKeyList: [key('a')], NextToken: 't' })
      .on(ListPublicKeysCommand, { NextToken: 't' })
      .resolves({ PublicKeyList: [key('b')] });
    const { list, regions } = lister();
    const keys = await list('eu-west-1', start, end);
    expect(keys.map(({ fingerprint }) => fingerprint)).toEqual(['a', 'b']);
    expect(regions).toEqual(['eu-west-1']);
    expect(cloudTrail.commandCalls(ListPublicKeysCommand)[0]?.args[0].input).toEqual({
      StartTime: new Date('2026-03-05T00:00:00Z'),
      EndTime: new Date('2026-03-06T00:00:00Z'),
    });
  });

  it('are asked for once a Region and day', async () => {
    cloudTrail.on(ListPublicKeysCommand).resolves({ PublicKeyList: [key('a')] });
    const { list } = lister();
    await list('eu-west-1', start, end);
    await list('eu-west-1', new Date('2026-03-05T20:00:00Z'), new Date('2026-03-05T21:00:00Z'));
    await list('us-east-1', start, end);
    expect(cloudTrail.commandCalls(ListPublicKeysCommand)).toHaveLength(2);
  });

  it('are asked for again after an empty or failed answer', async () => {
    cloudTrail
      .on(ListPublicKeysCommand)
      .resolvesOnce({ PublicKeyList: [] })
      .rejectsOnce(new Error('throttled'))
      .resolves({ PublicKeyList: [key('a')] });
    const { list } = lister();
    expect(await list('eu-west-1', start, end)).toEqual([]);
    await expect(list('eu-west-1', start, end)).rejects.toThrow('throttled');
    expect(await list('eu-west-1', start, end)).toHaveLength(1);
  });
});
