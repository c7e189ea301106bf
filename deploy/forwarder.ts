import { readFileSync } from 'node:fs';
import { parse, type ScalarTag } from 'yaml';
import { isJsonObject, type JsonObject } from '../engine/record/json.ts';
import type { RuleDocument } from '../engine/rule/document.ts';
import { type EventTarget, eventRules } from './event-rules.ts';

/** CloudFormation's short forms, as the JSON they stand for; YAML knows only their tags. */
const intrinsic = (name: string, key: string, split = false) => {
  const scalar: ScalarTag = { tag: `!${name}`, resolve: (text) => ({ [key]: split ? text.split('.') : text }) };
  return scalar;
};
const listIntrinsic = (name: string) => ({
  tag: `!${name}`,
  collection: 'seq' as const,
  resolve: (sequence: { toJSON: () => unknown }) => ({ [`Fn::${name}`]: sequence.toJSON() }),
});

/** Reads a CloudFormation template written in YAML. */
const readTemplate = (file: string): JsonObject => {
  const customTags = [
    intrinsic('Ref', 'Ref'),
    intrinsic('Sub', 'Fn::Sub'),
    intrinsic('GetAtt', 'Fn::GetAtt', true),
    ...['If', 'Not', 'Equals'].map(listIntrinsic),
  ];
  const template: unknown = JSON.parse(JSON.stringify(parse(readFileSync(file, 'utf8'), { customTags })));
  if (!isJsonObject(template)) throw new Error(`${file}: expected a CloudFormation template`);
  return template;
};

const TO_SECURITY_ACCOUNT: EventTarget = {
  Id: 'security-account',
  Arn: { Ref: 'BusArn' },
  RoleArn: { 'Fn::GetAtt': ['ForwarderRole', 'Arn'] },
};

/** The template for member accounts and other Regions: deploy/forwarder.yml with the rules of the rule set. */
export const forwarderTemplate = (file: string, documents: readonly RuleDocument[]): object => {
  const template = readTemplate(file);
  const rules = Object.fromEntries(eventRules(documents, TO_SECURITY_ACCOUNT));
  return { ...template, Resources: { ...Object(template['Resources']), ...rules } };
};
