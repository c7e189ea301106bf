import { describe, expect, it } from 'vitest';
import { lintRules } from '../../engine/rule/lint/lint.ts';
import { readRules } from '../../engine/rule/read.ts';
import type { RuleProblem } from '../../engine/rule/rule.ts';

/** Lines before the detection, which starts at line 6. */
const lint = (detection: string, service = 'cloudtrail'): readonly RuleProblem[] => {
  const text = `title: A rule\nlogsource:\n    product: aws\n    service: ${service}\ndetection:\n${detection}\n`;
  const { documents, problems } = readRules([{ file: 'a.yml', text }]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return lintRules(documents);
};

const call = (entries: string, condition = 'selection'): string =>
  `    selection:\n        eventSource: cloudtrail.amazonaws.com\n        eventName: StopLogging\n${entries}    condition: ${condition}`;

describe('a rule with nothing wrong', () => {
  it('is left alone', () => {
    expect(lint(call(''))).toEqual([]);
  });

  it('is left alone when it is about another log', () => {
    expect(lint('    selection:\n        status: success\n    condition: selection', 'guardduty')).toEqual([]);
  });

  it.each([
    ['request parameters of any name', '        requestParameters.anything.at.all: 1\n'],
    ['a field two levels down', '        userIdentity.sessionContext.sessionIssuer.userName: admin\n'],
    ['an element of an array', '        requestParameters.items[any]:\n            anything: 1\n'],
    ['a wildcard in a name that is otherwise unknown', '        userIdentity.type: Assumed*\n'],
    ['a reference between fields of one kind', '        userIdentity.userName|fieldref: requestParameters.userName\n'],
    ['a reference to a part of a field', '        userIdentity.arn|fieldref|contains: requestParameters.userName\n'],
    ['an account in quotes', "        recipientAccountId: '123456789012'\n"],
    ['two values of one list', '        userIdentity.type:\n            - Root\n            - IAMUser\n'],
    ['a narrower second entry', '        eventName|startswith: Stop\n'],
  ])('is left alone: %s', (_, entries) => {
    expect(lint(call(entries))).toEqual([]);
  });
});

interface Case {
  readonly what: string;
  readonly detection: string;
  readonly severity: string;
  readonly code: string;
  readonly line: number;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'a field CloudTrail never writes',
    detection: call('        status: success\n'),
    ...{ severity: 'error', code: 'unknown-field', line: 9 },
    message: /no field 'status': the entry can never hold/,
    hint: /requestParameters/,
  },
  {
    what: 'a field in the wrong case',
    detection: call('        sourceIpAddress: 192.0.2.1\n'),
    ...{ severity: 'error', code: 'unknown-field', line: 9 },
    message: /sourceIpAddress/,
    hint: /'sourceIPAddress'/,
  },
  {
    what: 'the object of a field in the wrong case',
    detection: call('        requestparameters.name: trail\n'),
    ...{ severity: 'error', code: 'unknown-field', line: 9 },
    message: /requestparameters.name/,
    hint: /'requestParameters.name'/,
  },
  {
    what: 'a field without its object',
    detection: call('        mfaAuthenticated: false\n'),
    ...{ severity: 'error', code: 'unknown-field', line: 9 },
    message: /mfaAuthenticated/,
    hint: /userIdentity.sessionContext.attributes.mfaAuthenticated/,
  },
  {
    what: 'an unknown field that must be absent',
    detection: call('        status|exists: false\n'),
    ...{ severity: 'warning', code: 'unknown-field', line: 9 },
    message: /always holds/,
    hint: /./,
  },
  {
    what: 'an unknown field in a filter',
    detection: call('    filter:\n        status: failed\n', 'selection and not filter'),
    ...{ severity: 'warning', code: 'unknown-field', line: 10 },
    message: /stays in/,
    hint: /./,
  },
  {
    what: 'a call the service does not have',
    detection:
      '    selection:\n        eventSource: cloudtrail.amazonaws.com\n        eventName: StopLoging\n    condition: selection',
    ...{ severity: 'warning', code: 'unknown-event-name', line: 8 },
    message: /cloudtrail.amazonaws.com logs no 'StopLoging'/,
    hint: /'StopLogging'/,
  },
  {
    what: 'a call S3 logs under an older name',
    detection:
      '    selection:\n        eventSource: s3.amazonaws.com\n        eventName: PutBucketLifecycleConfiguration\n    condition: selection',
    ...{ severity: 'warning', code: 'unknown-event-name', line: 8 },
    message: /PutBucketLifecycleConfiguration/,
    hint: /'PutBucketLifecycle'/,
  },
  {
    what: 'a Lambda call without the date of its API',
    detection:
      '    selection:\n        eventSource: lambda.amazonaws.com\n        eventName: DeleteFunction\n    condition: selection',
    ...{ severity: 'warning', code: 'unknown-event-name', line: 8 },
    message: /DeleteFunction/,
    hint: /'DeleteFunction20150331'/,
  },
  {
    what: 'a call of another service',
    detection:
      '    selection:\n        eventSource: route53.amazonaws.com\n        eventName: DisableDomainTransferLock\n    condition: selection',
    ...{ severity: 'warning', code: 'unknown-event-name', line: 8 },
    message: /route53.amazonaws.com/,
    hint: /route53domains.amazonaws.com has a call of that name/,
  },
  {
    what: 'a call beside a service in another search',
    detection:
      '    selection_a:\n        eventSource: s3.amazonaws.com\n    selection_b:\n        eventName: StopLogging\n    condition: selection_a and selection_b',
    ...{ severity: 'warning', code: 'unknown-event-name', line: 9 },
    message: /s3.amazonaws.com logs no 'StopLogging'/,
    hint: /cloudtrail.amazonaws.com/,
  },
  {
    what: 'a service nobody knows',
    detection:
      '    selection:\n        eventSource: cloudtrial.amazonaws.com\n        eventName: StopLogging\n    condition: selection',
    ...{ severity: 'info', code: 'unknown-event-source', line: 7 },
    message: /cloudtrial/,
    hint: /cloudtrail/,
  },
  {
    what: 'an event source that is only a word',
    detection:
      '    selection:\n        eventSource: cloudtrail\n        eventName: StopLogging\n    condition: selection',
    ...{ severity: 'error', code: 'impossible-value', line: 7 },
    message: /never 'cloudtrail'/,
    hint: /cloudtrail.amazonaws.com/,
  },
  {
    what: 'a type of caller that does not exist',
    detection: call('        userIdentity.type: AssumeRole\n'),
    ...{ severity: 'error', code: 'impossible-value', line: 9 },
    message: /never 'AssumeRole'/,
    hint: /AssumedRole/,
  },
  {
    what: 'one impossible value among possible ones',
    detection: call('        userIdentity.type:\n            - Root\n            - Admin\n'),
    ...{ severity: 'warning', code: 'impossible-value', line: 9 },
    message: /'Admin'/,
    hint: /IAMUser/,
  },
  {
    what: 'an account with a digit missing',
    detection: call("        recipientAccountId: '12345678901'\n"),
    ...{ severity: 'error', code: 'impossible-value', line: 9 },
    message: /12345678901/,
    hint: /twelve digits/,
  },
  {
    what: 'an event source in capitals with |cased',
    detection:
      '    selection:\n        eventSource|cased: S3.amazonaws.com\n        eventName: PutBucketAcl\n    condition: selection',
    ...{ severity: 'error', code: 'value-case', line: 7 },
    message: /lower case/,
    hint: /'s3.amazonaws.com'/,
  },
  {
    what: 'a literal that is the path of a field',
    detection: call('        userIdentity.arn|contains: responseElements.accessKey.userName\n'),
    ...{ severity: 'warning', code: 'literal-field-path', line: 9 },
    message: /compared as that very text/,
    hint: /fieldref: responseElements.accessKey.userName/,
  },
  {
    what: 'a reference that is never equal',
    detection: call('        userIdentity.arn|fieldref: requestParameters.userName\n'),
    ...{ severity: 'warning', code: 'fieldref-never-equal', line: 9 },
    message: /an ARN.*a name/,
    hint: /one kind/,
  },
  {
    what: 'two names of calls at once',
    detection: call('    selection_b:\n        eventName: DeleteTrail\n', 'selection and selection_b'),
    ...{ severity: 'error', code: 'never-matches', line: 10 },
    message: /exclude each other/,
    hint: /`or`/,
  },
  {
    what: 'a filter that takes all of the selection',
    detection: call('    filter:\n        eventName: StopLogging\n', 'selection and not filter'),
    ...{ severity: 'error', code: 'never-matches', line: 10 },
    message: /not eventName: 'StopLogging'/,
    hint: /./,
  },
  {
    what: 'a filter that takes all of the selection by its start',
    detection: call('    filter:\n        eventName|startswith: Stop\n', 'selection and not 1 of filter*'),
    ...{ severity: 'error', code: 'never-matches', line: 10 },
    message: /startswith/,
    hint: /./,
  },
  {
    what: 'a field both absent and of a value',
    detection: call('        errorCode: AccessDenied\n        errorCode|exists: false\n'),
    ...{ severity: 'error', code: 'never-matches', line: 9 },
    message: /errorCode/,
    hint: /./,
  },
  {
    what: 'a rule that every record has to be tried on',
    detection: '    selection:\n        userAgent|contains: pacu\n    condition: selection',
    ...{ severity: 'info', code: 'not-indexed', line: 8 },
    message: /every record/,
    hint: /eventName/,
  },
  {
    what: 'a filter that trusts a user agent',
    detection: call('    filter:\n        userAgent|contains: terraform\n', 'selection and not filter'),
    ...{ severity: 'warning', code: 'user-agent-allow-list', line: 10 },
    message: /every caller chooses/,
    hint: /invokedBy/,
  },
];

describe('a rule with one fault', () => {
  it.each(CASES)('$what: $code', ({ detection, severity, code, line, message, hint }) => {
    const found = lint(detection);
    expect(found.map((problem) => problem.code)).toEqual([code]);
    expect(found[0]).toMatchObject({ severity, line, file: 'a.yml', rule: 'A rule' });
    expect(found[0]?.message).toMatch(message);
    expect(found[0]?.hint).toMatch(hint);
    expect(found[0]?.field).toMatch(/^detection\./);
  });
});

describe('names of calls', () => {
  const names = (source: string, name: string): readonly string[] =>
    lint(
      `    selection:\n        eventSource: ${source}.amazonaws.com\n        eventName: ${name}\n    condition: selection`,
    ).map(({ code }) => code);

  it.each([
    ['lambda', 'UpdateFunctionCode20150331v2'],
    ['lambda', 'ListFunctions20150331'],
    ['lambda', 'CreateFunctionUrlConfig'],
    ['cloudfront', 'UpdateDistribution2020_05_31'],
    ['cloudfront', 'CreateDistribution2014_11_06'],
    ['s3', 'PutBucketPublicAccessBlock'],
    ['s3', 'PutAccountPublicAccessBlock'],
    ['signin', 'ConsoleLogin'],
    ['monitoring', 'DeleteAlarms'],
    ['ses', 'PutAccountDetails'],
    ['bedrock', 'PutUseCaseForModelAccess'],
    ['ec2', 'SharedSnapshotCopyInitiated'],
    ['sso-directory', 'AddMemberToGroup'],
    ['CloudTrail', 'stoplogging'],
  ])('%s logs %s', (source, name) => {
    expect(names(source, name)).toEqual([]);
  });

  it('a list of services and a list of calls are right when each call is of one of the services', () => {
    const both =
      '    selection:\n        eventSource:\n            - iam.amazonaws.com\n            - s3.amazonaws.com\n        eventName:\n            - CreateUser\n            - PutBucketAcl\n    condition: selection';
    expect(lint(both)).toEqual([]);
  });

  it('a rule with more ways to match than are looked at is not judged by them', () => {
    const part = (at: number): string =>
      `    selection_${at}:\n${['a', 'b', 'c'].map((value) => `        - requestParameters.${value}${at}: 1\n`).join('')}`;
    const many = Array.from({ length: 12 }, (_, at) => part(at)).join('');
    expect(lint(`${many}    condition: all of selection_*`).map(({ code }) => code)).not.toContain('never-matches');
  });
});
