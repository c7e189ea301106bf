import type { Random } from './random.ts';

/** Someone with a name: signs in through the organization's identity centre. */
export interface Person {
  readonly name: string;
  readonly role: string;
  readonly ip: string;
  readonly userAgent: string;
}

/** A role that software runs under. */
export interface Workload {
  readonly role: string;
  readonly roleId: string;
  readonly session: string;
  /** The service that vends its credentials: lambda, ecs-tasks, ec2. */
  readonly service: string;
  readonly userAgent: string;
  readonly ip: string;
}

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly people: readonly [Person, ...Person[]];
  readonly workloads: readonly [Workload, ...Workload[]];
  readonly ci: { readonly user: string; readonly userId: string; readonly accessKeyId: string; readonly ip: string };
  readonly buckets: readonly [string, ...string[]];
  readonly kmsKey: string;
}

/** Who makes the events of a trail: one organization, its accounts and the trail all of them write to. */
export interface Organization {
  readonly id: string;
  readonly accounts: readonly [Account, ...Account[]];
  readonly regions: readonly [string, ...string[]];
  readonly bucket: string;
  readonly prefix: string;
  readonly trail: { readonly name: string; readonly homeRegion: string; readonly arn: string };
}

const accountNames = ['management', 'payments-prod', 'data-platform', 'shared-ci', 'web-prod', 'sandbox'] as const;
const people = ['amara.okafor', 'bruno.silva', 'chen.wei', 'dagny.holm', 'elif.aydin', 'farid.haddad'] as const;
const browsers = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
] as const;
const workloads = [
  [
    'orders-api',
    'lambda',
    'aws-sdk-nodejs/3.901.0 ua/2.1 os/linux#5.10.245 lang/js md/nodejs#22.20.0 api/ssm#3.901.0 exec-env/AWS_Lambda_nodejs22.x',
  ],
  [
    'report-builder',
    'ecs-tasks',
    'Boto3/1.40.49 md/Botocore#1.40.49 ua/2.1 os/linux#5.10.244 md/arch#aarch64 lang/python#3.13.8 exec-env/AWS_ECS_FARGATE Botocore/1.40.49',
  ],
  [
    'inventory-sync',
    'lambda',
    'aws-sdk-java/2.35.5 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.245 lang/java#21.0.8 exec-env/AWS_Lambda_java21',
  ],
  [
    'web-node',
    'ec2',
    'aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#arm64 api/ec2#1.254.1',
  ],
] as const;

const makePerson = (random: Random, name: string): Person => ({
  name,
  role: random.pick(['ReadOnlyAccess', 'PowerUserAccess', 'ViewOnlyAccess']),
  // Addresses of RFC 5737: documentation only, nobody's.
  ip: `198.51.100.${random.int(1, 254)}`,
  userAgent: random.pick(browsers),
});

const makeWorkload = (random: Random, [role, service, userAgent]: (typeof workloads)[number]): Workload => ({
  role,
  roleId: `AROA${random.text('upper', 17)}`,
  session: service === 'ec2' ? `i-0${random.text('hex', 16)}` : service === 'lambda' ? role : random.text('hex', 32),
  service,
  userAgent,
  ip: `192.0.2.${random.int(1, 254)}`,
});

const makeAccount = (random: Random, index: number): Account => {
  const name = accountNames[index] ?? `workload-${index}`;
  const [first, second, third] = [0, 1, 2].map((n) => people[(index * 2 + n) % people.length] ?? people[0]);
  const person = (of: string | undefined): Person => makePerson(random, of ?? people[0]);
  const id = `${random.int(1, 9)}${random.text('digits', 11)}`;
  return {
    id,
    name,
    people: [person(first), person(second), person(third)],
    workloads: [
      makeWorkload(random, workloads[0]),
      makeWorkload(random, workloads[1]),
      makeWorkload(random, workloads[2]),
      makeWorkload(random, workloads[3]),
    ],
    ci: {
      user: 'ci-deploy',
      userId: `AIDA${random.text('upper', 17)}`,
      accessKeyId: `AKIA${random.text('upper', 16)}`,
      ip: `192.0.2.${random.int(1, 254)}`,
    },
    buckets: [`${name}-assets-${id.slice(-4)}`, `${name}-exports-${id.slice(-4)}`],
    kmsKey: random.uuid(),
  };
};

export interface OrganizationOptions {
  readonly accounts?: number;
  readonly regions?: readonly [string, ...string[]];
  readonly bucket?: string;
  readonly prefix?: string;
  readonly trailName?: string;
}

/** An invented organization: account ids, names, addresses and keys all come from the seed. */
export const makeOrganization = (random: Random, options: OrganizationOptions = {}): Organization => {
  const { accounts = 4, regions = ['us-east-1', 'eu-central-1', 'ap-southeast-2'], prefix = '' } = options;
  const { bucket = 'example-org-cloudtrail', trailName = 'organization' } = options;
  const first = makeAccount(random.fork('account 0'), 0);
  const others = Array.from({ length: Math.max(accounts, 1) - 1 }, (_, n) =>
    makeAccount(random.fork(`account ${n + 1}`), n + 1),
  );
  const homeRegion = regions[0];
  return {
    id: `o-${random.fork('organization').text('lower', 10)}`,
    accounts: [first, ...others],
    regions,
    bucket,
    prefix,
    trail: { name: trailName, homeRegion, arn: `arn:aws:cloudtrail:${homeRegion}:${first.id}:trail/${trailName}` },
  };
};
