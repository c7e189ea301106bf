import type { RuleDocument } from '../engine/rule/document.ts';
import { type EventPattern, eventPatterns } from './event-patterns.ts';

/** CloudFormation resources, as JSON. */
export type Resources = { readonly [logicalId: string]: { readonly [key: string]: unknown } };

const FUNCTION = 'OnDashapiDashcallLambdaFunction';
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const STATE_WITH_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

const eventRule = (description: string, pattern: EventPattern, state: unknown) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Description: description,
    EventPattern: pattern,
    State: state,
    Targets: [
      {
        Id: 'on-api-call',
        Arn: arnOf(FUNCTION),
        DeadLetterConfig: { Arn: arnOf('InvocationsDeadLetters') },
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
      },
    ],
  },
});

const mayInvoke = (ruleId: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: arnOf(FUNCTION),
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: arnOf(ruleId),
  },
});

/**
 * The EventBridge rules that wake on-api-call, each with Lambda's leave to be woken by it.
 *
 * Their state admits read-only management events (GetCallerIdentity, ListBuckets …): the patterns name calls, so it costs
 * nothing where no rule asks for one. Rules that any call may match would wake the function for all of them; that is
 * parameter LiveCalls: `named` leaves them to the log files a few minutes later, `all` turns the one wide rule on instead
 * of the narrow ones.
 */
export const eventRuleResources = (documents: readonly RuleDocument[]): Resources => {
  const { patterns, anyCall } = eventPatterns(documents);
  const narrow = patterns.map((pattern, index) => {
    const description = `API calls that some rule can match, part ${index + 1} of ${patterns.length}`;
    const state = { 'Fn::If': ['LiveForAllCalls', 'DISABLED', STATE_WITH_READS] };
    return [`ApiCallRule${index + 1}`, eventRule(description, pattern, anyCall ? state : STATE_WITH_READS)] as const;
  });
  const wide = { 'Fn::If': ['LiveForAllCalls', STATE_WITH_READS, 'DISABLED'] };
  const rules =
    anyCall === undefined
      ? narrow
      : [
          ...narrow,
          ['AnyCallRule', eventRule('Every API call, for rules that any call may match', anyCall, wide)] as const,
        ];
  return Object.fromEntries(
    rules.flatMap(([id, rule]) => [[id, rule] as const, [`${id}MayInvoke`, mayInvoke(id)] as const]),
  );
};
