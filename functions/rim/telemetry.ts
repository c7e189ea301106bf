import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { RuleProblem, RuleSet } from '../../engine/rule/rule.ts';

/** JSON lines with the request id. Events are never logged: they hold what attackers wrote, and cost by the byte. */
export const logger = new Logger();

/**
 * CloudWatch metrics by embedded format: no API call. One dimension, `service` (POWERTOOLS_SERVICE_NAME): rules and
 * accounts would make thousands of metrics.
 */
export const metrics = new Metrics({ namespace: 'Trailwarden' });

/** Adds a count; zeros are left out, for CloudWatch keeps what it is sent. */
export const count = (name: string, value: number): void => {
  if (value > 0) metrics.addMetric(name, MetricUnit.Count, value);
};

/** A handler with its logger's context and its metrics flushed at the end, also when it throws. */
export const withTelemetry = <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
  middy<Event, Result>()
    .use(injectLambdaContext(logger, { logEvent: false }))
    .use(logMetrics(metrics, { throwOnEmptyMetrics: false }))
    .handler(handle);

/** Says once, at the cold start, which rules are not evaluated and why. */
export const sayRules = (ruleSet: RuleSet, problems: readonly RuleProblem[]): void => {
  for (const { severity, file, line, message } of problems)
    if (severity === 'error') logger.error('A rule is not loaded', { file, line, problem: message });
  for (const { rule, missingLists } of ruleSet.unarmed)
    logger.warn('A rule is not armed: lists it needs are not configured', { rule: rule.title, missingLists });
};
