import type { Json } from '../record/json.ts';

/** cloudtrail:GetTrailStatus of one Region. Times are ISO 8601; an error is CloudTrail's own word, e.g. `NoSuchBucket`. */
export interface TrailStatus {
  readonly region: string;
  readonly isLogging: boolean;
  readonly latestDelivery?: string;
  readonly latestDeliveryError?: string;
  readonly latestDigestDelivery?: string;
  readonly latestDigestDeliveryError?: string;
  readonly latestNotificationError?: string;
}

/** cloudtrail:GetTrail, as far as it decides what is delivered, and where. */
export interface TrailSettings {
  readonly bucket: string;
  /** S3KeyPrefix, '' for none. */
  readonly prefix: string;
  readonly isMultiRegion: boolean;
  readonly includesGlobalServices: boolean;
  readonly validatesLogFiles: boolean;
  readonly isOrganization: boolean;
  readonly keyArn?: string;
}

/** What can be asked of CloudTrail about a trail; `denied` and `missing` are answers too. */
export type TrailAnswer<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'denied'; readonly reason: string };

/** Reads a trail. Faults that a retry may mend are thrown. */
export interface TrailReader {
  readonly settings: () => Promise<TrailAnswer<TrailSettings>>;
  readonly status: (region: string) => Promise<TrailAnswer<TrailStatus>>;
  /** cloudtrail:GetEventSelectors: event selectors, basic and advanced, as JSON. */
  readonly selectors: () => Promise<TrailAnswer<Json>>;
}

/** Account, home Region and name out of a trail's ARN; undefined when it is none. */
export const parseTrailArn = (
  arn: string,
): { readonly account: string; readonly homeRegion: string; readonly name: string } | undefined => {
  const [, , service, homeRegion = '', account = '', resource = ''] = arn.split(':');
  const name = resource.startsWith('trail/') ? resource.slice('trail/'.length) : '';
  return service === 'cloudtrail' && /^\d{12}$/.test(account) && homeRegion !== '' && name !== ''
    ? { account, homeRegion, name }
    : undefined;
};
