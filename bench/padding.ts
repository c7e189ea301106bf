import { type Random, seeded } from '../cli/local/trail/random.ts';
import catalogue from '../engine/rule/lint/catalogue.json' with { type: 'json' };

/** A service and a name CloudTrail logs for it, out of the catalogue's packed form: `Create Role User|Get Role`. */
type Operation = readonly [service: string, name: string];

const OPERATIONS: readonly Operation[] = Object.entries(catalogue.services).flatMap(([service, packed]) =>
  packed.split('|').flatMap((group) => {
    const [verb = '', ...nouns] = group.split(' ');
    return nouns.map((noun): Operation => [service, `${verb}${noun}`]);
  }),
);

type Frequent = readonly [service: string, name: string, field: string];

/** Names that stand in a large share of all records: a rule on one of them is decided by its other conditions. */
const FREQUENT: readonly [Frequent, ...Frequent[]] = [
  ['sts', 'AssumeRole', 'requestParameters.roleArn|endswith'],
  ['sts', 'GetCallerIdentity', 'userAgent|contains'],
  ['s3', 'GetObject', 'requestParameters.key|endswith'],
  ['s3', 'GetBucketAcl', 'requestParameters.bucketName|startswith'],
  ['kms', 'Decrypt', 'userIdentity.arn|contains'],
  ['kms', 'GenerateDataKey', 'requestParameters.keyId|endswith'],
  ['ec2', 'DescribeInstances', 'userAgent|contains'],
  ['ssm', 'GetParameter', 'requestParameters.name|contains'],
];

const indent = (lines: readonly string[], by: number): string => lines.map((line) => ' '.repeat(by) + line).join('\n');

const pickOne = <T>(random: Random, items: readonly T[], otherwise: T): T =>
  items[random.int(0, items.length - 1)] ?? otherwise;

/** Most rules: a call, or some calls, of one service; some with a condition on outcome or caller. */
const onNames = (random: Random, operations: readonly Operation[]): readonly string[] => {
  const [service, name] = pickOne(random, operations, ['iam', 'CreateUser']);
  const siblings = operations.filter(([other]) => other === service).map(([, other]) => other);
  const names = [
    ...new Set([name, ...Array.from({ length: random.int(0, 2) }, () => pickOne(random, siblings, name))]),
  ];
  return [
    'selection:',
    `    eventSource: '${service}.amazonaws.com'`,
    `    eventName:`,
    ...names.map((one) => `        - '${one}'`),
    ...(random.chance(0.3) ? ['filter_main_failed:', '    errorCode|exists: true'] : []),
    ...(random.chance(0.15) ? ['filter_main_service:', "    userIdentity.type: 'AWSService'"] : []),
  ];
};

const onFrequent = (random: Random): readonly string[] => {
  const [service, name, field] = random.pick(FREQUENT);
  return [
    'selection:',
    `    eventSource: '${service}.amazonaws.com'`,
    `    eventName: '${name}'`,
    `    ${field}: '${random.text('lower', 9)}'`,
  ];
};

/** Rules for any call: by agent, address, message, caller or request. */
const onAnyName = (random: Random, turn: number): readonly string[] => {
  const word = random.text('lower', 9);
  const shapes = [
    `userAgent|contains: '${word}'`,
    `userAgent|startswith: '${word}/'`,
    `sourceIPAddress|cidr: '${random.int(11, 99)}.${random.int(0, 255)}.${random.int(0, 255)}.0/24'`,
    `errorMessage|contains: '${word} ${random.text('lower', 5)}'`,
    `errorCode: 'Client.${word}'`,
    `userIdentity.arn|endswith: ':user/${word}'`,
    `userIdentity.sessionContext.sessionIssuer.userName|contains: '${word}'`,
    `requestParameters.policyDocument|contains: '${word}'`,
    `userAgent|re: '${word}[0-9]+\\.[a-z]'`,
    `additionalEventData.AuthenticationMethod: '${word}'`,
  ];
  return ['selection:', `    ${shapes[turn % shapes.length]}`];
};

/** Matches about one record of the corpus in a thousand: a rule set that never fires would leave findings unmeasured. */
const SELDOM = ['selection:', "    eventSource: 'signin.amazonaws.com'", "    eventName: 'ConsoleLogin'"] as const;

/** In each hundred rules, ten of any name and eight on everyday calls, spread alike, each shape in its turn. */
const detectionOf = (random: Random, number: number, operations: readonly Operation[]): readonly string[] => {
  if (number % 10 === 1) return onAnyName(random, Math.floor(number / 10));
  return number % 25 === 3 || number % 25 === 14 ? onFrequent(random) : onNames(random, operations);
};

const ruleText = (random: Random, number: number, operations: readonly Operation[]): string => {
  const detection = number === 0 ? SELDOM : detectionOf(random, number, operations);
  const filtered = detection.some((line) => line.startsWith('filter_'));
  return `title: Padding Rule ${number}
id: ${random.uuid()}
status: experimental
logsource:
    product: aws
    service: cloudtrail
detection:
${indent(detection, 4)}
    condition: selection${filtered ? ' and not 1 of filter_main_*' : ''}
level: low
`;
};

/**
 * Texts of generated rules, the same for the same arguments: names from the catalogue of API operations, a tenth without
 * any eventName, eight in a hundred on calls that are a large share of every trail. They hardly ever match.
 *
 * @param everyday names the corpus is full of: a rule on one of these alone would match all day, and nobody keeps those
 */
export const paddingRules = (
  count: number,
  everyday: ReadonlySet<string>,
): readonly { readonly file: string; readonly text: string }[] => {
  const random = seeded('padding rules');
  const operations = OPERATIONS.filter(([, name]) => !everyday.has(name));
  return Array.from({ length: count }, (_, number) => ({
    file: `padding-${number}.yml`,
    text: ruleText(random.fork(String(number)), number, operations),
  }));
};
