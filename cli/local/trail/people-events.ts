import type { JsonObject } from '../../../engine/record/json.ts';
import { inventoryRead } from './inventory-events.ts';
import { double } from './log-text.ts';
import type { Random } from './random.ts';
import { asPerson, asUser, asWorkload, makeRecord, type Place } from './record-shape.ts';
import type { Shape } from './service-events.ts';

type Read = readonly [source: string, name: string, request: JsonObject | null];

const workloadReads = (random: Random, { account }: Place): Read =>
  random.pick<Read>([
    ['ssm.amazonaws.com', 'GetParameter', { name: `/${account.name}/feature-flags`, withDecryption: false }],
    ['ssm.amazonaws.com', 'GetParametersByPath', { path: `/${account.name}/`, recursive: true, maxResults: 10 }],
    [
      'sqs.amazonaws.com',
      'GetQueueAttributes',
      {
        queueUrl: `https://sqs.us-east-1.amazonaws.com/${account.id}/orders`,
        attributeNames: ['ApproximateNumberOfMessages'],
      },
    ],
    [
      'ec2.amazonaws.com',
      'DescribeTags',
      {
        maxResults: 100,
        filterSet: {
          items: [{ name: 'resource-id', valueSet: { items: [{ value: `i-0${random.text('hex', 16)}` }] } }],
        },
      },
    ],
    ['sts.amazonaws.com', 'GetCallerIdentity', null],
    ['monitoring.amazonaws.com', 'DescribeAlarms', { alarmNamePrefix: `${account.name}-`, maxRecords: 50 }],
    ['dynamodb.amazonaws.com', 'DescribeTable', { tableName: 'orders' }],
  ]);

const workloadRead: Shape = (random, place) => {
  const workload = random.pick(place.account.workloads);
  const [source, name, request] = workloadReads(random, place);
  const denied = random.chance(0.004);
  return makeRecord(random, place, asWorkload(random, place, workload), {
    ip: workload.ip,
    userAgent: workload.userAgent,
    source,
    name,
    request: denied ? null : request,
    ...(denied
      ? {
          error: {
            code: 'AccessDenied',
            message: `User: arn:aws:sts::${place.account.id}:assumed-role/${workload.role}/${workload.session} is not authorized to perform: ${source.split('.')[0]}:${name} because no identity-based policy allows the action`,
          },
        }
      : {}),
    host: source.replace('.amazonaws', `.${place.region}.amazonaws`),
  });
};

const objectRead: Shape = (random, place) => {
  const workload = random.pick(place.account.workloads);
  const bucket = random.pick(place.account.buckets);
  const key = `invoices/2026/${random.int(10, 12)}/${random.uuid()}.json?versions=1&part='a'`;
  return makeRecord(random, place, asWorkload(random, place, workload), {
    ip: workload.ip,
    userAgent: `[${workload.userAgent}]`,
    source: 's3.amazonaws.com',
    name: 'GetObject',
    request: { bucketName: bucket, Host: `${bucket}.s3.${place.region}.amazonaws.com`, key },
    additional: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: double(0),
      AuthenticationMethod: 'AuthHeader',
      'x-amz-id-2': `${random.text('mixed', 74)}=`,
      bytesTransferredOut: double(random.int(300, 90_000)),
    },
    resources: [
      { type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${bucket}/${key}` },
      { accountId: place.account.id, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucket}` },
    ],
    data: true,
    host: `${bucket}.s3.${place.region}.amazonaws.com`,
  });
};

const deployment: Shape = (random, place) => {
  const { ci, id, name: account } = place.account;
  const [source, name, request] = random.pick<Read>([
    ['sts.amazonaws.com', 'GetCallerIdentity', null],
    [
      'cloudformation.amazonaws.com',
      'DescribeStacks',
      { stackName: `arn:aws:cloudformation:${place.region}:${id}:stack/${account}-api/${place.account.kmsKey}` },
    ],
    ['cloudformation.amazonaws.com', 'DescribeStackEvents', { stackName: `${account}-api` }],
    ['lambda.amazonaws.com', 'GetFunction20150331v2', { functionName: `${account}-api` }],
    ['ecr.amazonaws.com', 'GetAuthorizationToken', {}],
    ['ecs.amazonaws.com', 'DescribeServices', { cluster: account, services: ['web'] }],
    ['iam.amazonaws.com', 'GetRole', { roleName: 'orders-api' }],
    ['ec2.amazonaws.com', 'DescribeVpcs', { vpcSet: {}, filterSet: {} }],
  ]);
  return makeRecord(
    random,
    source === 'iam.amazonaws.com' ? { ...place, region: 'us-east-1' } : place,
    asUser(id, { name: ci.user, id: ci.userId, accessKeyId: ci.accessKeyId }),
    {
      ip: ci.ip,
      userAgent:
        'APN/1.0 HashiCorp/1.0 Terraform/1.13.3 terraform-provider-aws/6.15.0 aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.24.6',
      source,
      name,
      request,
      host: source.replace('.amazonaws', `.${place.region}.amazonaws`),
    },
  );
};

const tagging: Shape = (random, place) => {
  const { ci, id } = place.account;
  const resource = `arn:aws:ecs:${place.region}:${id}:service/${place.account.name}/web`;
  return makeRecord(random, place, asUser(id, { name: ci.user, id: ci.userId, accessKeyId: ci.accessKeyId }), {
    ip: ci.ip,
    userAgent:
      'aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/linux#6.11.0 md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe',
    source: 'ecs.amazonaws.com',
    name: 'TagResource',
    request: { resourceArn: resource, tags: [{ key: 'release', value: random.text('hex', 12) }] },
    readOnly: false,
    host: `ecs.${place.region}.amazonaws.com`,
  });
};

const consoleRead: Shape = (random, place) => {
  const person = random.pick(place.account.people);
  const [source, name, request] = random.pick<Read>([
    ['ec2.amazonaws.com', 'DescribeInstances', { maxResults: 50, instancesSet: {}, filterSet: {} }],
    ['cloudwatch.amazonaws.com', 'ListDashboards', null],
    [
      'health.amazonaws.com',
      'DescribeEventAggregates',
      { aggregateField: 'eventTypeCategory', filter: { eventStatusCodes: ['open', 'upcoming'] } },
    ],
    ['logs.amazonaws.com', 'DescribeLogGroups', { limit: 50, logGroupNamePattern: 'api' }],
    ['s3.amazonaws.com', 'ListBuckets', { Host: `s3.${place.region}.amazonaws.com` }],
    ['notifications.amazonaws.com', 'ListNotificationEvents', { maxResults: 10, locale: 'en_US' }],
  ]);
  return makeRecord(random, place, asPerson(random, place, person), {
    ip: person.ip,
    userAgent: person.userAgent,
    source,
    name,
    request,
    host: source.replace('.amazonaws', `.${place.region}.amazonaws`),
    fromConsole: true,
  });
};

const signIn: Shape = (random, place) => {
  const person = random.pick(place.account.people);
  return makeRecord(random, place, asPerson(random, place, person), {
    ip: person.ip,
    userAgent: person.userAgent,
    source: 'signin.amazonaws.com',
    name: 'ConsoleLogin',
    response: { ConsoleLogin: 'Success' },
    additional: {
      MobileVersion: 'No',
      MFAIdentifier: `arn:aws:iam::${place.account.id}:mfa/${person.name}`,
      MFAUsed: 'Yes',
    },
    readOnly: false,
    type: 'AwsConsoleSignIn',
    host: `${place.region}.signin.aws.amazon.com`,
  });
};

/** What workloads, deployments and people do, with how often. */
export const peopleShapes: readonly [readonly [number, Shape], ...(readonly [number, Shape])[]] = [
  [14, workloadRead],
  [10, inventoryRead],
  [8, objectRead],
  [7, deployment],
  [1, tagging],
  [3, consoleRead],
  [0.1, signIn],
];
