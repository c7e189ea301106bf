import { isJsonObject, type Json, type JsonObject } from '../record/json.ts';

/** What stands where a secret stood. */
const REDACTED = '***';

const SECRET =
  /passwd|password|passphrase|\bpass\b|pwd|secret|token|credential|private.?key|authorization|userdata|api.?key/i;
/** Keys that name a secret, date it or count it instead of holding it. Without `secretArn` no one knows what was read. */
const NAMES_ONE =
  /(?:id|ids|arn|arns|name|names|type|types|status|state|date|time|age|length|count|version|versionid|stages|expiration|expires|issuedto|fromconsole|policy|report|lastused|enabled|required|allowed|index)$|:|^no/i;
const HARMLESS = new Set(['', 'true', 'false', 'HIDDEN_DUE_TO_SECURITY_REASONS', '<sensitiveDataRemoved>']);

/** True when a string under this key is taken for a secret. */
export const isSecretKey = (key: string): boolean =>
  key.length <= 200 && SECRET.test(key) && (!NAMES_ONE.test(key) || /^(?:api|private).?keys?$/i.test(key));

const LIMITS = { depth: 24, elements: 100, keys: 200, text: 8_192, total: 96_000, nested: 3 } as const;
/** Names of the two halves of `{ name: 'DB_PASSWORD', value: '…' }` (ECS environments, CloudFormation parameters). */
const PAIRS = [
  ['name', 'value'],
  ['key', 'value'],
  ['parameterKey', 'parameterValue'],
  ['parameterName', 'parameterValue'],
] as const;

interface Walk {
  /** Characters still allowed. */
  left: number;
  cut: boolean;
}

/** A PEM private key, or a URL that carries its own authority, wherever it stands. */
const redactText = (text: string): string => {
  if (text.includes('PRIVATE KEY-----')) return REDACTED;
  if (!/x-amz-(?:signature|security-token)=/i.test(text)) return text;
  return text.replace(/(x-amz-(?:signature|security-token)=)[^&\s"]*/gi, `$1${REDACTED}`);
};

const clipText = (walk: Walk, text: string): string => {
  const room = Math.max(Math.min(LIMITS.text, walk.left), 0);
  walk.left -= Math.min(text.length, room) + 2;
  if (text.length <= room) return text.toWellFormed();
  walk.cut = true;
  return `${text.slice(0, room).toWellFormed()}… (${text.length} characters)`;
};

const parseNested = (text: string): Json | undefined => {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Strings that are themselves JSON (policies, state machine inputs) are redacted inside, and left alone otherwise. */
const redactString = (walk: Walk, text: string, depth: number, nested: number): string => {
  const inside = nested < LIMITS.nested && text.length <= LIMITS.total ? parseNested(text) : undefined;
  if (inside === undefined) return clipText(walk, redactText(text));
  const inner: Walk = { left: LIMITS.total, cut: false };
  const clean = JSON.stringify(redactValue(inner, inside, { secret: false, depth, nested: nested + 1 }));
  return clipText(walk, redactText(inner.cut || clean !== JSON.stringify(inside) ? clean : text));
};

interface At {
  /** Under a key that holds secrets. */
  readonly secret: boolean;
  readonly depth: number;
  readonly nested: number;
}

const redactValue = (walk: Walk, value: Json, at: At): Json => {
  if (typeof value === 'string')
    return at.secret && !HARMLESS.has(value) ? REDACTED : redactString(walk, value, at.depth, at.nested);
  if (typeof value !== 'object' || value === null) return value;
  if (at.depth >= LIMITS.depth || walk.left <= 0) {
    walk.cut = true;
    return '…';
  }
  const below = { ...at, depth: at.depth + 1 };
  if (!isJsonObject(value)) return redactArray(walk, value, below);
  return redactObject(walk, value, below);
};

const redactArray = (walk: Walk, values: readonly Json[], at: At): Json => {
  if (values.length > LIMITS.elements) walk.cut = true;
  return values.slice(0, LIMITS.elements).map((element) => redactValue(walk, element, at));
};

/** Key whose value is secret because a sibling says so. */
const pairedSecret = (value: JsonObject): string | undefined =>
  PAIRS.find(([name, held]) => {
    const named = Object.hasOwn(value, name) ? value[name] : undefined;
    return typeof named === 'string' && isSecretKey(named) && Object.hasOwn(value, held);
  })?.[1];

const redactObject = (walk: Walk, value: JsonObject, at: At): JsonObject => {
  const keys = Object.keys(value);
  if (keys.length > LIMITS.keys) walk.cut = true;
  const paired = pairedSecret(value);
  // fromEntries makes own properties of every name, `__proto__` included.
  return Object.fromEntries(
    keys.slice(0, LIMITS.keys).map((key) => {
      walk.left -= key.length + 4;
      const secret = key === paired || (at.secret ? !NAMES_ONE.test(key) : isSecretKey(key));
      return [clipText({ left: 256, cut: false }, key), redactValue(walk, value[key] ?? null, { ...at, secret })];
    }),
  );
};

const without = (value: Json | undefined, key: string): Json | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key)
    ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    : value;

/** A sign-in's return address carries state and codes in its query. */
const withoutQuery = (value: Json | undefined): Json | undefined => {
  if (!isJsonObject(value) || typeof value['LoginTo'] !== 'string') return value;
  return { ...value, LoginTo: value['LoginTo'].split('?', 1)[0] ?? '' };
};

/**
 * A copy of a record that may be published: strings under keys that hold secrets are `***` (also inside strings that
 * are JSON, and in name/value pairs), issued credentials are dropped, every size is bounded. Access key ids stay: they
 * are names, and the first thing an investigation asks for.
 *
 * @returns the copy, and whether anything was cut for its size
 */
export const redactRecord = (record: JsonObject): { readonly record: JsonObject; readonly truncated: boolean } => {
  const walk: Walk = { left: LIMITS.total, cut: false };
  const prepared = Object.entries(record).map(([key, value]): [string, Json] => {
    if (key === 'responseElements') return [key, without(value, 'credentials') ?? null];
    return [key, (key === 'additionalEventData' ? withoutQuery(value) : value) ?? null];
  });
  const clean = redactObject(walk, Object.fromEntries(prepared), { secret: false, depth: 0, nested: 0 });
  return { record: clean, truncated: walk.cut };
};

/**
 * Text of a field as evidence may show it: `***` when any key of its path holds secrets.
 *
 * @param path dotted, array indices included: `requestParameters.environment[0].value`
 */
export const redactEvidence = (path: string, text: string): string =>
  path.split(/[.[\]]/).some(isSecretKey) || /(?:^|\.)responseElements\.credentials\b/.test(path)
    ? REDACTED
    : redactString({ left: LIMITS.text, cut: false }, text, 0, 0);
