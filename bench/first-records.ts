import type { CloudTrailRecord } from '../engine/record/record.ts';

const ACCOUNT = '123456789012';

const common: CloudTrailRecord = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLEEXAMPLEEXA:deploy',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/deploy`,
    accountId: ACCOUNT,
    accessKeyId: 'ASIAEXAMPLEEXAMPLEEX',
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: 'AROAEXAMPLEEXAMPLEEXA',
        arn: `arn:aws:iam::${ACCOUNT}:role/Deployer`,
        accountId: ACCOUNT,
        userName: 'Deployer',
      },
      attributes: { creationDate: '2026-11-02T08:00:00Z', mfaAuthenticated: 'false' },
    },
  },
  eventTime: '2026-11-02T08:14:51Z',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '192.0.2.17',
  userAgent: 'aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.13.7',
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
};

/** What a function may be woken for first: a call every account is full of, and one that a shipped rule is about. */
export const FIRST_RECORDS: readonly CloudTrailRecord[] = [
  {
    ...common,
    eventSource: 'ec2.amazonaws.com',
    eventName: 'DescribeInstances',
    requestParameters: { maxResults: 1000, instancesSet: {}, filterSet: {} },
    responseElements: null,
    requestID: 'f3b1b7d1-5a2c-4c1e-9a57-9f6a0f6f2c11',
    eventID: '0d7f4a39-33c1-4c0c-8d1a-1f1c1a2b3c4d',
    readOnly: true,
  },
  {
    ...common,
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    requestParameters: { name: `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/management-events` },
    responseElements: null,
    requestID: '2b9b6f2c-2a0f-4f2b-8b8b-6a7f6b1d9e22',
    eventID: '9c1d1d0e-74b2-4c2f-b4a8-7e0c4c6d5e6f',
    readOnly: false,
  },
];
