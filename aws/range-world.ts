import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import type { VerifyRangePorts } from '../engine/verify-range.ts';
import { clientOptions, needsPathStyle, objectClientOptions, perRegion } from './client-options.ts';
import { publicKeyLister } from './keys.ts';
import { objectLister } from './object-store.ts';
import { watchRoutes } from './swift/route.ts';
import { swiftReader } from './swift-reader.ts';

/**
 * Reading very many objects, with the caller's own credentials.
 *
 * @param sockets objects read at the same time
 */
export const manyObjects = (sockets: number): Pick<VerifyRangePorts, 'readObject' | 'listObjects'> => {
  const clientFor = perRegion((region) => {
    const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
    return new S3Client({
      ...objectClientOptions,
      forcePathStyle: needsPathStyle(endpoint),
      // Listings follow a bucket into its Region too.
      followRegionRedirects: true,
      ...(region === undefined ? {} : { region }),
    });
  });
  const routes = watchRoutes(clientFor);
  return { readObject: swiftReader(routes, { sockets }), listObjects: objectLister(routes.watched) };
};

/**
 * What verifying a range asks of the world.
 *
 * @param sockets objects read at the same time
 */
export const rangeWorld = (sockets: number): VerifyRangePorts => {
  const trails = perRegion((region) => new CloudTrailClient({ ...clientOptions, ...(region && { region }) }));
  return { ...manyObjects(sockets), listPublicKeys: publicKeyLister(trails) };
};
