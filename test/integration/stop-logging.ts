import { record } from '../stories/fake-rules.ts';

/** A record every rule set of this project must find. */
export const stopLogging = (eventID: string) => ({
  ...record('StopLogging', eventID),
  eventSource: 'cloudtrail.amazonaws.com',
  eventCategory: 'Management',
  eventType: 'AwsApiCall',
  readOnly: false,
  managementEvent: true,
  sourceIPAddress: '192.0.2.10',
  userAgent: 'aws-cli/2.31.0',
  userIdentity: {
    type: 'IAMUser',
    arn: 'arn:aws:iam::123456789012:user/alex',
    userName: 'alex',
    accountId: '123456789012',
  },
  requestParameters: { name: 'example-trail' },
});
