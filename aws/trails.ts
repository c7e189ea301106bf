import { CloudTrailClient, DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail';
import { clientOptions } from './client-options.ts';

/** Where a trail writes. */
export interface TrailPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly isOrganizationTrail: boolean;
}

/**
 * Asks CloudTrail where a trail writes, in its home Region; undefined when it is not among the account's trails (it was
 * deleted, or belongs to another account).
 *
 * @throws what the SDK throws
 */
export const findTrail = async (arn: string, homeRegion: string): Promise<TrailPlace | undefined> => {
  const client = new CloudTrailClient({ ...clientOptions, region: homeRegion });
  try {
    const answer = await client.send(new DescribeTrailsCommand({ trailNameList: [arn], includeShadowTrails: true }));
    const trail = answer.trailList?.find(({ TrailARN }) => TrailARN === arn);
    if (trail?.S3BucketName === undefined) return undefined;
    return {
      bucket: trail.S3BucketName,
      prefix: trail.S3KeyPrefix ?? '',
      isOrganizationTrail: trail.IsOrganizationTrail === true,
    };
  } finally {
    client.destroy();
  }
};
