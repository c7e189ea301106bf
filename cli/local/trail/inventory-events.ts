import { asWorkload, makeRecord } from './record-shape.ts';
import type { Shape } from './service-events.ts';

/** Read operations an inventory of an account makes, by service: breadth no other shape has. */
const READS = [
  ['acm', 'ListCertificates DescribeCertificate ListTagsForCertificate'],
  ['apigateway', 'GetRestApis GetStages GetAuthorizers GetDomainNames'],
  ['athena', 'ListWorkGroups GetWorkGroup ListDataCatalogs'],
  ['autoscaling', 'DescribeAutoScalingGroups DescribeLaunchConfigurations DescribePolicies'],
  ['backup', 'ListBackupPlans ListBackupVaults ListRecoveryPointsByBackupVault'],
  ['cloudformation', 'ListStacks DescribeStacks ListStackResources GetTemplateSummary'],
  ['cloudtrail', 'DescribeTrails GetTrailStatus GetEventSelectors ListTags LookupEvents'],
  ['codebuild', 'ListProjects BatchGetProjects ListBuilds'],
  ['dynamodb', 'ListTables DescribeTable DescribeContinuousBackups DescribeTimeToLive ListTagsOfResource'],
  [
    'ec2',
    'DescribeInstances DescribeVolumes DescribeSnapshots DescribeImages DescribeVpcs DescribeSubnets DescribeRouteTables DescribeNetworkAcls DescribeSecurityGroups DescribeSecurityGroupRules DescribeAddresses DescribeNatGateways DescribeKeyPairs DescribeNetworkInterfaces DescribeFlowLogs DescribeVpcEndpoints DescribeRegions DescribeAvailabilityZones DescribeLaunchTemplates DescribeTransitGateways',
  ],
  ['ecr', 'DescribeRepositories ListImages DescribeImages GetRepositoryPolicy GetLifecyclePolicy'],
  ['ecs', 'ListClusters DescribeClusters ListServices DescribeServices ListTasks DescribeTasks DescribeTaskDefinition'],
  ['eks', 'ListClusters DescribeCluster ListNodegroups DescribeNodegroup ListAddons'],
  ['elasticache', 'DescribeCacheClusters DescribeReplicationGroups DescribeSnapshots'],
  ['elasticfilesystem', 'DescribeFileSystems DescribeMountTargets DescribeAccessPoints'],
  [
    'elasticloadbalancing',
    'DescribeLoadBalancers DescribeListeners DescribeTargetGroups DescribeTargetHealth DescribeTags',
  ],
  ['es', 'ListDomainNames DescribeDomains DescribeDomainConfig'],
  ['events', 'ListRules ListTargetsByRule ListEventBuses DescribeRule'],
  ['glue', 'GetDatabases GetTables GetJobs GetCrawlers'],
  ['kinesis', 'ListStreams DescribeStreamSummary ListShards'],
  ['kms', 'ListKeys DescribeKey GetKeyRotationStatus GetKeyPolicy ListAliases ListGrants'],
  [
    'lambda',
    'ListFunctions20150331 GetFunction20150331v2 GetPolicy20150331v2 ListEventSourceMappings20150331 ListTags20170331',
  ],
  ['logs', 'DescribeLogGroups DescribeLogStreams DescribeMetricFilters DescribeSubscriptionFilters'],
  ['monitoring', 'DescribeAlarms ListMetrics GetMetricData DescribeAnomalyDetectors'],
  ['rds', 'DescribeDBInstances DescribeDBClusters DescribeDBSnapshots DescribeDBSubnetGroups ListTagsForResource'],
  ['redshift', 'DescribeClusters DescribeLoggingStatus DescribeClusterSnapshots'],
  ['route53', 'ListHostedZones ListResourceRecordSets GetHostedZone'],
  [
    's3',
    'ListBuckets GetBucketLocation GetBucketEncryption GetBucketVersioning GetBucketLogging GetBucketTagging GetBucketPublicAccessBlock',
  ],
  ['secretsmanager', 'ListSecrets DescribeSecret GetResourcePolicy'],
  ['sns', 'ListTopics GetTopicAttributes ListSubscriptionsByTopic'],
  ['sqs', 'ListQueues GetQueueAttributes ListQueueTags'],
  ['ssm', 'DescribeInstanceInformation DescribeParameters ListAssociations DescribePatchGroups GetInventory'],
  ['states', 'ListStateMachines DescribeStateMachine ListExecutions'],
  ['wafv2', 'ListWebACLs GetWebACL ListResourcesForWebACL'],
] as const;

const pairs = READS.flatMap(([service, names]) => names.split(' ').map((name) => [service, name] as const));

/** An inventory tool walks through an account: one of some 150 different reads. */
export const inventoryRead: Shape = (random, place) => {
  const workload = place.account.workloads[1] ?? place.account.workloads[0];
  const [service, name] = pairs[random.int(0, pairs.length - 1)] ?? ['ec2', 'DescribeInstances'];
  const page = random.chance(0.3) ? { nextToken: random.text('mixed', 120) } : {};
  const about = /^(Get|Describe)/.test(name) ? { resourceId: `${service}-${random.text('hex', 17)}` } : {};
  return makeRecord(random, place, asWorkload(random, place, workload), {
    ip: workload.ip,
    userAgent: workload.userAgent,
    source: `${service}.amazonaws.com`,
    name,
    request: { ...about, maxResults: 100, ...page },
    host: `${service}.${place.region}.amazonaws.com`,
  });
};
