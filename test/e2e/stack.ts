import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Emulator } from './emulator.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs the framework as a user does. Output goes to the caller when it fails. */
export const serverless = (env: Emulator['env'], ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/serverless/bin/serverless.js'), ...args],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env, SLS_TELEMETRY_DISABLED: '1' }, maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`serverless ${args[0]} failed (${status}):\n${stdout}\n${stderr}`);
  return stdout + stderr;
};

/** A call of a JSON API of the emulator that no client in the repository speaks. */
export const call = async (emulator: Emulator, service: string, target: string, body: object): Promise<unknown> => {
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
};

const lambda = async (emulator: Emulator, method: string, path: string, body?: object): Promise<unknown> => {
  const response = await fetch(`${emulator.url}/2015-03-31/${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

/** The environment CloudFormation gave a function, and its handler. */
export const configurationOf = async (
  emulator: Emulator,
  name: string,
): Promise<{ readonly handler: string; readonly variables: { readonly [name: string]: string } }> => {
  const { Handler, Environment } = Object(await lambda(emulator, 'GET', `functions/${name}/configuration`));
  return { handler: Handler, variables: Environment.Variables };
};

/**
 * Turns the stack's event source mappings off: moto would take the messages for containers that nobody started.
 *
 * @returns the queues that were mapped, by ARN
 */
export const disableMappings = async (emulator: Emulator): Promise<readonly string[]> => {
  const { EventSourceMappings } = Object(await lambda(emulator, 'GET', 'event-source-mappings/'));
  const queues: string[] = [];
  for (const { UUID, EventSourceArn } of EventSourceMappings) {
    await lambda(emulator, 'PUT', `event-source-mappings/${UUID}`, { Enabled: false });
    queues.push(EventSourceArn);
  }
  return queues;
};
