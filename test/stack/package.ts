import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly whole: JsonObject;
}

export interface PackagedStack {
  readonly template: JsonObject;
  readonly resources: readonly Resource[];
  readonly ofType: (type: string) => readonly Resource[];
  /** Bytes of a function's zip. */
  readonly zipOf: (name: string) => Buffer;
  readonly remove: () => void;
}

const objectAt = (value: Json | undefined, key: string): JsonObject => {
  const inner = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(inner) ? inner : {};
};

/** Runs `serverless package` as a user does, without network or credentials, and reads what it made. */
export const packageStack = (): PackagedStack => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-package-'));
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/serverless/bin/serverless.js'),
      'package',
      '--param',
      'logBucket=trail-logs',
      '--package',
      folder,
    ],
    { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder, SLS_TELEMETRY_DISABLED: '1' } },
  );
  if (status !== 0) throw new Error(`serverless package failed:\n${stderr}`);
  const parsed: unknown = JSON.parse(readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'));
  const template = isJsonObject(parsed) ? parsed : {};
  const resources = Object.keys(objectAt(template, 'Resources')).map((id) => {
    const whole = objectAt(objectAt(template, 'Resources'), id);
    return { id, type: String(whole['Type']), properties: objectAt(whole, 'Properties'), whole };
  });
  return {
    template,
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    zipOf: (name) => readFileSync(join(folder, `${name}.zip`)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
