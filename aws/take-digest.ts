import type { Chain } from '../engine/digest/chain.ts';
import type { Problem } from '../engine/digest/problem.ts';
import { requeuedProblem } from '../engine/finding/file-health.ts';
import { healthFinding } from '../engine/finding/health.ts';
import { integrityFinding } from '../engine/finding/integrity.ts';
import { type PublishWorld, publishFindings, UnsettledFindingsError } from '../engine/publish-findings.ts';
import { type ObjectLocation, showLocation } from '../engine/record/location.ts';
import { parseObjectKey } from '../engine/record/object-key.ts';
import { type DigestReport, type VerifyDigestPorts, verifyDigest } from '../engine/verify-digest.ts';
import { readEnvelope } from './envelopes.ts';
import type { Settings } from './settings.ts';
import { UnfinishedMessageError } from './take-message.ts';

export interface DigestWorld
  extends PublishWorld,
    Omit<VerifyDigestPorts, 'ledger' | 'announce' | 'announceLost' | 'clock'> {
  readonly settings: Pick<Settings, 'buckets' | 'trailArn' | 'organizationId'>;
}

/** Whether a chain is the configured trail's; where no trail is configured, every chain of the bucket is expected. */
export const acceptsChain = ({ trailArn, organizationId }: DigestWorld['settings']) => {
  const [, , , homeRegion, , resource = ''] = trailArn?.split(':') ?? [];
  const name = resource.replace(/^trail\//, '');
  return (chain: Chain): boolean =>
    (trailArn === undefined || (chain.trail === name && chain.homeRegion === homeRegion)) &&
    (organizationId === undefined || chain.organization === organizationId);
};

/** Publishes problems as findings, each once; throws when the fate of one is open, so that the digest is taken again. */
const announcer =
  (world: PublishWorld) =>
  async (problems: readonly Problem[]): Promise<void> => {
    const at = new Date(world.clock()).toISOString();
    const publish = publishFindings(world);
    const { unsettled } = await publish(problems.map((problem) => ({ finding: integrityFinding(problem, at) })));
    if (unsettled.length > 0) throw new UnsettledFindingsError('A digest', unsettled);
  };

/** Publishes that log files were never announced, once for a digest. */
const lossAnnouncer =
  (world: PublishWorld) =>
  async (digest: ObjectLocation, files: readonly ObjectLocation[]): Promise<void> => {
    const at = new Date(world.clock()).toISOString();
    const finding = healthFinding(requeuedProblem(digest, files), { via: 'delivered', object: digest }, at);
    const { unsettled } = await publishFindings(world)([{ finding }]);
    if (unsettled.length > 0) throw new UnsettledFindingsError('A digest', unsettled);
  };

/**
 * Queue message → digest files → verified chain and logs → integrity findings.
 *
 * @returns a report for each digest the message announces; what is no digest is left out
 * @throws UnfinishedMessageError when the message must be delivered again
 */
export const takeDigests = (world: DigestWorld): ((body: string) => Promise<readonly DigestReport[]>) => {
  const { settings } = world;
  const announcers = { announce: announcer(world), announceLost: lossAnnouncer(world) };
  const verify = verifyDigest({ ...world, ...announcers }, { accepts: acceptsChain(settings) });
  return async (body) => {
    const envelope = readEnvelope(body);
    if (envelope.kind === 'unknown') throw new UnfinishedMessageError([`unknown message: ${envelope.reason}`], []);
    const reports: DigestReport[] = [];
    for (const notice of envelope.notices) {
      if (notice.kind !== 'object' || parseObjectKey(notice.location.key).kind !== 'digest') continue;
      if (!settings.buckets.includes(notice.location.bucket))
        throw new UnfinishedMessageError([`${showLocation(notice.location)} is in none of the buckets to read`], []);
      reports.push(await verify(notice.location));
    }
    return reports;
  };
};
