import { type Command, InvalidArgumentError, Option } from 'commander';
import { LEVELS } from '../engine/rule/rule.ts';
import { FORMATS } from './scan/formats.ts';

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 64) return value;
  throw new InvalidArgumentError('expected a whole number from 1 to 64.');
};

/** Sets the exit code of the command that ran; commander's actions give none. */
export type Finish = (code: number) => void;

const level = (flags: string, description: string): Option => new Option(flags, description).choices(LEVELS);

const addScan = (program: Command, finish: Finish): void => {
  program
    .command('scan')
    .summary('evaluate rules on log files, folders, S3 prefixes or standard input')
    .description(
      'Evaluates rules on CloudTrail records. Reads log files as CloudTrail stores them, and records in any envelope:\n' +
        '{"Records": […]}, an array, one record, NDJSON, EventBridge events, LookupEvents output, CloudWatch Logs exports.\n' +
        'Gzip is recognised by content. Folders are read recursively (.json, .ndjson, .jsonl, each also .gz, and\n' +
        '000000.gz as CloudWatch Logs exports are called).',
    )
    .argument('[path...]', 'file, folder, s3://bucket/prefix, or - for standard input')
    .option('-r, --rules <path...>', 'rule files or folders (default: the rules that come with trailwarden)')
    .option('--lists <file>', "YAML file of the lists rules need: name → values of |expand: '%name%'")
    .addOption(level('--min-level <level>', 'evaluate only rules of this level or above'))
    .addOption(
      new Option('-f, --format <format>', 'what to write to standard output').choices(FORMATS).default('table'),
    )
    .option('--report <file.html>', 'also write a report for a browser: one file, works offline')
    .addOption(level('--fail-on <level>', 'exit with 1 if there is a finding of this level or above'))
    .option('--since <time>', 'only events from then on: 2026-11-01T08:00:00Z, 2026-11-01, or 24h, 7d ago')
    .option('--until <time>', 'only events before then')
    .option('--any-logsource', 'evaluate rules of every log source, not only CloudTrail')
    .option('--stats', 'say on standard error what was read, how much and how fast')
    .addOption(new Option('-j, --jobs <n>', 'threads (default: by the amount of input)').argParser(wholeNumber))
    .addHelpText(
      'after',
      `
Examples:
  trailwarden scan AWSLogs/                              everything under a folder
  trailwarden scan s3://my-trail-bucket/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/
  aws cloudtrail lookup-events | trailwarden scan -
  trailwarden scan logs --rules my-rules --min-level high --format ndjson | jq .summary
  trailwarden scan logs --since 7d --report week.html --fail-on critical

Exit codes: 0 done · 1 findings at or above --fail-on · 2 wrong usage or a rule that does not load ·
3 some input could not be read (named on standard error; everything else was scanned). Where both 1 and 3 hold, 1.`,
    )
    .action(async (paths, options) => finish(await (await import('./scan.ts')).run(paths, options)));
};

const addLocal = (program: Command, finish: Finish): void => {
  program
    .command('local')
    .summary('run the deployed pipeline on this machine, on an invented trail or on your log files')
    .description(
      'Runs the deployed functions on S3, SNS, SQS and DynamoDB inside this process and shows each finding as a subscriber\n' +
        'of the topic gets it. Without a folder: two hours of an invented organization with an intruder who tampers with the\n' +
        'trail, digests included. With one: your own log files, in any shape scan reads.',
    )
    .argument('[dir]', 'folder or file of log files')
    .option('--seed <text>', 'another seed invents another organization')
    .option('--verbose', "also show the functions' own log lines")
    .addHelpText(
      'after',
      '\nExit codes: 0 done · 1 something done to the invented trail was not found · 2 wrong usage · 3 some input could not be read',
    )
    .action(async (dir, options) => finish(await (await import('./local.ts')).run(dir, options)));
};

const addRules = (program: Command, finish: Finish): void => {
  const rules = program
    .command('rules')
    .summary('check, test, list, explain and start rules')
    .description('Works on Sigma rules: those under the paths given, or those that come with trailwarden.');
  const module = async () => await import('./rules.ts');
  const command = (name: string, description: string): Command =>
    rules
      .command(`${name} [path...]`)
      .description(description)
      .option('--lists <file>', "YAML file of the lists rules need: name → values of |expand: '%name%'")
      .addOption(new Option('-f, --format <format>', 'what to write').choices(['table', 'json']).default('table'));
  command('check', 'everything wrong with the rules, and what to write instead; exit 1 if any is in error')
    .option('-a, --all', 'also show notes')
    .action(async (paths, options) => finish(await (await module()).check(paths, options)));
  command('test', 'run the tests inside the rules; exit 1 if any fails').action(async (paths, options) =>
    finish(await (await module()).test(paths, options)),
  );
  command('list', 'level, state, title and file of every rule').action(async (paths, options) =>
    finish(await (await module()).list(paths, options)),
  );
  command('coverage', 'rules by ATT&CK tactic and technique, and by CIS control').action(async (paths, options) =>
    finish(await (await module()).coverage(paths, options)),
  );
  rules
    .command('new <name>')
    .description('write a scaffold of a rule, e.g. aws_iam_user_created; its tests fail until it is one')
    .option('-d, --dir <folder>', 'where to write it (default: the rules that come with trailwarden)')
    .action(async (name, options) => finish(await (await module()).create(name, options)));
  rules
    .command('explain <rule>')
    .description('show why a rule matches a record, or which condition failed on which value')
    .requiredOption('-e, --event <file>', 'a record, or any file scan reads; - for standard input')
    .option('-r, --rules <path...>', 'where to look for the rule when <rule> is an id, title or file name')
    .option('--lists <file>', "YAML file of the lists rules need: name → values of |expand: '%name%'")
    .addOption(new Option('-f, --format <format>', 'what to write').choices(['table', 'json']).default('table'))
    .action(async (rule, options) => finish(await (await module()).explainRule(rule, options)));
};

const addVerify = (program: Command, finish: Finish): void => {
  program
    .command('verify')
    .summary("prove logs whole with CloudTrail's signed digests")
    .description(
      'Validates digests and the log files they list over a range of time, as the functions do on arrival:\n' +
        'signatures, hashes, the chain from digest to digest, files that are missing, altered or listed nowhere.',
    )
    .option('--trail-arn <arn>', 'the trail; its bucket, prefix and organization are asked of CloudTrail')
    .option('--bucket <name>', 'the bucket, instead of a trail (a deleted trail, a bucket of another account)')
    .option('--prefix <prefix>', 'what stands before AWSLogs/ in the bucket')
    .option('--org <id>', 'organization id (o-…) of an organization trail')
    .option('--account <id...>', 'only these accounts')
    .option('--region <region...>', 'only these Regions')
    .option('--start <time>', 'from then on: 2026-11-01T00:00:00Z or 2026-11-01')
    .option('--since <duration>', 'instead of --start: 24h, 7d ago')
    .option('--end <time>', 'until then (default: now)')
    .option('--dir <folder>', 'a local copy of the bucket, instead of S3')
    .option('--keys <file>', 'with --dir: public keys, as aws cloudtrail list-public-keys prints them')
    .option('--no-unlisted', 'do not look for log files that no digest lists')
    .addOption(
      new Option('-f, --format <format>', 'what to print').choices(['table', 'json', 'ndjson']).default('table'),
    )
    .option('-j, --jobs <n>', 'objects read at the same time')
    .addOption(new Option('--concurrency <n>', 'the same as --jobs').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  trailwarden verify --trail-arn arn:aws:cloudtrail:eu-west-1:111122223333:trail/main --since 24h
  trailwarden verify --dir copy-of-bucket --keys keys.json --start 2026-11-01 --end 2026-11-02

Exit codes: 0 all valid · 1 something is invalid or missing · 2 wrong usage or settings · 3 some objects unreadable`,
    )
    .action(async (options) => finish(await (await import('./verify.ts')).run(options)));
};

const stackOption = (): Option =>
  new Option('--stack <name>', 'CloudFormation stack of the deployment, in the account and Region of your credentials')
    .env('TRAILWARDEN_STACK')
    .default('trailwarden-prod');

const addDeployment = (program: Command, finish: Finish): void => {
  program
    .command('doctor')
    .summary('examine a deployment, its trail and its log bucket')
    .description('Asks what no event shows: does the trail log, is everything scanned, does anyone receive findings.')
    .addOption(stackOption())
    .addOption(new Option('-f, --format <format>', 'what to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExit codes: 0 no problem · 1 a problem · 2 wrong usage or no stack · 3 AWS refused a question',
    )
    .action(async (options) => finish(await (await import('./doctor.ts')).run(options)));
  program
    .command('test-finding')
    .summary('publish a test finding, to see who receives it')
    .addOption(stackOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 published · 1 published, but nobody is subscribed · 2 wrong usage or no stack',
    )
    .action(async (options) => finish(await (await import('./test-finding.ts')).run(options)));
  program
    .command('backfill')
    .summary('scan past log files with a deployment')
    .description(
      "Puts past log files on the deployment's queue. What the ledger knows is left out: run it again to go on after a stop.",
    )
    .argument('<prefix>', 's3://bucket/prefix in the bucket of the deployment')
    .requiredOption('--since <time>', 'files delivered from then on: 2026-11-01T08:00:00Z, 2026-11-01, or 24h, 7d ago')
    .option('--until <time>', 'files delivered before then (default: now)')
    .option('--dry-run', 'count the files and estimate the cost, and enqueue nothing')
    .option('--all', 'also files scanned before, e.g. after a change of rules')
    .addOption(stackOption())
    .action(async (prefix, options) => finish(await (await import('./backfill.ts')).run(prefix, options)));
};

/** Adds every command; each loads its module only when it runs. */
export const addCommands = (program: Command, finish: Finish): void => {
  addScan(program, finish);
  addVerify(program, finish);
  addRules(program, finish);
  addLocal(program, finish);
  addDeployment(program, finish);
};
