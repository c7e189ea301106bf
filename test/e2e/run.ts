// `npm run e2e`: the packaged stack deployed to moto (an AWS emulator from PyPI, in its own virtual environment), objects
// put into S3, notifications through EventBridge and SQS into the packaged functions, findings read from a queue that is
// subscribed to the topic. Needs Python 3 and the package registry for the first run. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { findDeployment } from '../../aws/deployment.ts';
import { readRuleFile } from '../../aws/rule-file.ts';
import { startCloudTrailStub } from '../../cli/local/cloudtrail-stub.ts';
import { attackChain } from '../../cli/local/trail/attack.ts';
import { seeded } from '../../cli/local/trail/random.ts';
import { makeTrail, type TrailObject } from '../../cli/local/trail/trail.ts';
import { detect } from '../../engine/detect.ts';
import { detectionFinding } from '../../engine/finding/detection.ts';
import { isJsonObject, type JsonObject } from '../../engine/record/json.ts';
import { readLogFile } from '../../engine/record/log-file.ts';
import { textAt } from '../../engine/record/record.ts';
import { startEmulator } from './emulator.ts';
import { startFunction } from './functions.ts';
import { depth, drain, type Received, readFindings } from './queue.ts';
import { call, configurationOf, disableMappings, serverless } from './stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.e2e');
const STAGE = 'e2e';
const HOUR = 60 * 60 * 1000;
const MAX_INFLATED = 2 ** 27;

let [passed, failed] = [0, 0];
const begun = Date.now();
const check = (what: string, holds: boolean, shown: unknown = ''): void => {
  if (holds) passed += 1;
  else failed += 1;
  const detail = holds ? '' : ` — ${typeof shown === 'string' ? shown : JSON.stringify(shown)}`;
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${((Date.now() - begun) / 1000).toFixed(0).padStart(3)}s ${what}${detail}`);
};

mkdirSync(FOLDER, { recursive: true });
const emulator = await startEmulator(FOLDER);
Object.assign(process.env, emulator.env);
check('the emulator answers', true);

const trail = makeTrail({
  seed: 'e2e',
  // Recent: a digest written more than three hours after its hour is late, and that is a finding.
  start: Math.floor(Date.now() / HOUR) * HOUR - 2 * HOUR,
  hours: 2,
  accounts: 2,
  regions: ['us-east-1', 'eu-central-1'],
  recordsPerHour: 600,
  plant: (organization) =>
    attackChain(seeded('e2e attack'), organization, Math.floor(Date.now() / HOUR) * HOUR - 1.5 * HOUR),
});
const { bucket, id: organizationId, trail: described } = trail.organization;
const s3 = new S3Client({ forcePathStyle: true });
// CloudFormation on moto gives queue URLs of AWS itself: the endpoint decides, not the URL.
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const sns = new SNSClient();

await s3.send(new CreateBucketCommand({ Bucket: bucket }));
await s3.send(
  new PutBucketNotificationConfigurationCommand({
    Bucket: bucket,
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  }),
);

// Its change sets lose a stack's outputs on moto; a direct deployment keeps them.
const parameters = (quietMinutes: number): readonly string[] =>
  [
    'deploymentMethod=direct',
    `logBucket=${bucket}`,
    `trailArn=${described.arn}`,
    `organizationId=${organizationId}`,
    `quietMinutes=${quietMinutes}`,
  ].flatMap((parameter) => ['--param', parameter]);
serverless(emulator.env, 'deploy', '--stage', STAGE, ...parameters(60));
const deployment = await findDeployment(`trailwarden-${STAGE}`);
check(
  'serverless deploy, one command',
  deployment.status === 'CREATE_COMPLETE' || deployment.status === 'UPDATE_COMPLETE',
  deployment.status,
);

const templates = ['.serverless/cloudformation-template-update-stack.json', 'dist/forwarder.json'];
const lint = spawnSync(join(FOLDER, 'venv/bin/cfn-lint'), templates, { cwd: ROOT, encoding: 'utf8' });
check('cfn-lint finds nothing in the templates', lint.status === 0, lint.stdout + lint.stderr);

// moto evaluates every rule on an S3 event and stops at the first it cannot: the schedule's, and those with Lambda targets.
const listed = await call(emulator, 'events', 'AWSEvents.ListRules', {});
const rules = isJsonObject(listed) && Array.isArray(listed['Rules']) ? listed['Rules'].filter(isJsonObject) : [];
const names = rules.map((rule) => String(rule['Name']));
check(
  'EventBridge rules for API calls are deployed',
  names.filter((name) => name.includes('ApiCallRule')).length > 2,
  names,
);
for (const Name of names.filter((name) => !name.includes('ObjectCreatedRule'))) {
  const { Targets } = Object(await call(emulator, 'events', 'AWSEvents.ListTargetsByRule', { Rule: Name }));
  const Ids = Targets.map(({ Id }: { readonly Id: string }) => Id);
  await call(emulator, 'events', 'AWSEvents.RemoveTargets', { Rule: Name, Ids });
  await call(emulator, 'events', 'AWSEvents.DeleteRule', { Name });
}

const mapped = await disableMappings(emulator);
check('both queues are mapped to their function', mapped.length === 2, mapped);

// moto skips AWS::SNS::Subscription in a template: the subscriber subscribes itself, as a user's queue does.
const { QueueUrl: subscriber = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'subscriber' }));
const Endpoint = 'arn:aws:sqs:us-east-1:123456789012:subscriber';
await sns.send(new SubscribeCommand({ TopicArn: deployment.findingsTopicArn, Protocol: 'sqs', Endpoint }));

const stub = await startCloudTrailStub(trail);
const start = async (name: string) => {
  const { handler, variables } = await configurationOf(emulator, `trailwarden-${STAGE}-${name}`);
  const env = { ...variables, ...emulator.env, AWS_ENDPOINT_URL_CLOUDTRAIL: stub.url };
  return startFunction(join(ROOT, '.serverless'), FOLDER, name, handler, env);
};
const onDelivery = await start('on-delivery');
const onDigest = await start('on-digest');
const onApiCall = await start('on-api-call');
const onSchedule = await start('on-schedule');

const put = (key: string, bytes: Uint8Array, metadata: { readonly [name: string]: string } = {}) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, Metadata: { ...metadata } }));
const work = async () => {
  const files = await drain(sqs, deployment.deliveriesQueueUrl, onDelivery, 10);
  const digests = await drain(sqs, deployment.digestsQueueUrl, onDigest, 1);
  return { files, digests, findings: await readFindings(sqs, subscriber) };
};
const idOf = ({ finding }: Received): string => textAt(finding, 'id') ?? '';
const codesOf = (findings: readonly Received[]): readonly string[] =>
  findings.flatMap(({ finding }) => textAt(finding, 'code') ?? []);

const recordsOf = (object: TrailObject) => {
  const read = readLogFile(object.bytes, { maxBytes: MAX_INFLATED });
  return read.kind === 'records' ? read.records : [];
};
const logs = trail.objects.filter((object) => object.kind === 'log');
const digests = trail.objects.filter((object) => object.kind === 'digest');
const { ruleSet } = readRuleFile(join(ROOT, 'dist/on-delivery/rules.json'));
const expected = logs.flatMap((file) => detect(recordsOf(file), ruleSet));
const idsOf = (suppressing: boolean): ReadonlySet<string> =>
  new Set(
    expected
      .filter(
        ({ match: { rule } }) =>
          rule.alert.mode === 'publish' && (suppressing || rule.alert.suppressSeconds === undefined),
      )
      .map((detection) => detectionFinding(detection, { via: 'delivered' }).id),
  );
const [mayCome, mustCome] = [idsOf(true), idsOf(false)];

for (const { key, bytes, metadata } of logs) await put(key, bytes, metadata);
const first = await work();
check(
  `${logs.length} log files came through EventBridge and the queue`,
  first.files.taken === logs.length,
  first.files,
);
check('none failed', first.files.failed === 0, first.files);
const ids = first.findings.map(idOf);
check(
  `${mustCome.size} findings at least, each of what the rules match`,
  mustCome.size > 5 && [...mustCome].every((id) => ids.includes(id)),
  { came: ids.length },
);
check(
  'none but those, and none twice',
  ids.every((id) => mayCome.has(id)) && new Set(ids).size === ids.length,
  ids.length,
);
const [sample] = first.findings;
check(
  'messages carry the attributes that filters use',
  isJsonObject(sample?.attributes) && Object.hasOwn(sample.attributes, 'severityId'),
  sample?.attributes,
);

/** Digests of one chain come an hour apart, each after the one before was verified. */
const chains = [...Map.groupBy(digests, ({ account, region }) => `${account} ${region}`).values()];
const deliverDigests = async (from: number, to: number | undefined) => {
  const findings: Received[] = [];
  let [taken, failures] = [0, 0];
  const hours = Math.max(...chains.map((chain) => chain.slice(from, to).length));
  for (let hour = 0; hour < hours; hour += 1) {
    for (const chain of chains) {
      const digest = chain.slice(from, to)[hour];
      if (digest !== undefined) await put(digest.key, digest.bytes, digest.metadata);
    }
    const done = await work();
    taken += done.digests.taken;
    failures += done.digests.failed;
    findings.push(...done.findings);
  }
  return { taken, failures, findings };
};
const second = await deliverDigests(0, -1);
const earlier = digests.length - chains.length;
check(`${earlier} digests were handed on and verified`, second.taken === earlier && second.failures === 0, second);
check('an untouched trail raises no finding', second.findings.length === 0, codesOf(second.findings));

for (const { key, bytes, metadata } of logs) await put(key, bytes, metadata);
const again = await work();
check(
  'every file delivered once more: no message',
  again.files.taken === logs.length && again.findings.length === 0,
  again.findings.length,
);

const listedLast = new Set(chains.flatMap((chain) => chain.at(-1)?.logFiles ?? []));
const victim = logs.find((file) => listedLast.has(file.key) && recordsOf(file).length > 1);
if (victim === undefined) throw new Error('the last digests list no log file');
const shorter = recordsOf(victim)
  .slice(1)
  .map(({ record }) => record);
await put(victim.key, gzipSync(JSON.stringify({ Records: shorter })), victim.metadata);
const { findings: rewritten } = await deliverDigests(-1, undefined);
check(
  'a log file rewritten before its digest came is a finding when it is read, one when the digest comes, and no more',
  codesOf(rewritten).toSorted().join() === 'LOG_HASH_MISMATCH,LOG_REWRITTEN' &&
    rewritten.every(({ finding }) => JSON.stringify(finding).includes(victim.key)),
  codesOf(rewritten),
);

const stranger = victim.key.replace(/_[A-Za-z0-9]{16}\.json\.gz$/, '_AAAAAAAAAAAAAAAA.json.gz');
await put(stranger, victim.bytes.subarray(0, 40));
await put(victim.key, victim.bytes, victim.metadata);
const poisoned = await work();
check(
  'half a file is a finding, stays on the queue, and the file beside it is scanned',
  poisoned.files.failed === 1 && poisoned.files.taken === 2 && codesOf(poisoned.findings).includes('FILE_UNREADABLE'),
  { ...poisoned.files, codes: codesOf(poisoned.findings) },
);

const eventOf = (record: JsonObject) => ({
  version: '0',
  id: 'e2e',
  source: 'aws.cloudtrail',
  account: '123456789012',
  region: 'us-east-1',
  time: new Date().toISOString(),
  resources: [],
  'detail-type': 'AWS API Call via CloudTrail',
  detail: record,
});
const known = expected.find(({ match: { rule } }) => rule.alert.suppressSeconds === undefined)?.record;
if (known === undefined) throw new Error('the trail has no match');
await onApiCall.invoke(eventOf(known));
const repeated = await readFindings(sqs, subscriber);
check('a call known from a file, live once more: no message', repeated.length === 0, repeated.map(idOf));
await onApiCall.invoke(eventOf({ ...known, eventID: '11111111-2222-3333-4444-555555555555' }));
const live = await readFindings(sqs, subscriber);
check(
  'a new call is a finding seen live',
  live.length > 0 && live.every(({ finding }) => textAt(finding, 'seen', 'via') === 'live'),
  live.length,
);

await onSchedule.invoke({ 'detail-type': 'Scheduled Event' });
const examined = await readFindings(sqs, subscriber);
check("the examination sends the day's test finding", codesOf(examined).includes('CANARY'), codesOf(examined));
await onSchedule.invoke({ 'detail-type': 'Scheduled Event' });
const oncePerDay = codesOf(await readFindings(sqs, subscriber));
check('and only once', !oncePerDay.includes('CANARY'), oncePerDay);

const left = await depth(sqs, deployment.deliveriesQueueUrl);
check('nothing but the broken file is left on the queue', left.waiting === 0 && left.inFlight === 1, left);
const command = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'cli/trailwarden.js'), ...args, '--stack', `trailwarden-${STAGE}`],
    { encoding: 'utf8', env: { ...process.env, ...emulator.env } },
  );
  return { status, said: stdout + stderr };
};
const tested = command('test-finding');
const testFindings = await readFindings(sqs, subscriber);
check(
  'trailwarden test-finding is received, and names the receiver',
  tested.status === 0 && tested.said.includes(':subscriber') && codesOf(testFindings).includes('TEST'),
  tested,
);
// The trail's last files come some minutes after its last hour, which may be later than now.
const range = ['--since', '1d', '--until', new Date(Date.now() + 2 * HOUR).toISOString()];
const counted = command('backfill', `s3://${bucket}/AWSLogs/`, ...range, '--dry-run');
check(
  'trailwarden backfill --dry-run finds only the broken file unscanned',
  counted.status === 0 && counted.said.includes('1 log file '),
  counted,
);
const enqueued = command('backfill', `s3://${bucket}/AWSLogs/`, ...range, '--all');
const replayed = await work();
check(
  'trailwarden backfill --all replays every file, and nothing alerts twice',
  enqueued.status === 0 && replayed.files.taken === logs.length + 1 && replayed.findings.length === 0,
  { enqueued, taken: replayed.files, findings: replayed.findings.map(idOf) },
);
const examinedByHand = command('doctor', '--format', 'json');
const questions: unknown = JSON.parse(examinedByHand.said);
check(
  'trailwarden doctor answers every question and finds the bucket unversioned',
  examinedByHand.status === 1 &&
    Array.isArray(questions) &&
    questions.some(({ question, verdict }) => question === 'Is the bucket versioned?' && verdict === 'problem') &&
    questions.some(({ question, verdict }) => question === 'Does anyone receive findings?' && verdict === 'ok'),
  examinedByHand.said,
);
for (const running of [onDelivery, onDigest, onApiCall, onSchedule]) running.stop();
await stub.stop();

serverless(emulator.env, 'deploy', '--stage', STAGE, ...parameters(90));
const redeployed = await findDeployment(`trailwarden-${STAGE}`);
check(
  'deploying again keeps topic, table and queues',
  redeployed.findingsTopicArn === deployment.findingsTopicArn &&
    redeployed.table === deployment.table &&
    redeployed.deliveriesQueueUrl === deployment.deliveriesQueueUrl,
);
serverless(emulator.env, 'remove', '--stage', STAGE, ...parameters(90));
const gone = await findDeployment(`trailwarden-${STAGE}`).then(
  ({ status }) => status,
  () => 'gone',
);
check('serverless remove takes the stack away', gone === 'gone' || gone === 'DELETE_COMPLETE', gone);

emulator.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
