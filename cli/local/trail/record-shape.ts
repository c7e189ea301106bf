import type { JsonObject } from '../../../engine/record/json.ts';
import type { Account, Person, Workload } from './organization.ts';
import type { Random } from './random.ts';

/** Where and when a record is made. */
export interface Place {
  readonly account: Account;
  readonly region: string;
  /** eventTime, milliseconds since the epoch. */
  readonly at: number;
}

/** What one shape of event says beyond who, where and when. */
export interface Call {
  readonly source: string;
  readonly name: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly request?: JsonObject | null;
  readonly response?: JsonObject | null;
  readonly additional?: JsonObject;
  readonly error?: { readonly code: string; readonly message: string };
  readonly readOnly?: boolean;
  readonly resources?: readonly JsonObject[];
  readonly type?: 'AwsApiCall' | 'AwsServiceEvent' | 'AwsConsoleSignIn';
  readonly data?: boolean;
  /** Host name of the request, when the caller came over TLS from outside. */
  readonly host?: string;
  readonly fromConsole?: boolean;
  readonly shared?: boolean;
}

/** An ISO 8601 time without milliseconds, as CloudTrail writes every time. */
export const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const tls = (host: string, random: Random): JsonObject => ({
  tlsVersion: 'TLSv1.3',
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  clientProvidedHostHeader: host,
  ...(random.chance(0.5) ? { keyExchange: 'X25519MLKEM768' } : {}),
});

/** One record with its fields in the order CloudTrail writes them. */
export const makeRecord = (random: Random, place: Place, who: JsonObject, call: Call): JsonObject => ({
  eventVersion: '1.11',
  userIdentity: who,
  eventTime: stamp(place.at),
  eventSource: call.source,
  eventName: call.name,
  awsRegion: place.region,
  sourceIPAddress: call.ip,
  userAgent: call.userAgent,
  ...(call.error === undefined ? {} : { errorCode: call.error.code, errorMessage: call.error.message }),
  requestParameters: call.request ?? null,
  responseElements: call.response ?? null,
  ...(call.additional === undefined ? {} : { additionalEventData: call.additional }),
  requestID: random.uuid(),
  eventID: random.uuid(),
  readOnly: call.readOnly ?? true,
  ...(call.resources === undefined ? {} : { resources: call.resources }),
  eventType: call.type ?? 'AwsApiCall',
  managementEvent: call.data !== true,
  recipientAccountId: place.account.id,
  ...(call.shared === true ? { sharedEventID: random.uuid() } : {}),
  eventCategory: call.data === true ? 'Data' : 'Management',
  ...(call.host === undefined ? {} : { tlsDetails: tls(call.host, random) }),
  ...(call.fromConsole === true ? { sessionCredentialFromConsole: 'true' } : {}),
});

/** userIdentity of an AWS service that acts by itself. */
export const asService = (service: string): JsonObject => ({ type: 'AWSService', invokedBy: service });

/** userIdentity of an IAM user with an access key. */
export const asUser = (
  account: string,
  user: { readonly name: string; readonly id: string; readonly accessKeyId?: string },
): JsonObject => ({
  type: 'IAMUser',
  principalId: user.id,
  arn: `arn:aws:iam::${account}:user/${user.name}`,
  accountId: account,
  ...(user.accessKeyId === undefined ? {} : { accessKeyId: user.accessKeyId }),
  userName: user.name,
});

const assumed = (
  account: string,
  role: { readonly name: string; readonly path: string; readonly id: string },
  session: { readonly name: string; readonly accessKeyId: string; readonly since: number; readonly mfa: boolean },
): JsonObject => ({
  type: 'AssumedRole',
  principalId: `${role.id}:${session.name}`,
  arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${session.name}`,
  accountId: account,
  accessKeyId: session.accessKeyId,
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: role.id,
      arn: `arn:aws:iam::${account}:role${role.path}${role.name}`,
      accountId: account,
      userName: role.name,
    },
    attributes: { creationDate: stamp(session.since), mfaAuthenticated: String(session.mfa) },
  },
});

/** userIdentity of software under its role. */
export const asWorkload = (random: Random, { account, at }: Place, workload: Workload): JsonObject =>
  assumed(
    account.id,
    { name: workload.role, path: '/', id: workload.roleId },
    {
      name: workload.session,
      accessKeyId: `ASIA${random.text('upper', 16)}`,
      since: at - random.int(60, 3000) * 1000,
      mfa: false,
    },
  );

/** userIdentity of a person signed in through the identity centre. */
export const asPerson = (random: Random, { account, region, at }: Place, person: Person): JsonObject =>
  assumed(
    account.id,
    {
      name: `AWSReservedSSO_${person.role}_${account.kmsKey.slice(0, 8)}`,
      path: `/aws-reserved/sso.amazonaws.com/${region}/`,
      id: `AROA${account.ci.userId.slice(4)}`,
    },
    {
      name: `${person.name}@example.com`,
      accessKeyId: `ASIA${random.text('upper', 16)}`,
      since: at - random.int(60, 20_000) * 1000,
      mfa: false,
    },
  );

/** userIdentity of an AWS service acting through its service-linked role. */
export const asLinkedRole = (random: Random, place: Place, role: string, service: string): JsonObject => ({
  ...assumed(
    place.account.id,
    { name: role, path: `/aws-service-role/${service}/`, id: `AROA${random.text('upper', 17)}` },
    {
      name: role.replace('AWSServiceRoleFor', ''),
      accessKeyId: `ASIA${random.text('upper', 16)}`,
      since: place.at - 60_000,
      mfa: false,
    },
  ),
  invokedBy: service,
});
