import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCommands, type Finish } from './commands.ts';
import { paint } from './terminal/colour.ts';
import { terminalText } from './terminal/text.ts';
import { UsageError } from './usage-error.ts';

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
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
  addCommands(program, finish);
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
