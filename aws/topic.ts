import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { findingMessage } from '../engine/finding/message.ts';
import type { Publish } from '../engine/ports.ts';

/** The topic did not take a finding. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
}

/**
 * Publishes findings to an SNS topic: one String message each, since SNS drops attributes from JSON-structured ones
 * (SNS guide, "Message attributes").
 *
 * @throws PublishError after the SDK's attempts
 */
export const topicPublisher =
  (client: SNSClient, topicArn: string, options: { readonly ocsf: boolean }): Publish =>
  async (finding) => {
    const { subject, body, attributes } = findingMessage(finding, options);
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, StringValue: value }]),
    );
    const input = { TopicArn: topicArn, Subject: subject, Message: body, MessageAttributes };
    try {
      await client.send(new PublishCommand(input));
    } catch (cause) {
      const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new PublishError(`${topicArn} did not take finding ${finding.id} (${why})`, { cause });
    }
  };
