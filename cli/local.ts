import { basename } from 'node:path/posix';
import type { Outcome } from './local/outcome.ts';
import { type NameOf, type Screen, screen } from './local/screen.ts';
import type { Listener, Scenario } from './local/session.ts';
import type { Unread } from './scan/sources.ts';
import { paint } from './terminal/colour.ts';
import { terminalText } from './terminal/text.ts';
import { plural } from './terminal/units.ts';
import { UsageError } from './usage-error.ts';

/** Options of `trailwarden local`. */
export interface LocalOptions {
  /** Lets the functions' own log lines through. */
  readonly verbose?: boolean;
  /** Another seed makes another demonstration. */
  readonly seed?: string;
}

const DEFAULT_SEED = 'trailwarden';
const FALLBACK_COLUMNS = 100;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const OPENING = 'Trailwarden: the deployed pipeline on this machine';
const SURROUNDINGS =
  'S3, SNS, SQS and DynamoDB run inside this process; the functions are those that are deployed. Findings are shown as a subscriber of the topic gets them.';

/** What is played, what to say before, and how its objects are called. */
interface Program {
  readonly intro: string;
  readonly scenario: Scenario;
  readonly nameOf: NameOf;
  readonly unread: readonly Unread[];
  readonly skipped: readonly Unread[];
}

const demonstration = async (seed: string): Promise<Program> => {
  const { demoScenario, demoStory } = await import('./local/story.ts');
  const story = demoStory(Date.now(), seed);
  const { accounts, regions } = story.trail.organization;
  return {
    intro: `An invented organization, ${accounts.length} accounts in ${regions.length} Regions, and one intruder.`,
    scenario: demoScenario(story),
    nameOf: (key) => basename(key),
    unread: [],
    skipped: [],
  };
};

const ownProgram = async (dir: string): Promise<Program> => {
  const { ownFiles } = await import('./local/own-files.ts');
  const { files, steps, paths, unread, skipped } = ownFiles(dir);
  return {
    intro: `${plural(files, 'file')} of ${terminalText(dir)}, delivered as CloudTrail delivers log files. Digests are not part of this: trailwarden verify checks them.`,
    scenario: {
      bucket: 'own-log-files',
      acts: [{ title: `Delivering ${plural(files, 'file')}`, steps }],
      planted: [],
      logKeys: () => [...paths.keys()],
      digestKeys: [],
      signed: new Map(),
    },
    nameOf: (key) => paths.get(key) ?? basename(key),
    unread,
    skipped,
  };
};

const listenerOf = (show: Screen): Listener => ({
  onAct: ({ title }) => print(show.act(title)),
  onFinding: (finding) => print(show.finding(finding)),
  onFault: (queue, error) =>
    process.stderr.write(
      `a function failed on ${queue}: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
    ),
});

/** `fauxqs` and `dynalite` are development dependencies: an installation without them has no `local`. */
const loadSession = async (): Promise<typeof import('./local/session.ts')> => {
  try {
    return await import('./local/session.ts');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      throw new UsageError(`local needs the development dependencies; run npm ci without --omit=dev`, { cause: error });
    throw error;
  }
};

/** One line per reason: a copy of a bucket holds hundreds of digests. */
const sayWhy = (how: string, files: readonly Unread[]): void => {
  for (const [reason, alike] of Map.groupBy(files, (file) => file.reason)) {
    const [first] = alike;
    const others = alike.length === 1 ? '' : ` and ${plural(alike.length - 1, 'other')}`;
    process.stderr.write(`${how}: ${terminalText(first?.place ?? '')}${others}: ${terminalText(reason)}\n`);
  }
};

const exitCode = (outcome: Outcome, unread: readonly Unread[]): number => {
  if (outcome.planted.some(({ result }) => result === 'missed')) return 1;
  const broken = outcome.planted.filter(({ planted }) => planted.kind === 'broken-file').length;
  return unread.length > 0 || outcome.dead > broken ? 3 : 0;
};

/**
 * `trailwarden local [DIR]`, which is what `npm start` runs: the deployed pipeline on embedded S3, SNS, SQS and
 * DynamoDB, on an invented trail or on the log files of a folder.
 *
 * @param dir folder (or file) of log files in any shape `scan` reads
 * @returns exit code: 0 done, 1 something planted was not found, 3 some input could not be read
 * @throws UsageError when there is nothing to read at `dir`
 */
export const run = async (dir: string | undefined, options: LocalOptions = {}): Promise<number> => {
  const columns = process.stdout.columns ?? FALLBACK_COLUMNS;
  const colours = paint(process.stdout);
  print(`${colours.bold(OPENING)}\n`);
  const program = dir === undefined ? await demonstration(options.seed ?? DEFAULT_SEED) : await ownProgram(dir);
  const show = screen(colours, columns, program.nameOf);
  print(show.text(`${program.intro} ${SURROUNDINGS}`));
  // Loaded after the first lines are on the screen: the AWS SDK and the emulators take most of a second.
  const { playScenario } = await loadSession();
  const outcome = await playScenario(program.scenario, listenerOf(show), { verbose: options.verbose === true });
  print(show.summary(outcome));
  sayWhy('skipped', program.skipped);
  sayWhy('not read', program.unread);
  return exitCode(outcome, program.unread);
};
