import type { BucketPosture } from '../../aws/bucket-posture.ts';
import type { Answer } from './answer.ts';

const yesNo = (
  question: string,
  holds: boolean | undefined,
  otherwise: { readonly verdict: 'advice' | 'problem'; readonly todo: string },
): Answer => {
  if (holds === undefined)
    return {
      question,
      verdict: 'unknown',
      answer: 'not allowed to ask',
      todo: 'Ask with credentials of the bucket owner',
    };
  return holds ? { question, verdict: 'ok', answer: 'yes' } : { question, answer: 'no', ...otherwise };
};

/** What a log bucket's protection says, question by question. */
export const bucketAnswers = (bucket: string, posture: BucketPosture): readonly Answer[] => {
  const { notifiesEventBridge, notifies, encryption } = posture;
  const notified = notifies === undefined ? undefined : notifiesEventBridge === true || notifies.length > 0;
  return [
    yesNo('Does the bucket tell of new files?', notified, {
      verdict: 'advice',
      todo: `Turn EventBridge on for ${bucket}, unless the trail's own SNS topic is used (docs/deploy.md)`,
    }),
    yesNo('Are public access and public policies blocked?', posture.publicAccessBlocked, {
      verdict: 'problem',
      todo: `aws s3api put-public-access-block --bucket ${bucket} with all four settings true`,
    }),
    yesNo('Is the bucket versioned?', posture.versioning, {
      verdict: 'problem',
      todo: 'Turn versioning on: an overwritten log is otherwise gone, and can only be proven missing',
    }),
    yesNo('Is Object Lock on?', posture.objectLock, {
      verdict: 'advice',
      todo: 'Consider Object Lock in compliance mode: nobody can then delete logs before their time',
    }),
    yesNo('Does deleting versions ask for MFA?', posture.mfaDelete, {
      verdict: 'advice',
      todo: 'Consider MFA delete, where Object Lock is not used',
    }),
    yesNo('Are objects encrypted by default?', encryption === undefined ? undefined : encryption !== 'none', {
      verdict: 'advice',
      todo: 'Turn default encryption on',
    }),
  ];
};
