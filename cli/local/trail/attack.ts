import type { JsonObject } from '../../../engine/record/json.ts';
import type { PlantedRecord } from './log-files.ts';
import type { Organization } from './organization.ts';
import type { Random } from './random.ts';
import { asUser, type Call, makeRecord } from './record-shape.ts';

/** What the intruder does, in the words of the API, with the seconds since the sign-in. */
interface Step {
  readonly after: number;
  readonly region: string;
  readonly who: 'stolen' | 'made';
  readonly call: Omit<Call, 'ip' | 'userAgent' | 'host'>;
}

/** An address of RFC 5737, apart from those the organization's people use. */
const INTRUDER = '203.0.113.77';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const SHELL =
  'aws-cli/2.17.18 md/awscrt#0.20.11 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython md/distrib#kali.2024 cfg/retry-mode#standard md/command#';
const POLICY = 'arn:aws:iam::aws:policy/AdministratorAccess';

const iam = (name: string, request: JsonObject | null, more: Partial<Call> = {}): Step['call'] => ({
  source: 'iam.amazonaws.com',
  name,
  request,
  ...more,
});

const look = (after: number, call: Step['call']): Step => ({ after, region: 'us-east-1', who: 'stolen', call });
const change = (after: number, who: Step['who'], call: Step['call'], region = 'us-east-1'): Step => ({
  after,
  region,
  who,
  call: { ...call, readOnly: false },
});

const steps = (
  account: string,
  user: string,
  made: { readonly user: string; readonly key: string },
): readonly Step[] => [
  change(0, 'stolen', {
    source: 'signin.amazonaws.com',
    name: 'ConsoleLogin',
    response: { ConsoleLogin: 'Success' },
    additional: { LoginTo: 'https://console.aws.amazon.com/console/home', MobileVersion: 'No', MFAUsed: 'No' },
    type: 'AwsConsoleSignIn',
  }),
  look(95, { source: 'sts.amazonaws.com', name: 'GetCallerIdentity' }),
  look(101, iam('ListAttachedUserPolicies', { userName: user })),
  look(104, iam('ListUsers', null)),
  look(110, iam('ListRoles', { maxItems: 100 })),
  change(
    190,
    'stolen',
    iam(
      'CreateUser',
      { userName: made.user },
      {
        response: {
          user: {
            path: '/',
            userName: made.user,
            userId: `AIDA${made.key.slice(-17)}`,
            arn: `arn:aws:iam::${account}:user/${made.user}`,
          },
        },
      },
    ),
  ),
  change(214, 'stolen', iam('AttachUserPolicy', { userName: made.user, policyArn: POLICY })),
  change(
    231,
    'stolen',
    iam(
      'CreateAccessKey',
      { userName: made.user },
      { response: { accessKey: { userName: made.user, accessKeyId: made.key, status: 'Active' } } },
    ),
  ),
  change(402, 'made', {
    source: 'cloudtrail.amazonaws.com',
    name: 'StopLogging',
    request: { name: `arn:aws:cloudtrail:us-east-1:${account}:trail/payments-audit` },
  }),
  change(455, 'made', {
    source: 'guardduty.amazonaws.com',
    name: 'DeleteDetector',
    request: { detectorId: '12abc34d567e8fa901bc2d34e56789f0' },
  }),
  change(640, 'made', {
    source: 'ec2.amazonaws.com',
    name: 'ModifySnapshotAttribute',
    request: {
      snapshotId: 'snap-0a1b2c3d4e5f60718',
      createVolumePermission: { add: { items: [{ userId: '999999999999' }] } },
      attributeType: 'CREATE_VOLUME_PERMISSION',
    },
    response: { requestId: '9f7bbf13-1111-4b7e-9a52-3f3b1b0d7e11', _return: true },
  }),
];

/**
 * One intrusion: a password that leaked signs in without MFA, looks around from a Kali machine, makes itself an
 * administrator with a key, stops a trail of the account, deletes GuardDuty's detector and shares a snapshot with
 * another account. All in us-east-1 of the second account (or the only one).
 *
 * @param at time of the sign-in, milliseconds since the epoch; the last step follows within eleven minutes
 */
export const attackChain = (random: Random, organization: Organization, at: number): readonly PlantedRecord[] => {
  const account = organization.accounts[1] ?? organization.accounts[0];
  const region = organization.regions.includes('us-east-1') ? 'us-east-1' : organization.regions[0];
  const stolen = { name: 'j.rivera', id: `AIDA${random.text('upper', 17)}` };
  const made = { user: 'backup-svc', key: `AKIA${random.text('upper', 16)}` };
  const keys = { stolen: `AKIA${random.text('upper', 16)}`, made: made.key };
  return steps(account.id, stolen.name, made).map(({ after, who, call }) => {
    const signIn = call.type === 'AwsConsoleSignIn';
    const name = who === 'stolen' ? stolen.name : made.user;
    const id = who === 'stolen' ? stolen.id : `AIDA${made.key.slice(4)}`;
    const identity = asUser(account.id, { name, id, ...(signIn ? {} : { accessKeyId: keys[who] }) });
    const service = call.source.split('.')[0] ?? '';
    const record = makeRecord(random, { account, region, at: at + after * 1000 }, identity, {
      ...call,
      ip: INTRUDER,
      userAgent: signIn
        ? BROWSER
        : `${SHELL}${service}.${call.name.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`,
      host: signIn ? `${region}.signin.aws.amazon.com` : call.source,
    });
    return { account: account.id, region, at: at + after * 1000, record };
  });
};
