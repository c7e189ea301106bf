import type { RuleDocument } from '../engine/rule/document.ts';
import { type EventPattern, eventPatterns } from './event-patterns.ts';

/** CloudFormation resources, as JSON. */
export type Resources = { readonly [logicalId: string]: { readonly [key: string]: unknown } };

const FUNCTION = 'OnDashapiDashcallLambdaFunction';
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const STATE_WITH_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

/** Where a rule sends its events, as CloudFormation has it. */
export type EventTarget = { readonly Id: string; readonly Arn: unknown; readonly [key: string]: unknown };

const eventRule = (Description: string, EventPattern: EventPattern, State: unknown, target: EventTarget) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Description, EventPattern, State, Targets: [target] },
});

/**
 * The EventBridge rules of a rule set, by logical id; the template has a condition `LiveForAllCalls`.
 *
 * Their state admits read-only management events (GetCallerIdentity, ListBuckets …): the patterns name calls, so it costs
 * nothing where no rule asks for one. Rules that any call may match would wake the function for all of them; that is
 * parameter LiveCalls: `named` leaves them to the log files a few minutes later, `all` turns the one wide rule on instead
 * of the narrow ones.
 */
export const eventRules = (
  documents: readonly RuleDocument[],
  target: EventTarget,
): readonly (readonly [string, object])[] => {
  const { patterns, anyCall } = eventPatterns(documents);
  const unlessAll = { 'Fn::If': ['LiveForAllCalls', 'DISABLED', STATE_WITH_READS] };
  const narrow = patterns.map((pattern, index) => {
    const description = `API calls that some rule can match, part ${index + 1} of ${patterns.length}`;
    const state = anyCall === undefined ? STATE_WITH_READS : unlessAll;
    return [`ApiCallRule${index + 1}`, eventRule(description, pattern, state, target)] as const;
  });
  if (anyCall === undefined) return narrow;
  const onlyIfAll = { 'Fn::If': ['LiveForAllCalls', STATE_WITH_READS, 'DISABLED'] };
  const wide = eventRule('Every API call, for rules that any call may match', anyCall, onlyIfAll, target);
  return [...narrow, ['AnyCallRule', wide]];
};

const mayInvoke = (ruleId: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: arnOf(FUNCTION),
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: arnOf(ruleId),
  },
});

/** The rules that wake on-api-call, each with Lambda's leave to be woken by it. */
export const eventRuleResources = (documents: readonly RuleDocument[]): Resources => {
  const target = {
    Id: 'on-api-call',
    Arn: arnOf(FUNCTION),
    DeadLetterConfig: { Arn: arnOf('InvocationsDeadLetters') },
    RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
  };
  return Object.fromEntries(
    eventRules(documents, target).flatMap(([id, rule]) => [
      [id, { ...rule }],
      [`${id}MayInvoke`, mayInvoke(id)],
    ]),
  );
};
