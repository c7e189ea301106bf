import type { ReceivedFinding } from './local/pipeline.ts';
import { type Screen, screen } from './local/screen.ts';
import type { Listener, Scenario } from './local/session.ts';
import { paint } from './terminal/colour.ts';

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

const DEMO = [
  'Trailwarden, the deployed pipeline on this machine',
  'S3, SNS, SQS and DynamoDB run inside this process; the functions are the ones that are deployed. An invented organization, one intruder.',
];

const demoScenario = async (seed: string): Promise<Scenario> => {
  const { demoStory } = await import('./local/story.ts');
  const { trail, acts, planted } = demoStory(Date.now(), seed);
  const keysOf = (kind: 'log' | 'digest'): readonly string[] =>
    trail.objects.filter((object) => object.kind === kind).map(({ key }) => key);
  const broken = planted.filter(({ kind }) => kind === 'broken-file').map(({ key }) => key);
  return {
    bucket: trail.organization.bucket,
    acts,
    planted,
    trail,
    logKeys: [...keysOf('log'), ...broken],
    digestKeys: keysOf('digest'),
  };
};

const listenerOf = (show: Screen): Listener => ({
  onAct: ({ title }) => print(show.act(title)),
  onFinding: (finding: ReceivedFinding) => print(show.finding(finding)),
  onFault: (queue, error) =>
    process.stderr.write(
      `a function failed on ${queue}: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
    ),
});

/**
 * `trailwarden local [DIR]`: the deployed pipeline on embedded S3, SNS, SQS and DynamoDB, on an invented trail.
 *
 * @returns exit code: 0 done, 1 something planted was not found
 */
export const run = async (dir: string | undefined, options: LocalOptions = {}): Promise<number> => {
  const show = screen(paint(process.stdout), process.stdout.columns ?? FALLBACK_COLUMNS);
  print(show.opening(DEMO));
  // Loaded after the first lines are on the screen: the AWS SDK and the emulators take most of a second.
  const { playScenario } = await import('./local/session.ts');
  const scenario = await demoScenario(options.seed ?? DEFAULT_SEED);
  const outcome = await playScenario(scenario, listenerOf(show), { verbose: options.verbose === true });
  print(show.summary(outcome));
  return outcome.planted.some(({ result }) => result === 'missed') ? 1 : 0;
};
