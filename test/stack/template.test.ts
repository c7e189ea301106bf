import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import { own, textAt } from '../../engine/record/record.ts';
import { type PackagedStack, packageStack, type Resource } from './package.ts';
import { readZip } from './zip.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAX_ZIP_BYTES = 400_000;

/** Where `Resource: "*"` must stand, and why. Everything else that has it fails the test. */
const ALLOWED_STARS: { readonly [statement: string]: string } = {
  'Key AccountAdministersThroughIam': 'in a key policy "*" is the key itself',
  'Key BucketNotifiesQueue': 'in a key policy "*" is the key itself',
  'Key OwnTopicsDeliverToQueues': 'in a key policy "*" is the key itself',
  'Key NotificationTopicDeliversToQueue': 'in a key policy "*" is the key itself',
  'Key AlarmsPublish': 'in a key policy "*" is the key itself',
  'Key EventBridgeDeliversToQueues': 'in a key policy "*" is the key itself',
  'OnDigestRole PublicKeysOfDigests': 'cloudtrail:ListPublicKeys has no resource type',
  'OnScheduleRole PublicKeysOfDigests': 'cloudtrail:ListPublicKeys has no resource type',
};
/** Where an action may end in `*`: the one statement that every key policy needs. */
const ALLOWED_ACTIONS = new Set(['Key AccountAdministersThroughIam kms:*']);
/** Policies of the framework's own bucket for deployments. */
const FRAMEWORK = new Set(['ServerlessDeploymentBucketPolicy']);

interface Statement {
  readonly owner: string;
  readonly name: string;
  readonly body: JsonObject;
}

const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Statements of a policy; of a conditional one both branches. */
const statementsIn = (owner: string, value: Json | undefined): readonly Statement[] => {
  if (Array.isArray(value)) return value.flatMap((element: Json) => statementsIn(owner, element));
  if (!isJsonObject(value)) return [];
  if (typeof value['Effect'] === 'string')
    return [{ owner, name: `${owner} ${typeof value['Sid'] === 'string' ? value['Sid'] : ''}`, body: value }];
  return Object.values(value).flatMap((element) => statementsIn(owner, element));
};

let stack: PackagedStack;
beforeAll(() => {
  stack = packageStack();
}, 60_000);
afterAll(() => stack.remove());

const statements = (): readonly Statement[] =>
  stack.resources.filter(({ id }) => !FRAMEWORK.has(id)).flatMap(({ id, properties }) => statementsIn(id, properties));

describe('permissions', () => {
  it('name each action: none ends in a wildcard', () => {
    const wild = statements().flatMap(({ name, body }) =>
      listOf(body['Action'])
        .map((action) => `${name} ${String(action)}`)
        .filter((action) => action.includes('*') && !ALLOWED_ACTIONS.has(action)),
    );
    expect(statements().length).toBeGreaterThan(30);
    expect(wild).toEqual([]);
  });

  it('name each resource; "*" stands only where nothing else is possible', () => {
    const stars = statements()
      .filter(({ body }) => listOf(body['Resource']).includes('*'))
      .map(({ name }) => name);
    expect([...stars].sort()).toEqual(Object.keys(ALLOWED_STARS).sort());
  });

  it('bind every AWS service that may publish to a source, but EventBridge in the key policy', () => {
    const loose = statements().filter(({ owner, body }) => {
      const service = textAt(body, 'Principal', 'Service');
      return service !== undefined &&
        service !== 'lambda.amazonaws.com' &&
        !(owner === 'Key' && service === 'events.amazonaws.com')
        ? !JSON.stringify(body['Condition'] ?? {}).includes('aws:Source')
        : false;
    });
    expect(loose.map(({ name }) => name)).toEqual([]);
  });

  it('allow nobody but accounts, services and the organization', () => {
    const open = statements().filter(
      ({ body }) =>
        body['Effect'] === 'Allow' &&
        JSON.stringify(body['Principal'] ?? '').includes('"*"') &&
        !JSON.stringify(body['Condition'] ?? {}).includes('aws:PrincipalOrgID'),
    );
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it('give each function a role of its own', () => {
    const roles = stack.ofType('AWS::Lambda::Function').map(({ properties }) => JSON.stringify(properties['Role']));
    expect(new Set(roles).size).toBe(roles.length);
    const declared = stack.ofType('AWS::IAM::Role').map(({ id }) => id);
    expect(roles.map((role) => declared.find((id) => role.includes(`\${${id}.Arn}`))).sort()).toEqual(
      [...declared].sort(),
    );
  });
});

describe('permissions and code', () => {
  /** SDK commands of the files of aws/ that import a client; the emulators' own file makes tables and is left out. */
  const commandsOf = (client: string): ReadonlySet<string> => {
    const code = readdirSync(join(ROOT, 'aws'))
      .filter((file) => file.endsWith('.ts') && file !== 'embedded.ts')
      .map((file) => readFileSync(join(ROOT, 'aws', file), 'utf8'))
      .filter((text) => text.includes(`@aws-sdk/${client}'`));
    return new Set(code.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, name = '']) => name)));
  };
  const actionsOf = (role: string, service: string): readonly string[] =>
    statements()
      .filter(({ owner }) => owner === role)
      .flatMap(({ body }) => listOf(body['Action']).map(String))
      .filter((action) => action.startsWith(`${service}:`))
      .map((action) => action.slice(service.length + 1));

  it.each(['OnDeliveryRole', 'OnDigestRole', 'OnApiCallRole', 'OnLogEventsRole', 'OnScheduleRole'])(
    '%s may do to the ledger what the ledger does, and no more',
    (role) => {
      const calls = [...commandsOf('client-dynamodb')].filter((command) => /Item/.test(command));
      expect([...new Set(actionsOf(role, 'dynamodb'))].sort()).toEqual(calls.sort());
    },
  );

  it('each action on CloudTrail is one that the code asks for', () => {
    const calls = commandsOf('client-cloudtrail');
    const granted = [...actionsOf('OnScheduleRole', 'cloudtrail'), ...actionsOf('OnDigestRole', 'cloudtrail')];
    expect(granted).toHaveLength(5);
    expect(granted.filter((action) => !calls.has(action))).toEqual([]);
  });
});

describe('news of the log bucket', () => {
  it('tells of files that come and of files that go', () => {
    const rules = stack.ofType('AWS::Events::Rule').map(({ properties }) => own(properties, 'EventPattern'));
    const ofBucket = rules.filter((pattern) => listOf(own(pattern, 'source')).includes('aws.s3'));
    expect(ofBucket.map((pattern) => own(pattern, 'detail-type'))).toEqual([['Object Created', 'Object Deleted']]);
  });

  it('on-schedule has the time and the memory to read what it validates again', () => {
    const [schedule] = stack.resources.filter(({ id }) => id === 'OnDashscheduleLambdaFunction');
    expect(schedule?.properties).toMatchObject({ Timeout: 300, MemorySize: 1024 });
    expect(own(own(schedule?.properties ?? {}, 'Environment'), 'Variables')).toMatchObject({
      TRAILWARDEN_SWEEP_DAYS: { Ref: 'SweepDays' },
      TRAILWARDEN_UNLISTED: { Ref: 'UnlistedLogs' },
    });
  });
});

describe('queues', () => {
  const redriveOf = ({ properties }: Resource): string | undefined => {
    const [target] = listOf(own(own(properties['RedrivePolicy'], 'deadLetterTargetArn'), 'Fn::GetAtt')).slice(0, 1);
    const inner = Array.isArray(target) ? target[0] : target;
    return typeof inner === 'string' ? inner : undefined;
  };

  it('each has a redrive policy to a queue of the stack, or is a dead-letter queue', () => {
    const queues = stack.ofType('AWS::SQS::Queue');
    const targets = new Set(queues.map(redriveOf).filter((id) => id !== undefined));
    const stray = queues.filter((queue) => redriveOf(queue) === undefined && !queue.id.endsWith('DeadLetters'));
    expect(stray.map(({ id }) => id)).toEqual([]);
    expect([...targets].filter((id) => !queues.some((queue) => queue.id === id))).toEqual([]);
  });

  it('are encrypted with the key, and five receives come before the dead-letter queue', () => {
    for (const { id, properties } of stack.ofType('AWS::SQS::Queue')) {
      expect([id, properties['KmsMasterKeyId']]).toEqual([id, { Ref: 'Key' }]);
      const receives = own(properties['RedrivePolicy'], 'maxReceiveCount');
      if (receives !== undefined) expect(Number(receives)).toBeGreaterThanOrEqual(5);
    }
  });

  it('hide a message for six timeouts of their function and its batching window', () => {
    const mappings = stack.ofType('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(2);
    for (const { properties } of mappings) {
      const queueId = JSON.stringify(properties['EventSourceArn']);
      const queue = stack.ofType('AWS::SQS::Queue').find(({ id }) => queueId.includes(`"${id}"`));
      const target = JSON.stringify(properties['FunctionName']);
      const lambda = stack.ofType('AWS::Lambda::Function').find(({ id }) => target.includes(`"${id}"`));
      const window = Number(properties['MaximumBatchingWindowInSeconds'] ?? 0);
      const least = 6 * Number(lambda?.properties['Timeout']) + window;
      expect(Number(queue?.properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(least);
      expect(properties['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
    }
  });
});

describe('functions', () => {
  const functions = () =>
    stack.ofType('AWS::Lambda::Function').map(({ properties }) => ({
      name: String(properties['FunctionName']).replace(/^trailwarden-prod-/, ''),
      handler: String(properties['Handler']),
      properties,
    }));

  it('each handler is in its zip, with rules where rules are evaluated', () => {
    for (const { name, handler } of functions()) {
      const files = readZip(stack.zipOf(name));
      const code = `${handler.replace(/\.\w+$/, '')}.mjs`;
      expect([...files.keys()]).toContain(code);
      expect(files.get(code)?.toString('utf8')).toMatch(/export\s*\{[^}]*\bas handler\b/);
      const evaluates = ['on-delivery', 'on-api-call', 'on-log-events'].includes(name);
      expect([name, [...files.keys()].some((file) => file.endsWith('/rules.json'))]).toEqual([name, evaluates]);
    }
  });

  it.each(['on-delivery', 'on-digest', 'on-api-call', 'on-log-events', 'on-schedule'])(
    'the zip of %s holds code and rules only, below 400 kB',
    (name) => {
      const zip = stack.zipOf(name);
      expect(zip.length).toBeLessThan(MAX_ZIP_BYTES);
      const strangers = [...readZip(zip).keys()].filter(
        (file) => !new RegExp(`^dist/${name}/(index\\.mjs|rules\\.json)$`).test(file),
      );
      expect(strangers).toEqual([]);
    },
  );

  it('run on Node 24 and arm64, with logs that are kept for a limited time', () => {
    for (const { properties } of functions())
      expect([properties['Runtime'], properties['Architectures']]).toEqual(['nodejs24.x', ['arm64']]);
    const groups = stack.ofType('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(functions().length);
    for (const { properties } of groups) expect(Number(properties['RetentionInDays'])).toBeGreaterThan(0);
  });

  it('those without a queue in front send what they give up to a dead-letter queue', () => {
    const configured = stack
      .ofType('AWS::Lambda::EventInvokeConfig')
      .map(({ properties }) => JSON.stringify(properties));
    for (const id of ['OnDashapiDashcall', 'OnDashlogDashevents', 'OnDashschedule'])
      expect(
        configured.filter((text) => text.includes(`${id}LambdaFunction`) && text.includes('InvocationsDeadLetters')),
      ).toHaveLength(1);
  });

  it('hold no YAML parser, no command line and no lint catalogue', () => {
    const marks = ['Missing closing ', 'Implicit map keys', 'commander', 'excludedArguments'];
    for (const { name } of functions()) {
      const code = readZip(stack.zipOf(name)).get(`dist/${name}/index.mjs`)?.toString('utf8') ?? '';
      expect([name, marks.filter((mark) => code.includes(mark))]).toEqual([name, []]);
    }
  });
});

describe('what must outlive the stack', () => {
  it.each(['LedgerTable', 'FindingsTopic', 'Key'])('%s is kept when the stack is removed or replaces it', (id) => {
    const found = stack.resources.find((resource) => resource.id === id);
    expect([found?.whole['DeletionPolicy'], found?.whole['UpdateReplacePolicy']]).toEqual(['Retain', 'Retain']);
  });

  it('the table forgets by time to live and can be restored', () => {
    const table = stack.ofType('AWS::DynamoDB::Table')[0]?.properties;
    expect(own(table?.['TimeToLiveSpecification'], 'AttributeName')).toBe('expiresAt');
    expect(own(table?.['PointInTimeRecoverySpecification'], 'PointInTimeRecoveryEnabled')).toBe(true);
  });
});

/** Names of resources that a value refers to. */
const references = (value: Json | undefined): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((element: Json) => references(element));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
    if (key === 'Fn::Sub') {
      const text = Array.isArray(inner) ? inner[0] : inner;
      const local = Array.isArray(inner) && isJsonObject(inner[1]) ? Object.keys(inner[1]) : [];
      const named = [...String(text).matchAll(/\$\{([\w:]+)(?:\.\w+)?\}/g)].map(([, name = '']) => name);
      return [...named.filter((name) => !local.includes(name)), ...references(inner)];
    }
    return references(inner);
  });
};

describe('alarms', () => {
  const alarms = () => stack.ofType('AWS::CloudWatch::Alarm');
  const nameOf = ({ properties }: Resource): string =>
    (textAt(properties, 'AlarmName', 'Fn::Sub') ?? '').replace(/^\$\{AWS::StackName\}-/, '');

  it('everything that is referred to exists', () => {
    const known = new Set([
      ...stack.resources.map(({ id }) => id),
      ...Object.keys(isJsonObject(stack.template['Parameters']) ? stack.template['Parameters'] : {}),
    ]);
    const dangling = references(stack.template['Resources']).filter(
      (name) => !name.startsWith('AWS::') && !known.has(name),
    );
    expect(dangling).toEqual([]);
  });

  it('all go to the alarm topic, and missing files are an alarm', () => {
    for (const { id, properties } of alarms())
      expect([id, properties['AlarmActions']]).toEqual([id, [{ Ref: 'AlarmTopic' }]]);
    const quiet = alarms().find((alarm) => nameOf(alarm) === 'no-files');
    expect(quiet?.properties['TreatMissingData']).toBe('breaching');
  });

  it('watch every dead-letter queue', () => {
    const dead = stack.ofType('AWS::SQS::Queue').filter(({ id }) => id.endsWith('DeadLetters'));
    const watched = new Set(alarms().flatMap(({ properties }) => references(properties['Dimensions'])));
    expect(dead.map(({ id }) => id).filter((id) => !watched.has(id))).toEqual([]);
  });

  it('are each explained in docs/operate.md, and nothing else is', () => {
    const page = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8');
    const explained = [...page.matchAll(/^### `([\w-]+)`$/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(alarms().map(nameOf).sort());
  });

  it('and the dashboard ask for metrics that the functions emit', () => {
    const sources = readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, 'functions', file), 'utf8'))
      .join('\n');
    const text = JSON.stringify(stack.template);
    const asked = text.matchAll(
      /\[\\"(?:Trailwarden|\.)\\",\\"(\w+)\\"|"Namespace":"Trailwarden","MetricName":"(\w+)"/g,
    );
    const names = new Set([...asked].map(([, dashboard, alarm]) => dashboard ?? alarm ?? ''));
    expect(names.size).toBeGreaterThan(8);
    expect([...names].filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  });
});
