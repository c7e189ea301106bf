import {
  type CloudTrailClient,
  CloudTrailServiceException,
  GetEventSelectorsCommand,
  GetTrailCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
import type { Json, JsonObject } from '../engine/record/json.ts';
import { parseTrailArn, type TrailAnswer, type TrailReader } from '../engine/trail/trail.ts';

/** What CloudTrail's refusal says of the trail; a fault that a retry may mend is thrown on. */
const answerOf = async <T>(ask: () => Promise<T>): Promise<TrailAnswer<T>> => {
  try {
    return { kind: 'found', value: await ask() };
  } catch (error) {
    if (!(error instanceof CloudTrailServiceException)) throw error;
    if (error.name === 'TrailNotFoundException') return { kind: 'missing' };
    const status = error.$metadata.httpStatusCode ?? 0;
    if (status >= 500 || status === 429 || /Throttl/i.test(error.name)) throw error;
    return { kind: 'denied', reason: `${error.name}: ${error.message}` };
  }
};

/** A field only where CloudTrail says something: it answers '' for "no error". */
const said = <Name extends string>(
  name: Name,
  value: Date | string | undefined,
): { readonly [key in Name]?: string } => {
  const text = value instanceof Date ? value.toISOString() : value;
  const field: { [key in Name]?: string } = {};
  if (text !== undefined && text !== '') field[name] = text;
  return field;
};

/** Keys in one order, so that equal selectors have equal text however CloudTrail lists them; `undefined` left out. */
const canonicalSelectors = (value: unknown): Json => {
  if (Array.isArray(value)) return value.map(canonicalSelectors);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  const fields: JsonObject = Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, field]) => [name, canonicalSelectors(field)]),
  );
  return fields;
};

/**
 * Reads a trail by its ARN: settings and selectors in its home Region, the status in each Region, since each delivers
 * for itself (GetTrailStatus, API reference).
 *
 * @param clientFor the CloudTrail client of a Region
 */
export const trailReader = (clientFor: (region: string) => CloudTrailClient, arn: string): TrailReader => {
  const home = clientFor(parseTrailArn(arn)?.homeRegion ?? 'us-east-1');
  return {
    settings: () =>
      answerOf(async () => {
        const { Trail: trail = {} } = await home.send(new GetTrailCommand({ Name: arn }));
        return {
          bucket: trail.S3BucketName ?? '',
          prefix: trail.S3KeyPrefix ?? '',
          isMultiRegion: trail.IsMultiRegionTrail ?? false,
          includesGlobalServices: trail.IncludeGlobalServiceEvents ?? false,
          validatesLogFiles: trail.LogFileValidationEnabled ?? false,
          isOrganization: trail.IsOrganizationTrail ?? false,
          ...said('keyArn', trail.KmsKeyId),
        };
      }),
    status: (region) =>
      answerOf(async () => {
        const status = await clientFor(region).send(new GetTrailStatusCommand({ Name: arn }));
        return {
          region,
          isLogging: status.IsLogging ?? false,
          ...said('latestDelivery', status.LatestDeliveryTime),
          ...said('latestDeliveryError', status.LatestDeliveryError),
          ...said('latestDigestDelivery', status.LatestDigestDeliveryTime),
          ...said('latestDigestDeliveryError', status.LatestDigestDeliveryError),
          ...said('latestNotificationError', status.LatestNotificationError),
        };
      }),
    selectors: () =>
      answerOf(async () => {
        const { EventSelectors, AdvancedEventSelectors } = await home.send(
          new GetEventSelectorsCommand({ TrailName: arn }),
        );
        return canonicalSelectors({ EventSelectors, AdvancedEventSelectors });
      }),
  };
};
