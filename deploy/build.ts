import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Lists } from '../engine/rule/rule.ts';
import { readCompiledRules } from './compiled-rules.ts';
import { eventRuleResources } from './event-rules.ts';
import { forwarderTemplate } from './forwarder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where the rules of this build come from; the defaults are the repository's own. */
export interface BuildOptions {
  readonly rules?: readonly string[];
  /** YAML file of list name → strings. It need not exist: rules that need a missing list are reported as not armed. */
  readonly lists?: string;
  /** Lists that hold unless the file has them: the stack's own parameters. */
  readonly knownLists?: Lists;
}

export interface BuiltFunction {
  readonly name: string;
  /** Bytes of index.mjs. */
  readonly bytes: number;
  /** Files whose code is in the bundle, relative to the repository. */
  readonly inputs: readonly string[];
}

export interface BuildReport {
  readonly functions: readonly BuiltFunction[];
  readonly rules: number;
  /** Titles of rules that a missing list keeps from being evaluated, with the lists' names. */
  readonly unarmed: readonly string[];
  readonly warnings: readonly string[];
}

const bundle = async (entry: string, outDir: string, rules: string): Promise<BuiltFunction> => {
  const name = basename(entry, '.ts');
  const outfile = join(outDir, name, 'index.mjs');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Packages that ship both forms are smaller and load faster as ES modules.
    mainFields: ['module', 'main'],
    // Some CommonJS inside still calls require() of Node's own modules, which ESM does not have.
    banner: {
      js: "import{createRequire as createRequireOfNode}from'node:module';const require=createRequireOfNode(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  );
  // Functions that evaluate no rule carry none.
  if (inputs.includes('aws/rule-file.ts')) writeFileSync(join(outDir, name, 'rules.json'), rules);
  return { name, bytes: statSync(outfile).size, inputs };
};

/**
 * Builds every function into `outDir/<name>/`: index.mjs (the AWS SDK bundled, so that it is pinned and loads faster)
 * with rules.json beside it where it evaluates rules; the EventBridge rules of the rule set as
 * `outDir/event-rules.json`, and the template of member accounts as `outDir/forwarder.json`.
 *
 * @throws BrokenRulesError when a rule or list cannot be used; esbuild's BuildFailure when the code cannot be bundled
 */
export const buildFunctions = async (outDir: string, options: BuildOptions = {}): Promise<BuildReport> => {
  const { rules, ruleSet, warnings } = readCompiledRules(
    ROOT,
    (options.rules ?? ['rules']).map((path) => resolve(ROOT, path)),
    { file: resolve(ROOT, options.lists ?? 'lists.yml'), known: options.knownLists ?? {} },
  );
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, 'event-rules.json'), JSON.stringify(eventRuleResources(rules.documents), null, 2));
  const forwarder = forwarderTemplate(join(ROOT, 'deploy/forwarder.yml'), rules.documents);
  writeFileSync(join(outDir, 'forwarder.json'), JSON.stringify(forwarder));
  const json = JSON.stringify(rules);
  const entries = readdirSync(join(ROOT, 'functions'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, 'functions', name));
  return {
    functions: await Promise.all(entries.map((entry) => bundle(entry, outDir, json))),
    rules: ruleSet.rules.length,
    unarmed: ruleSet.unarmed.map(({ rule, missingLists }) => `${rule.title} (${missingLists.join(', ')})`),
    warnings,
  };
};

const splitPaths = (text: string | undefined): readonly string[] | undefined =>
  text?.split(',').map((path) => path.trim());

/** The log bucket and the trail's key, as the deployment's parameters name them: rules that watch them need no list. */
const listsOfTrail = ({ bucket, keyArn }: { readonly bucket?: string; readonly keyArn?: string }): Lists => ({
  ...(bucket === undefined || bucket === '' ? {} : { trail_buckets: [bucket] }),
  ...(keyArn === undefined || keyArn === '' ? {} : { trail_kms_keys: [keyArn] }),
});

const optionsFrom = (env: { readonly [name: string]: string | undefined }): BuildOptions => {
  const { TRAILWARDEN_BUILD_RULES: rules, TRAILWARDEN_BUILD_LISTS: lists } = env;
  const { TRAILWARDEN_BUILD_LOG_BUCKET: bucket, TRAILWARDEN_BUILD_TRAIL_KEY: keyArn } = env;
  const paths = splitPaths(rules);
  return {
    ...(paths === undefined ? {} : { rules: paths }),
    ...(lists === undefined ? {} : { lists }),
    knownLists: listsOfTrail({
      ...(bucket === undefined ? {} : { bucket }),
      ...(keyArn === undefined ? {} : { keyArn }),
    }),
  };
};

const main = async (): Promise<number> => {
  try {
    const report = await buildFunctions(join(ROOT, 'dist'), optionsFrom(process.env));
    for (const warning of report.warnings) process.stderr.write(`${warning}\n`);
    for (const rule of report.unarmed) process.stderr.write(`not armed, list missing: ${rule}\n`);
    for (const { name, bytes } of report.functions) process.stdout.write(`${name}: ${Math.round(bytes / 1000)} kB\n`);
    process.stdout.write(`${report.rules} rules in ${report.functions.length} functions\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
