import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { readDocument } from './log-file.ts';
import { type CloudTrailRecord, own, textAt } from './record.ts';

/** What the values read so far hold; `readInput` adds to it. */
export interface InputContent {
  readonly records: CloudTrailRecord[];
  /** Why something that stood where a record belongs is none. */
  readonly malformed: string[];
  /** Digest documents: to be verified, not scanned. */
  digests: number;
  /** Aggregated records: counts of data events, no calls. */
  aggregated: number;
  /** JSON that is nothing of CloudTrail's. */
  foreign: number;
}

/** Nothing read yet. */
export const emptyInput = (): InputContent => ({ records: [], malformed: [], digests: 0, aggregated: 0, foreign: 0 });

/** Keys of top-level objects whose array holds records or their envelopes, for `recordStream`. */
export const CONTAINERS = ['Records', 'Events', 'logEvents', 'events'] as const;

/** Envelopes nest: a record in CloudWatch Logs in SNS in SQS. Deeper nesting is no one's. */
const MAX_NESTING = 6;

const SIGNS = ['eventName', 'eventSource', 'eventVersion', 'userIdentity', 'insightDetails', 'eventID'] as const;

/** A lone object is taken for a record when at least two of CloudTrail's own field names are in it. */
const isRecord = (value: JsonObject): boolean => {
  let signs = 0;
  for (const sign of SIGNS) if (Object.hasOwn(value, sign)) signs += 1;
  return signs >= 2;
};

/** Text some services carry a record in; undefined where the object is no such envelope. */
const enclosedText = (value: JsonObject): string | undefined => {
  const lookup = textAt(value, 'CloudTrailEvent');
  if (lookup !== undefined) return lookup;
  const texts = ['message', 'Message', 'body', 'Body'].map((name) => textAt(value, name));
  return texts.find((text) => text?.trimStart().startsWith('{'));
};

const enclosedArray = (value: JsonObject): readonly [name: string, elements: readonly Json[]] | undefined => {
  for (const name of CONTAINERS) {
    const held = own(value, name);
    if (Array.isArray(held)) return [name, held];
  }
  return undefined;
};

/** EventBridge: the record is `detail` (events user guide, "AWS service events delivered via CloudTrail"). */
const detailOf = (value: JsonObject): JsonObject | undefined => {
  const detail = own(value, 'detail');
  return Object.hasOwn(value, 'detail-type') && isJsonObject(detail) ? detail : undefined;
};

const readText = (content: InputContent, text: string, nesting: number): void => {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    content.malformed.push('the text that should hold a record is no JSON');
    return;
  }
  readInput(content, value, nesting + 1);
};

const readObject = (content: InputContent, value: JsonObject, nesting: number): void => {
  if (textAt(value, 'eventCategory') === 'Aggregated') content.aggregated += 1;
  else if (isRecord(value)) content.records.push(value);
  else {
    const [name, elements] = enclosedArray(value) ?? [];
    const inner = detailOf(value);
    const text = enclosedText(value);
    if (name !== undefined && elements !== undefined)
      for (const element of elements) readElement(content, name, element, nesting + 1);
    else if (inner !== undefined) readInput(content, inner, nesting + 1);
    else if (text !== undefined) readText(content, text, nesting);
    else if (readDocument(value)?.kind === 'digest') content.digests += 1;
    else content.foreign += 1;
  }
};

/**
 * Reads one element of a container array. In `Records` every object is a record, whatever its fields; anything but an
 * object or array is malformed everywhere.
 *
 * @param container name of the array, '' for one that is itself the document
 */
export const readElement = (content: InputContent, container: string, value: Json, nesting = 0): void => {
  if (typeof value !== 'object' || value === null) {
    content.malformed.push(`expected a JSON object, found ${value === null ? 'null' : `a ${typeof value}`}`);
    return;
  }
  const { foreign } = content;
  readInput(content, value, nesting);
  if (container !== 'Records' || content.foreign === foreign || !isJsonObject(value)) return;
  content.foreign = foreign;
  content.records.push(value);
};

/**
 * Adds what any JSON value holds: `{Records}`, an array, one record, an EventBridge envelope, the output of
 * LookupEvents, CloudWatch Logs events, SNS and SQS messages around any of them. Never throws.
 */
export const readInput = (content: InputContent, value: Json, nesting = 0): void => {
  if (nesting > MAX_NESTING) content.foreign += 1;
  else if (Array.isArray(value)) for (const element of value) readElement(content, '', element, nesting + 1);
  else if (isJsonObject(value)) readObject(content, value, nesting);
  else content.foreign += 1;
};
