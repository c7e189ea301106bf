import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../../deploy/event-bounds.ts';
import { eventPatterns, MAX_PATTERN_LENGTH } from '../../deploy/event-patterns.ts';
import { eventRuleResources } from '../../deploy/event-rules.ts';
import { forwarderTemplate } from '../../deploy/forwarder.ts';
import { isJsonObject, type JsonObject } from '../../engine/record/json.ts';
import { textAt } from '../../engine/record/record.ts';
import { compileRules } from '../../engine/rule/compile.ts';
import type { RuleDocument } from '../../engine/rule/document.ts';
import { readRules } from '../../engine/rule/read.ts';
import { matchesPattern } from './event-matcher.ts';

const RULES = join(import.meta.dirname, '../../rules');
const shipped = readRules(
  readdirSync(RULES)
    .filter((name) => name.endsWith('.yml'))
    .map((file) => ({ file, text: readFileSync(join(RULES, file), 'utf8') })),
).documents;

const ruleOf = (detection: string, name = 'a rule'): RuleDocument => {
  const text = [
    `title: ${name}`,
    'id: 6f0c2f0e-5d3a-4f6c-9a43-2b6f5a7d1c11',
    'status: experimental',
    'description: Detects a case of this test.',
    'logsource: { product: aws, service: cloudtrail }',
    `detection: ${detection}`,
    'level: low',
  ].join('\n');
  const { documents, problems } = readRules([{ file: 'case.yml', text }]);
  const [document] = documents;
  if (document === undefined) throw new Error(`the case does not load: ${JSON.stringify(problems)}`);
  return document;
};

/** A record as EventBridge sends it. */
const eventOf = (record: JsonObject): JsonObject => {
  const service = textAt(record, 'eventSource')?.split('.')[0] ?? 'cloudtrail';
  return { source: `aws.${service}`, 'detail-type': 'AWS API Call via CloudTrail', detail: record };
};

const wakes = (documents: readonly RuleDocument[], record: JsonObject): boolean => {
  const { patterns, anyCall } = eventPatterns(documents);
  const all = anyCall === undefined ? patterns : [...patterns, anyCall];
  return all.some((pattern) => matchesPattern(pattern, eventOf(record)));
};

describe('the patterns generated for the shipped rules', () => {
  const { patterns, wide, anyCall } = eventPatterns(shipped);

  it('hold every positive record of every rule; of narrow rules without the pattern for any call', () => {
    const positives = shipped.flatMap(({ rule, tests }) =>
      tests.filter(({ match }) => match).map(({ name, record }) => ({ rule: rule.title, name, record })),
    );
    expect(positives.length).toBeGreaterThan(shipped.length);
    const missed = positives.filter(({ rule, record }) => {
      const asked = wide.includes(rule) && anyCall !== undefined ? [...patterns, anyCall] : patterns;
      return !asked.some((pattern) => matchesPattern(pattern, eventOf(record)));
    });
    expect(missed.map(({ rule, name }) => `${rule}: ${name}`)).toEqual([]);
  });

  it('are few, and each within the limit of characters', () => {
    expect(patterns.length).toBeLessThan(20);
    expect(
      patterns.map((pattern) => JSON.stringify(pattern).length).filter((size) => size > MAX_PATTERN_LENGTH),
    ).toEqual([]);
  });

  it('leave common reads asleep that no narrow rule names', () => {
    const reads = ['DescribeInstances', 'ListTagsForResource', 'DescribeVolumes', 'GetMetricData'];
    const record = (eventName: string) => ({ eventSource: 'ec2.amazonaws.com', eventName });
    expect(reads.filter((name) => patterns.some((pattern) => matchesPattern(pattern, eventOf(record(name)))))).toEqual(
      [],
    );
  });

  it.each([
    'AWS API Call via CloudTrail',
    'AWS Console Sign In via CloudTrail',
    'AWS Console Signin via CloudTrail',
    'AWS Service Event via CloudTrail',
    'AWS Insight via CloudTrail',
  ])('take events of detail-type %s', (detailType) => {
    const [document] = [ruleOf("{ selection: { eventName: 'ConsoleLogin' }, condition: selection }")];
    const [pattern] = eventPatterns([document]).patterns;
    expect(matchesPattern(pattern, { ...eventOf({ eventName: 'ConsoleLogin' }), 'detail-type': detailType })).toBe(
      true,
    );
  });

  it('refuse an event that anyone but AWS put on the bus', () => {
    const forged = {
      ...eventOf({ eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' }),
      source: 'mine',
    };
    expect(patterns.some((pattern) => matchesPattern(pattern, forged))).toBe(false);
  });
});

describe('what a rule asks for', () => {
  const cases = [
    { what: 'equal values', body: "{ s: { eventSource: 'a', eventName: ['B', 'C'] }, condition: s }", narrow: true },
    { what: 'a start', body: "{ s: { eventName|startswith: 'Put' }, condition: s }", narrow: true },
    { what: 'an end', body: "{ s: { eventName|endswith: 'Policy' }, condition: s }", narrow: true },
    { what: 'a trailing wildcard', body: "{ s: { eventName: 'Delete*' }, condition: s }", narrow: true },
    { what: 'a wildcard inside', body: "{ s: { eventName: 'De*te' }, condition: s }", narrow: false },
    { what: 'a substring', body: "{ s: { eventName|contains: 'Policy' }, condition: s }", narrow: false },
    { what: 'null', body: '{ s: { eventName: null }, condition: s }', narrow: false },
    { what: 'a negation', body: "{ s: { eventName: 'A' }, condition: not s }", narrow: false },
    {
      what: 'an alternative without a name',
      body: "{ s: { eventName: 'A' }, t: { x: 'y' }, condition: s or t }",
      narrow: false,
    },
    {
      what: 'a conjunction with a negation',
      body: "{ s: { eventName: 'A' }, t: { x: 'y' }, condition: s and not t }",
      narrow: true,
    },
    { what: '1 of', body: "{ s_a: { eventName: 'A' }, s_b: { eventName: 'B' }, condition: 1 of s_* }", narrow: true },
    { what: 'all of', body: "{ s_a: { eventName: 'A' }, s_b: { x: 'B' }, condition: all of s_* }", narrow: true },
    { what: 'keywords', body: "{ keywords: ['StopLogging'], condition: keywords }", narrow: false },
    { what: 'a user type', body: '{ s: { userIdentity.type: Root }, condition: s }', narrow: true },
  ];
  it.each(cases)('$what: narrow $narrow', ({ body, narrow }) => {
    const document = ruleOf(body);
    expect(boundsOf(document).every((bound) => Object.keys(bound).length > 0)).toBe(narrow);
    expect(eventPatterns([document]).wide).toEqual(narrow ? [] : ['a rule']);
  });

  it('a rule that any call may match wakes for Insight events, and not for the calls that waking makes', () => {
    const document = ruleOf("{ s: { userAgent|contains: 'kali' }, condition: s }");
    expect(wakes([document], { eventCategory: 'Insight', insightDetails: { eventName: 'Invoke' } })).toBe(true);
    expect(wakes([document], { eventSource: 'lambda.amazonaws.com', eventName: 'CreateFunction20150331' })).toBe(true);
    expect(wakes([document], { eventSource: 'lambda.amazonaws.com', eventName: 'Invoke' })).toBe(false);
  });

  it('compares without regard to case, as Sigma does', () => {
    const document = ruleOf("{ s: { eventSource: 'IAM.amazonaws.com', eventName: 'createuser' }, condition: s }");
    expect(wakes([document], { eventSource: 'iam.amazonaws.com', eventName: 'CreateUser' })).toBe(true);
  });

  it('splits a rule with more names than one pattern holds, and loses none', () => {
    const names = Array.from({ length: 300 }, (_, index) => `OperationNumber${index}`);
    const document = ruleOf(
      `{ s: { eventSource: 'a.amazonaws.com', eventName: [${names.join(', ')}] }, condition: s }`,
    );
    const { patterns } = eventPatterns([document]);
    expect(patterns.length).toBeGreaterThan(5);
    expect(patterns.every((pattern) => JSON.stringify(pattern).length <= MAX_PATTERN_LENGTH)).toBe(true);
    expect(names.filter((eventName) => !wakes([document], { eventSource: 'a.amazonaws.com', eventName }))).toEqual([]);
  });
});

describe('soundness', () => {
  const word = fc.constantFrom('StopLogging', 'stoplogging', 'StopLoggingNow', 'Put', 'PutRule', 'ListRules', '');
  const key = fc.constantFrom(
    'eventName',
    'eventName|startswith',
    'eventName|endswith',
    'eventName|contains',
    'eventName|cased',
    'eventSource',
    'userIdentity.type',
    'errorCode',
    'sourceIPAddress',
  );
  const value = fc.oneof(word, fc.constantFrom('*Logging', 'Put*', 'P*t', '*Rul*', 'a?b', 'Root'), fc.constant(null));
  const search = fc.dictionary(key, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), {
    minKeys: 1,
    maxKeys: 3,
  });
  const condition = fc.constantFrom(
    'one',
    'one and two',
    'one or two',
    'one and not two',
    'not one',
    '1 of them',
    'all of them',
    'not (one or two)',
    'one or not two',
  );
  const record = fc.record(
    {
      eventName: word,
      eventSource: fc.constantFrom('iam.amazonaws.com', 'StopLogging', 'put'),
      errorCode: word,
      sourceIPAddress: word,
      userIdentity: fc.record({ type: fc.constantFrom('Root', 'IAMUser') }),
    },
    { requiredKeys: [] },
  );

  it('no record that a rule matches is kept from the function', () => {
    let matched = 0;
    fc.assert(
      fc.property(
        search,
        fc.oneof(search, fc.array(search, { minLength: 1, maxLength: 2 })),
        condition,
        record,
        (one, two, how, event) => {
          const text = JSON.stringify({ one, two, condition: how });
          const { documents } = readRules([
            {
              file: 'a.yml',
              text: JSON.stringify({
                title: 'A Rule',
                id: '6f0c2f0e-5d3a-4f6c-9a43-2b6f5a7d1c11',
                logsource: { product: 'aws', service: 'cloudtrail' },
                detection: JSON.parse(text),
                level: 'low',
              }),
            },
          ]);
          const { ruleSet } = compileRules(documents);
          const json: unknown = JSON.parse(JSON.stringify(event));
          if (!isJsonObject(json) || ruleSet.match(json).length === 0) return;
          matched += 1;
          expect(wakes(documents, json)).toBe(true);
        },
      ),
      { numRuns: 3000, seed: 20261121 },
    );
    expect(matched).toBeGreaterThan(200);
  });
});

describe('the EventBridge rules', () => {
  const resources = eventRuleResources(shipped);

  it('admit read-only management events, and each has leave to wake the function', () => {
    const rules = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Events::Rule');
    expect(rules.length).toBeGreaterThan(1);
    for (const [id, rule] of rules) {
      expect(JSON.stringify(rule)).toContain('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
      expect(JSON.stringify(resources[`${id}MayInvoke`])).toContain(JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] }));
    }
  });

  it('turn the wide rule on only instead of the narrow ones', () => {
    const narrow = ruleOf("{ s: { eventName: 'A' }, condition: s }");
    const wide = ruleOf("{ s: { userAgent|contains: 'kali' }, condition: s }", 'a wide rule');
    expect(Object.keys(eventRuleResources([narrow]))).toEqual(['ApiCallRule1', 'ApiCallRule1MayInvoke']);
    expect(Object.keys(eventRuleResources([narrow, wide]))).toContain('AnyCallRule');
    expect(JSON.stringify(eventRuleResources([narrow]))).not.toContain('Fn::If');
  });
});

describe('the forwarder of member accounts', () => {
  const file = join(import.meta.dirname, '../../deploy/forwarder.yml');
  const text = JSON.stringify(forwarderTemplate(file, shipped));

  it('forwards the events that the rules of the security account take, as its role', () => {
    for (const pattern of eventPatterns(shipped).patterns) expect(text).toContain(JSON.stringify(pattern));
    expect(text).toContain('"RoleArn":{"Fn::GetAtt":["ForwarderRole","Arn"]}');
    expect(text).toContain('"Fn::If":["LiveForAllCalls","DISABLED"');
  });

  it('fits a StackSet template given inline', () => {
    expect(text.length).toBeLessThan(51_200);
    expect(text).not.toContain('!Ref');
  });
});
