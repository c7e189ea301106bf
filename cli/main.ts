import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LEVELS } from '../engine/rule/rule.ts';
import { FORMATS } from './scan/output.ts';
import { paint } from './terminal/colour.ts';
import { terminalText } from './terminal/text.ts';
import { UsageError } from './usage-error.ts';

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
};

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 64) return value;
  throw new InvalidArgumentError('expected a whole number from 1 to 64.');
};

/** Sets the exit code of the command that ran; commander's actions give none. */
type Finish = (code: number) => void;

const level = (flags: string, description: string): Option => new Option(flags, description).choices(LEVELS);

const addScan = (program: Command, finish: Finish): void => {
  program
    .command('scan')
    .summary('evaluate rules on log files, folders, S3 prefixes or standard input')
    .description(
      'Evaluates rules on CloudTrail records. Reads log files as CloudTrail stores them, and records in any envelope:\n' +
        '{"Records": […]}, an array, one record, NDJSON, EventBridge events, LookupEvents output, CloudWatch Logs exports.\n' +
        'Gzip is recognised by content. Folders are read recursively (.json, .ndjson, .jsonl, each also .gz).',
    )
    .argument('<path...>', 'file, folder, s3://bucket/prefix, or - for standard input')
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
3 some input could not be read (named on standard error; everything else was scanned)`,
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

const build = (finish: Finish): Command => {
  const program = new Command('trailwarden')
    .description('Watches AWS CloudTrail: evaluates Sigma rules on every record and proves the logs whole.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .showHelpAfterError('(run with --help for usage)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done · 1 findings or failures · 2 usage, rules, settings · 3 unreadable input',
    );
  addScan(program, finish);
  addRules(program, finish);
  addLocal(program, finish);
  return program;
};

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return terminalText(String(error));
  const lines = error instanceof UsageError ? error.message.split('\n') : [error.message];
  const cause =
    error.cause instanceof Error && !(error instanceof UsageError) ? [`  because: ${error.cause.message}`] : [];
  return [...lines, ...cause].map((line) => terminalText(line, 2000)).join('\n');
};

const failed = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${paint(process.stderr).red('error:')} ${explain(error)}\n`);
  if (process.env['TRAILWARDEN_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 2;
};

/** `… | head` closes the pipe early: that is no fault, and there is no one left to tell. */
const quietPipes = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
};

/** 130 is what a shell expects after Ctrl-C. A command with its own handler (it has things to stop) comes first. */
const stopOnInterrupt = (): void => {
  const stop = (): void => {
    if (process.listenerCount('SIGINT') > 1) return;
    if (process.stderr.isTTY) process.stderr.write('\u001b[?25h\n');
    process.exit(130);
  };
  process.on('SIGINT', stop);
};

/**
 * Runs the command line.
 *
 * @param args what stands behind the program's name
 * @returns exit code: 0 done, 1 findings or failures, 2 usage, rule or configuration error, 3 some input unreadable
 */
export const main = async (args: readonly string[]): Promise<number> => {
  quietPipes();
  stopOnInterrupt();
  let code = 0;
  const program = build((given) => {
    code = given;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return failed(error);
  }
};
