import type { JsonObject } from '../../../engine/record/json.ts';
import type { Random } from './random.ts';
import { asLinkedRole, asService, makeRecord, type Place, stamp } from './record-shape.ts';

/** Makes one record of its kind. */
export type Shape = (random: Random, place: Place) => JsonObject;

/** STS writes times of its answers this way: `Nov 21, 2026, 2:11:39 AM` (ICU writes a narrow space). */
const expiry = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

const byService = (service: string) => ({ ip: service, userAgent: service });

/** A service fetches the credentials of a workload's role: the most frequent management event of most accounts. */
const vendCredentials: Shape = (random, place) => {
  const { id } = place.account;
  const workload = random.pick(place.account.workloads);
  const service = `${workload.service}.amazonaws.com`;
  const role = `arn:aws:iam::${id}:role/${workload.role}`;
  return makeRecord(random, place, asService(service), {
    ...byService(service),
    source: 'sts.amazonaws.com',
    name: 'AssumeRole',
    request: {
      roleArn: role,
      roleSessionName: workload.session,
      ...(workload.service === 'lambda' ? {} : { durationSeconds: 3600 }),
    },
    response: {
      credentials: {
        accessKeyId: `ASIA${random.text('upper', 16)}`,
        sessionToken: `IQoJb3JpZ2luX2Vj${random.text('mixed', 330)}==`,
        expiration: expiry.format(place.at + 3_600_000).replace('\u202f', ' '),
      },
      assumedRoleUser: {
        assumedRoleId: `${workload.roleId}:${workload.session}`,
        arn: `arn:aws:sts::${id}:assumed-role/${workload.role}/${workload.session}`,
      },
    },
    resources: [{ accountId: id, type: 'AWS::IAM::Role', ARN: role }],
    shared: true,
  });
};

const getBucketAcl: Shape = (random, place) => {
  const bucket = random.pick(place.account.buckets);
  return makeRecord(random, place, asService('cloudtrail.amazonaws.com'), {
    ...byService('cloudtrail.amazonaws.com'),
    source: 's3.amazonaws.com',
    name: 'GetBucketAcl',
    request: { bucketName: bucket, Host: `${bucket}.s3.${place.region}.amazonaws.com`, acl: '' },
    additional: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: 0,
      AuthenticationMethod: 'AuthHeader',
      'x-amz-id-2': `${random.text('mixed', 74)}=`,
      bytesTransferredOut: random.int(480, 560),
    },
    resources: [{ accountId: place.account.id, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucket}` }],
    shared: true,
  });
};

const keyUse: Shape = (random, place) => {
  const service = random.pick(['secretsmanager.amazonaws.com', 's3.amazonaws.com', 'logs.amazonaws.com']);
  const key = `arn:aws:kms:${place.region}:${place.account.id}:key/${place.account.kmsKey}`;
  const generate = random.chance(0.6);
  return makeRecord(random, place, asService(service), {
    ...byService(service),
    source: 'kms.amazonaws.com',
    name: generate ? 'GenerateDataKey' : 'Decrypt',
    request: {
      keyId: key,
      ...(generate ? { keySpec: 'AES_256' } : { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${random.pick(place.account.buckets)}` },
    },
    resources: [{ accountId: place.account.id, type: 'AWS::KMS::Key', ARN: key }],
    shared: true,
  });
};

const autoscaling: Shape = (random, place) => {
  const service = 'autoscaling.amazonaws.com';
  const [name, request] = random.pick<readonly [string, JsonObject]>([
    [
      'DescribeInstances',
      {
        maxResults: 1000,
        instancesSet: {},
        filterSet: { items: [{ name: 'instance-state-name', valueSet: { items: [{ value: 'running' }] } }] },
      },
    ],
    [
      'DescribeInstanceStatus',
      {
        instancesSet: { items: [{ instanceId: `i-0${random.text('hex', 16)}` }] },
        filterSet: {},
        includeAllInstances: true,
      },
    ],
    ['DescribeInstanceTypes', { DescribeInstanceTypesRequest: { InstanceType: [{ tag: 1, content: 'm7g.large' }] } }],
  ]);
  return makeRecord(random, place, asLinkedRole(random, place, 'AWSServiceRoleForAutoScaling', service), {
    ...byService(service),
    source: 'ec2.amazonaws.com',
    name,
    request,
  });
};

const configuration: Shape = (random, place) => {
  const service = 'config.amazonaws.com';
  const [source, name] = random.pick([
    ['ec2.amazonaws.com', 'DescribeSecurityGroups'],
    ['ec2.amazonaws.com', 'DescribeVolumes'],
    ['lambda.amazonaws.com', 'ListFunctions20150331'],
    ['elasticloadbalancing.amazonaws.com', 'DescribeLoadBalancers'],
    ['rds.amazonaws.com', 'DescribeDBInstances'],
  ]);
  return makeRecord(random, place, asLinkedRole(random, place, 'AWSServiceRoleForConfig', service), {
    ...byService(service),
    source,
    name,
    request: source === 'ec2.amazonaws.com' ? { maxResults: 1000, filterSet: {} } : { maxRecords: 100 },
  });
};

const createLogStream: Shape = (random, place) => {
  const workload = place.account.workloads[0];
  const log = `${stamp(place.at).slice(0, 10).replaceAll('-', '/')}/[$LATEST]${random.text('hex', 32)}`;
  return makeRecord(random, place, asLinkedRole(random, place, workload.role, 'lambda.amazonaws.com'), {
    ip: 'lambda.amazonaws.com',
    userAgent: 'awslambda-worker/1.0 rusoto/0.48.0 rust/1.90.0 linux',
    source: 'logs.amazonaws.com',
    name: 'CreateLogStream',
    request: { logGroupName: `/aws/lambda/${workload.role}`, logStreamName: log },
    readOnly: false,
  });
};

/** What AWS's own services do in an account, with how often: about two thirds of a quiet trail. */
export const serviceShapes: readonly [readonly [number, Shape], ...(readonly [number, Shape])[]] = [
  [26, vendCredentials],
  [12, keyUse],
  [9, getBucketAcl],
  [8, autoscaling],
  [6, configuration],
  [6, createLogStream],
];
