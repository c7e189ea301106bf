import { describe, expect, it } from 'vitest';
import { acceptsChain, type DigestWorld, takeDigests } from '../../aws/take-digest.ts';
import { memoryLedger } from '../../engine/ledger/memory.ts';
import type { ObjectLocation } from '../../engine/record/location.ts';

const chain = {
  account: '123456789012',
  region: 'eu-west-1',
  trail: 'main',
  homeRegion: 'us-east-1',
  backfill: false,
};
const trailArn = 'arn:aws:cloudtrail:us-east-1:123456789012:trail/main';

describe('chains that are expected', () => {
  it.each([
    ['any, where no trail is configured', {}, chain, true],
    ['the trail’s, in any Region it covers', { trailArn }, chain, true],
    ['not one of another name', { trailArn }, { ...chain, trail: 'other' }, false],
    ['not one of another home Region', { trailArn }, { ...chain, homeRegion: 'eu-west-1' }, false],
    ['the organization’s', { organizationId: 'o-exampleorg1' }, { ...chain, organization: 'o-exampleorg1' }, true],
    ['not an account’s own, where an organization is configured', { organizationId: 'o-exampleorg1' }, chain, false],
  ])('%s', (_, settings, given, accepted) => {
    expect(acceptsChain({ buckets: [], ...settings })(given)).toBe(accepted);
  });
});

describe('a message on the digests queue', () => {
  const read: ObjectLocation[] = [];
  const world: DigestWorld = {
    ledger: memoryLedger(),
    publish: async () => {},
    clock: () => Date.parse('2026-03-05T12:00:00Z'),
    newOwner: () => 'owner',
    readObject: async (location) => {
      read.push(location);
      return { kind: 'missing' };
    },
    listPublicKeys: async () => [],
    requeue: async () => {},
    settings: { buckets: ['trail'] },
  };
  const take = takeDigests(world);
  const message = (bucket: string, key: string) => JSON.stringify({ s3Bucket: bucket, s3ObjectKey: [key] });
  const digest =
    'AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/03/05/123456789012_CloudTrail-Digest_eu-west-1_main_us-east-1_20260305T011352Z.json.gz';

  it('of unknown shape is kept', async () => {
    await expect(take('hello')).rejects.toThrow(/unknown message/);
  });

  it('about another bucket is kept, and nothing is read', async () => {
    await expect(take(message('other', digest))).rejects.toThrow(/none of the buckets/);
    expect(read).toEqual([]);
  });

  it('about what is no digest is done', async () => {
    expect(await take(message('trail', 'AWSLogs/notes.txt'))).toEqual([]);
    expect(read).toEqual([]);
  });

  it('about a digest that is gone is judged', async () => {
    const [report] = await take(message('trail', digest));
    expect(report).toMatchObject({ outcome: expect.not.stringMatching(/^valid$/) });
    expect(read).toEqual([{ bucket: 'trail', key: digest }]);
  });
});
