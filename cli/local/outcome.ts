import { lanes } from '../../engine/lanes.ts';
import type { FileItem, Ledger } from '../../engine/ledger/ledger.ts';
import type { Json } from '../../engine/record/json.ts';
import { own, textAt } from '../../engine/record/record.ts';
import type { EmbeddedAws } from './embedded-aws.ts';
import type { ReceivedFinding } from './pipeline.ts';
import type { Planted } from './story.ts';

/** What became of a planted thing. `missed` would be a defect of Trailwarden. */
export interface PlantedOutcome {
  readonly planted: Planted;
  readonly result: 'found' | 'missed';
  readonly finding?: ReceivedFinding;
}

/** What the ledger, the topic and the queues show when everything has been delivered. */
export interface Outcome {
  readonly logFiles: number;
  /** Of the delivered log files, those the ledger says were scanned. */
  readonly scanned: number;
  readonly records: number;
  readonly malformed: number;
  readonly digests: number;
  /** Of the delivered digests, those whose signature, chain and log files are in order. */
  readonly verified: number;
  /** Log files that delivered digests list. */
  readonly listed: number;
  /** Of those, the ones the ledger says were scanned with the content CloudTrail signed. */
  readonly asSigned: number;
  readonly findings: readonly ReceivedFinding[];
  readonly planted: readonly PlantedOutcome[];
  /** Messages given up on, in the dead-letter queues. */
  readonly dead: number;
  readonly seconds: number;
}

export interface OutcomeInput {
  readonly aws: EmbeddedAws;
  readonly ledger: Pick<Ledger, 'getFile'>;
  /** Keys that were put, whether their notification arrived or not. */
  readonly logKeys: readonly string[];
  readonly digestKeys: readonly string[];
  readonly signed: ReadonlyMap<string, string>;
  readonly planted: readonly Planted[];
  readonly findings: readonly ReceivedFinding[];
  readonly seconds: number;
}

const LEDGER_READS_AT_ONCE = 8;

const keyOf = (finding: ReceivedFinding): string => textAt(finding, 'seen', 'object', 'key') ?? '';

/** True when a finding is about the digest, or names it as the witness of something wrong. */
const blames = (finding: ReceivedFinding, key: string): boolean =>
  textAt(finding, 'kind') === 'integrity' &&
  (keyOf(finding) === key || (textAt(finding, 'details', 'digest') ?? '').endsWith(`/${key}`));

/** True when a finding is about the object, alone or among others. */
const names = (finding: ReceivedFinding, key: string): boolean => {
  const resources = own(finding, 'resources');
  const all: readonly Json[] = Array.isArray(resources) ? resources : [];
  return keyOf(finding) === key || all.some((one) => typeof one === 'string' && one.endsWith(`/${key}`));
};

const plantedOutcome = (
  planted: Planted,
  findings: readonly ReceivedFinding[],
  items: ReadonlyMap<string, FileItem>,
): PlantedOutcome => {
  const finding = findings.find(
    (received) => names(received, planted.key) && planted.codes.includes(textAt(received, 'code') ?? ''),
  );
  // A lost notification is not only told: the file has to be scanned after all.
  const healed = planted.kind !== 'lost-notification' || items.has(planted.key);
  return finding === undefined || !healed ? { planted, result: 'missed' } : { planted, result: 'found', finding };
};

/** Asks the ledger and the queues what became of everything that was delivered. */
export const readOutcome = async (input: OutcomeInput): Promise<Outcome> => {
  const { aws, ledger, logKeys, digestKeys, signed, planted, findings, seconds } = input;
  const inLane = lanes(LEDGER_READS_AT_ONCE);
  const items = new Map<string, FileItem>();
  const ask = async (key: string): Promise<void> => {
    const item = await inLane(() => ledger.getFile({ bucket: aws.bucket, key }));
    if (item !== undefined) items.set(key, item);
  };
  await Promise.all([...logKeys, ...digestKeys].map(ask));
  const dead = await Promise.all(
    [aws.queues.deliveriesDead, aws.queues.digestsDead].map(({ url }) => aws.clients.depth(url)),
  );
  const logs = logKeys.flatMap((key) => items.get(key) ?? []);
  return {
    logFiles: logKeys.length,
    scanned: logs.length,
    records: logs.reduce((sum, item) => sum + item.records, 0),
    malformed: logs.reduce((sum, item) => sum + item.malformed, 0),
    digests: digestKeys.length,
    verified: digestKeys.filter((key) => items.has(key) && !findings.some((finding) => blames(finding, key))).length,
    listed: signed.size,
    asSigned: [...signed].filter(([key, hash]) => items.get(key)?.sha256 === hash).length,
    findings,
    planted: planted.map((thing) => plantedOutcome(thing, findings, items)),
    dead: dead.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0),
    seconds,
  };
};
