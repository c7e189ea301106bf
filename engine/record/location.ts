/** Where an object lies in S3. `key` is the real key, never URL-encoded; `versionId` is absent in unversioned buckets. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** `s3://bucket/key`, with `?versionId=` where one is known: how a location is written for people. */
export const showLocation = ({ bucket, key, versionId }: ObjectLocation): string =>
  `s3://${bucket}/${key}${versionId === undefined ? '' : `?versionId=${versionId}`}`;
