import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { findingMessage } from '../engine/finding/message.ts';
import type { Publish } from '../engine/ports.ts';

/**
 * Publishes findings to an SNS topic: one String message each, since SNS drops attributes from JSON-structured ones
 * (SNS guide, "Message attributes"). A message that was not accepted throws the SDK's error.
 */
export const topicPublisher =
  (client: SNSClient, topicArn: string, options: { readonly ocsf: boolean }): Publish =>
  async (finding) => {
    const { subject, body, attributes } = findingMessage(finding, options);
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, StringValue: value }]),
    );
    await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body, MessageAttributes }));
  };
