import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../aws/settings.ts';
import { publishWorld } from '../../aws/world.ts';
import { readRuleDocuments } from '../scan/rule-files.ts';
import { startCloudTrailStub } from './cloudtrail-stub.ts';
import { type EmbeddedAws, startEmbeddedAws } from './embedded-aws.ts';
import { enterEnvironment, functionEnvironment } from './environment.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { type PipelineOptions, type ReceivedFinding, startPipeline } from './pipeline.ts';
import type { Act, Planted } from './story.ts';
import type { Trail } from './trail/trail.ts';

/** What is played: acts in order, and what of it the outcome asks about. */
export interface Scenario {
  readonly bucket: string;
  readonly acts: readonly Act[];
  readonly planted: readonly Planted[];
  /** Asked when all is delivered: someone's own files get their keys on the way. */
  readonly logKeys: () => readonly string[];
  readonly digestKeys: readonly string[];
  /** Of each log file a delivered digest lists, the SHA-256 that CloudTrail signed. */
  readonly signed: ReadonlyMap<string, string>;
  /** Whose keys sign the digests; absent where there are none. */
  readonly trail?: Pick<Trail, 'organization' | 'publicKeys'>;
}

/** Who hears what happens while it happens. */
export interface Listener {
  readonly onAct: (act: Act) => void;
  readonly onFinding: (finding: ReceivedFinding) => void;
  readonly onFault: PipelineOptions['onFault'];
}

/** Long: a file of 50 MB is under way for seconds, and a failed message is given back early anyway. */
const VISIBILITY_SECONDS = 120;
const MAX_RECEIVES = 5;

/** The functions as they are deployed: they read their settings and rules from the environment when they load. */
const loadHandlers = async (): Promise<PipelineOptions['handlers']> => {
  const [deliveries, digests] = await Promise.all([
    import('../../functions/on-delivery.ts'),
    import('../../functions/on-digest.ts'),
  ]);
  return { deliveries: deliveries.handler, digests: digests.handler };
};

/** Runs `work` with a rules.json as the build writes it; it is read by then and removed again, on Ctrl-C too. */
const withRulesFile = async <T>(bucket: string, work: (file: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'trailwarden-local-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const file = join(folder, 'rules.json');
    writeFileSync(file, JSON.stringify({ documents: readRuleDocuments([]), lists: { trail_buckets: [bucket] } }));
    return await work(file);
  } finally {
    remove();
    process.off('exit', remove);
  }
};

const playActs = async (
  aws: EmbeddedAws,
  scenario: Scenario,
  handlers: PipelineOptions['handlers'],
  listener: Listener,
): Promise<Outcome> => {
  const findings: ReceivedFinding[] = [];
  const started = performance.now();
  const onFinding = (finding: ReceivedFinding): void => {
    findings.push(finding);
    listener.onFinding(finding);
  };
  const pipeline = startPipeline(aws, { handlers, onFinding, onFault: listener.onFault });
  try {
    for (const act of scenario.acts) {
      listener.onAct(act);
      await pipeline.play(act);
    }
    const { ledger } = publishWorld(readSettings(process.env));
    return await readOutcome({
      ...scenario,
      logKeys: scenario.logKeys(),
      aws,
      ledger,
      findings,
      seconds: (performance.now() - started) / 1000,
    });
  } finally {
    await pipeline.stop();
  }
};

/**
 * Plays a scenario through the deployed pipeline on this machine: the real functions, fed by embedded queues, reading an
 * embedded bucket, writing an embedded table and publishing to an embedded topic. Once per process: the functions keep
 * the surroundings they were loaded in.
 */
export const playScenario = async (
  scenario: Scenario,
  listener: Listener,
  { verbose = false }: { readonly verbose?: boolean } = {},
): Promise<Outcome> => {
  const { bucket, trail } = scenario;
  const aws = await startEmbeddedAws({ bucket, visibilitySeconds: VISIBILITY_SECONDS, maxReceives: MAX_RECEIVES });
  const cloudTrail = trail === undefined ? undefined : await startCloudTrailStub(trail);
  let leave = (): void => undefined;
  try {
    const handlers = await withRulesFile(bucket, (rulesFile) => {
      leave = enterEnvironment(
        functionEnvironment(aws, {
          rulesFile,
          verbose,
          ...(cloudTrail === undefined ? {} : { cloudTrailUrl: cloudTrail.url }),
          ...(trail === undefined
            ? {}
            : { organizationId: trail.organization.id, trailArn: trail.organization.trail.arn }),
        }),
      );
      return loadHandlers();
    });
    return await playActs(aws, scenario, handlers, listener);
  } finally {
    leave();
    await Promise.all([aws.stop(), cloudTrail?.stop()]);
  }
};
