import { isJsonObject, type Json } from '../../engine/record/json.ts';
import { textAt } from '../../engine/record/record.ts';
import type { EmbeddedAws } from './embedded-aws.ts';
import { type EventSource, type QueueHandler, startEventSource, untilEmpty } from './event-source.ts';
import type { Act, Step } from './story.ts';

/** A finding as a subscriber of the topic gets it. Every field is read, none assumed: it came over the wire. */
export type ReceivedFinding = { readonly [field: string]: Json };

/** The deployed functions, running on embedded queues. */
export interface Pipeline {
  /** Stores and announces objects, then waits until everything they caused is done. */
  readonly play: (act: Act) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface PipelineOptions {
  readonly handlers: { readonly deliveries: QueueHandler; readonly digests: QueueHandler };
  readonly onFinding: (finding: ReceivedFinding) => void;
  /** A handler threw: a defect of ours, not of the data. */
  readonly onFault: (queue: string, error: unknown) => void;
}

const UPLOADS_AT_ONCE = 8;
/** Deployed, a failed message waits for its visibility timeout; here someone is watching. */
const RETRY_SECONDS = 0;

/** The native finding inside the SNS envelope of a queue message. */
const findingIn = (body: string): ReceivedFinding | undefined => {
  const envelope: Json = JSON.parse(body);
  const message: Json = JSON.parse(textAt(envelope, 'Message') ?? 'null');
  const finding = isJsonObject(message) ? message['finding'] : undefined;
  return isJsonObject(finding) ? finding : undefined;
};

const doStep = async (aws: EmbeddedAws, { key, bytes, metadata = {}, notify, deleted }: Step): Promise<void> => {
  await aws.putObject(key, bytes, { metadata, notify, ...(deleted && { deleted }) });
};

async function* each(steps: Act['steps']): AsyncGenerator<Step> {
  yield* steps;
}

const doSteps = async (aws: EmbeddedAws, steps: Act['steps']): Promise<void> => {
  const left = each(steps);
  const lane = async (): Promise<void> => {
    // Not for-await: its early end would close the generator for the other lanes.
    for (let next = await left.next(); next.done !== true; next = await left.next()) await doStep(aws, next.value);
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
};

/** Starts the functions on the deliveries and digests queues, and a reader on the topic's subscription. */
export const startPipeline = (aws: EmbeddedAws, { handlers, onFinding, onFault }: PipelineOptions): Pipeline => {
  const { clients, queues } = aws;
  const options = {
    retrySeconds: RETRY_SECONDS,
    onFault: ({ name }: { readonly name: string }, error: unknown) => onFault(name, error),
  };
  const readFindings: QueueHandler = async ({ Records }) => {
    for (const { body } of Records) {
      const finding = findingIn(body);
      if (finding !== undefined) onFinding(finding);
    }
  };
  const sources: readonly EventSource[] = [
    startEventSource(clients, queues.deliveries, handlers.deliveries, options),
    startEventSource(clients, queues.digests, handlers.digests, options),
    startEventSource(clients, queues.findings, readFindings, options),
  ];
  return {
    play: async ({ steps }) => {
      await doSteps(aws, steps);
      await untilEmpty(
        clients,
        sources.map(({ queue }) => queue),
      );
    },
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
};
