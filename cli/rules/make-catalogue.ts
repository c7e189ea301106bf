import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isJsonObject, type Json } from '../../engine/record/json.ts';
import { own, textAt } from '../../engine/record/record.ts';

/**
 * Writes engine/rule/lint/catalogue.json: which calls each AWS service has, by the name CloudTrail logs. Run by hand when
 * AWS has added services:
 *
 *     node cli/rules/make-catalogue.ts FOLDER VERSION
 *
 * FOLDER is the `botocore/data` folder of the Python package botocore, VERSION its version.
 */

/** S3 logs some calls under older names (Amazon S3 user guide, "Amazon S3 CloudTrail events"). */
const S3_NAMES: { readonly [operation: string]: string } = {
  DeletePublicAccessBlock: 'DeleteBucketPublicAccessBlock',
  GetBucketLifecycleConfiguration: 'GetBucketLifecycle',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  ListObjectsV2: 'ListObjects',
  PutBucketLifecycleConfiguration: 'PutBucketLifecycle',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
};
const S3_CONTROL_NAMES: { readonly [operation: string]: string } = {
  DeletePublicAccessBlock: 'DeleteAccountPublicAccessBlock',
  GetPublicAccessBlock: 'GetAccountPublicAccessBlock',
  PutPublicAccessBlock: 'PutAccountPublicAccessBlock',
};
/** Lambda logs calls of its older APIs with the date of the API; the `v2` some have behind it is ignored by the lint. */
const LAMBDA_DATED_UNTIL = '2019-12-31';

const model = (folder: string): Json | undefined => {
  const versions = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const last = versions
    .map(({ name }) => name)
    .sort()
    .at(-1);
  if (last === undefined) return undefined;
  const file = readdirSync(join(folder, last)).find((name) => name.startsWith('service-2.json'));
  if (file === undefined) return undefined;
  const bytes = readFileSync(join(folder, last, file));
  const json: unknown = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  // JSON.parse returns a Json by definition.
  return isJsonObject(json) ? json : undefined;
};

const loggedNames = (service: string, key: string, operation: Json): readonly string[] => {
  const name = textAt(operation, 'name') ?? key;
  if (service === 's3') return [S3_NAMES[name] ?? name];
  if (service === 's3control') return [S3_CONTROL_NAMES[name] ?? S3_NAMES[name] ?? name];
  if (service !== 'lambda') return [name];
  const date = /^\/(\d{4}-\d{2}-\d{2})\//.exec(textAt(operation, 'http', 'requestUri') ?? '')?.[1] ?? '9999';
  const dated = `${name}${date.replaceAll('-', '')}`;
  return date <= LAMBDA_DATED_UNTIL ? [dated] : [name, dated];
};

/** The first labels a service may have in `eventSource`: its endpoint or its signing name. */
const sourcesOf = (service: Json): readonly string[] => {
  const prefix = textAt(service, 'metadata', 'endpointPrefix');
  const signing = textAt(service, 'metadata', 'signingName');
  return [...new Set([prefix, signing].filter((name) => name !== undefined))].filter((name) => !name.includes('.'));
};

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) {
  console.error('usage: node cli/rules/make-catalogue.ts FOLDER VERSION');
  process.exit(2);
}
const names = new Map<string, Set<string>>();
for (const service of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const read = model(join(folder, service.name));
  const operations = own(read, 'operations');
  if (read === undefined || !isJsonObject(operations)) continue;
  const logged = Object.entries(operations).flatMap(([key, operation]) => loggedNames(service.name, key, operation));
  for (const source of sourcesOf(read)) names.set(source, new Set([...(names.get(source) ?? []), ...logged]));
}

/** `Create A B|Delete A`: names that start with the same word share it, a third less to read. */
const pack = (calls: ReadonlySet<string>): string => {
  const byVerb = new Map<string, string[]>();
  for (const call of [...calls].sort()) {
    const verb = /^[A-Z]?[a-z]+/.exec(call)?.[0] ?? '';
    byVerb.set(verb, [...(byVerb.get(verb) ?? []), call.slice(verb.length)]);
  }
  return [...byVerb].map(([verb, rests]) => [verb, ...rests].join(' ')).join('|');
};

const services = Object.fromEntries(
  [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, calls]) => [source, pack(calls)]),
);
const target = resolve(import.meta.dirname, '../../engine/rule/lint/catalogue.json');
writeFileSync(target, `${JSON.stringify({ source: `botocore ${version}`, services }, null, 2)}\n`);
console.log(`${target}: ${names.size} services, ${[...names.values()].reduce((sum, set) => sum + set.size, 0)} calls`);
