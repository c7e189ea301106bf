import { type CloudTrailRecord, own, textAt } from '../record/record.ts';
import { plainText } from './escape.ts';
import { principalOf } from './principal.ts';
import { targetOf } from './target.ts';

const MAX = 256;
const DENIED = /access.?denied|unauthorized|not.?authorized|forbidden/i;

/** Whether a call worked, and its error where it did not. */
export interface Outcome {
  readonly outcome: 'success' | 'failure';
  readonly errorCode?: string;
}

const text = (value: string | undefined): string | undefined => (value ? plainText(value, MAX) : undefined);

/**
 * Whether the call worked. CloudTrail leaves `errorCode` out on success, but a failed sign-in has none either: it says
 * `responseElements.ConsoleLogin: "Failure"` and gives only an `errorMessage` (user guide, "AWS Management Console
 * sign-in events").
 */
export const outcomeOf = (record: CloudTrailRecord): Outcome => {
  const insight = own(record, 'insightDetails');
  const errorCode = text(textAt(record, 'errorCode') ?? textAt(insight, 'errorCode'));
  const response = own(record, 'responseElements');
  const signIn = textAt(response, 'ConsoleLogin') ?? textAt(response, textAt(record, 'eventName') ?? '');
  const failed = errorCode !== undefined || Boolean(textAt(record, 'errorMessage')) || signIn === 'Failure';
  return { outcome: failed ? 'failure' : 'success', ...(errorCode !== undefined && { errorCode }) };
};

/** `ec2.amazonaws.com` as people say it: `ec2`. */
const serviceName = (eventSource: string | undefined): string | undefined =>
  text(eventSource)?.replace(/\.amazonaws\.com$/, '');

const who = (record: CloudTrailRecord): string => {
  const { type, name } = principalOf(record) ?? {};
  const account = text(textAt(record, 'userIdentity', 'accountId'));
  const of = account === undefined ? '' : ` of account ${account}`;
  switch (type) {
    case 'Root':
      return `The root user${of}`;
    case 'IAMUser':
      return `User ${name ?? '(unnamed)'}${of}`;
    case 'AssumedRole':
    case 'Role':
      return `Role ${name ?? '(unnamed)'}${of}`;
    case 'AWSAccount':
      return name === 'anonymous' ? 'An anonymous caller' : `A principal of account ${name ?? 'unknown'}`;
    case 'AWSService':
      return `AWS service ${name ?? '(unnamed)'}`;
    case undefined:
      return name === undefined ? 'An unnamed principal' : `AWS service ${name}`;
    default:
      return `${type} ${name ?? '(unnamed)'}${of}`;
  }
};

const where = (record: CloudTrailRecord): string => {
  const region = text(textAt(record, 'awsRegion'));
  const account = text(textAt(record, 'recipientAccountId'));
  const caller = text(textAt(record, 'userIdentity', 'accountId'));
  const other = account !== undefined && account !== caller ? ` of account ${account}` : '';
  return region === undefined ? other.replace(' of', ' in') : ` in ${region}${other}`;
};

const fromWhere = (record: CloudTrailRecord): string => {
  const address = text(textAt(record, 'sourceIPAddress'));
  return address === undefined || address === '-' ? '' : `, from ${address}`;
};

const whether = ({ outcome, errorCode }: Outcome, message: string | undefined): string => {
  if (outcome === 'success') return '; it succeeded';
  const reason = errorCode ?? message;
  if (reason !== undefined && DENIED.test(reason)) return `; it was denied (${reason})`;
  return reason === undefined ? '; it failed' : `; it failed (${reason})`;
};

const signIn = (record: CloudTrailRecord): string => {
  const { outcome } = outcomeOf(record);
  const { mfa } = principalOf(record) ?? {};
  const factor = mfa === undefined ? '' : ` with${mfa ? '' : 'out'} MFA`;
  const message = text(textAt(record, 'errorMessage'));
  const failed = `failed to sign in to the console${message === undefined ? '' : ` (${message})`}`;
  return `${who(record)} ${outcome === 'success' ? `signed in to the console${factor}` : failed}${where(record)}${fromWhere(record)}`;
};

const insight = (record: CloudTrailRecord): string => {
  const details = own(record, 'insightDetails');
  const kind = textAt(details, 'insightType') === 'ApiErrorRateInsight' ? 'errors in' : 'rate of';
  const state = textAt(details, 'state') === 'End' ? 'ended' : 'began';
  const code = text(textAt(details, 'errorCode'));
  const call = text(textAt(details, 'eventName')) ?? 'API';
  const service = serviceName(textAt(details, 'eventSource')) ?? 'an unnamed service';
  return `CloudTrail Insights: an unusual ${kind} ${call} calls to ${service} ${state}${where(record)}${code === undefined ? '' : ` (${code})`}`;
};

const serviceEvent = (record: CloudTrailRecord): string => {
  const service = serviceName(textAt(record, 'eventSource')) ?? 'unnamed';
  const target = targetOf(record);
  const on = target === undefined ? '' : ` on ${target}`;
  const { outcome } = outcomeOf(record);
  return `AWS service ${service} reported ${text(textAt(record, 'eventName')) ?? 'an event'}${on}${where(record)}${outcome === 'failure' ? '; it failed' : ''}`;
};

const call = (record: CloudTrailRecord): string => {
  const name = text(textAt(record, 'eventName'));
  const service = serviceName(textAt(record, 'eventSource'));
  const target = targetOf(record);
  const what = `called ${name ?? 'an unnamed operation'}${service === undefined ? '' : ` (${service})`}`;
  const message = text(textAt(record, 'errorMessage'));
  return `${who(record)} ${what}${target === undefined ? '' : ` on ${target}`}${where(record)}${fromWhere(record)}${whether(outcomeOf(record), message)}`;
};

/**
 * One sentence of what a record says: who did what to what, where, from where, and whether it worked. One line, no
 * character that hides or commands, at most 1,000 characters.
 */
export const summaryOf = (record: CloudTrailRecord): string => {
  const type = textAt(record, 'eventType');
  const sentence = (): string => {
    if (own(record, 'insightDetails') !== undefined) return insight(record);
    if (textAt(record, 'eventName') === 'ConsoleLogin') return signIn(record);
    return type === 'AwsServiceEvent' ? serviceEvent(record) : call(record);
  };
  return `${plainText(sentence(), 999)}.`;
};
