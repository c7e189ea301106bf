import { findDeployment } from '../aws/deployment.ts';
import { operatorOf } from '../aws/operator.ts';
import { type Answer, asked } from './doctor/answer.ts';
import { bucketAnswers } from './doctor/bucket-answers.ts';
import { queueAnswers, stackAnswers, subscriberAnswers, trailAnswers } from './doctor/stack-answers.ts';
import { paint } from './terminal/colour.ts';
import { table } from './terminal/table.ts';
import { terminalText } from './terminal/text.ts';

export interface DoctorOptions {
  /** Name of the CloudFormation stack: `trailwarden-prod`. */
  readonly stack: string;
  readonly format: 'table' | 'json';
}

const SIGNS = { ok: 'ok', advice: 'advice', problem: 'PROBLEM', unknown: 'unknown' } as const;

const show = (answers: readonly Answer[]): string => {
  const colours = paint(process.stdout);
  const sign = ({ verdict }: Answer): string => (verdict === 'problem' ? colours.bold(SIGNS[verdict]) : SIGNS[verdict]);
  const rows = answers.map((answer) => [
    sign(answer),
    terminalText(answer.question),
    terminalText(answer.answer),
    terminalText(answer.todo ?? ''),
  ]);
  return table(
    [
      { heading: '' },
      { heading: 'QUESTION', max: 34 },
      { heading: 'ANSWER', max: 44 },
      { heading: 'WHAT TO DO', max: 60 },
    ],
    rows,
  );
};

/**
 * Asks of a deployment what on-schedule asks, and how its log bucket is protected.
 *
 * @returns exit code: 0 no problem, 1 at least one, 3 nothing worse than questions AWS refused to answer
 */
export const run = async ({ stack, format }: DoctorOptions): Promise<number> => {
  const deployment = await findDeployment(stack);
  const operator = operatorOf(deployment);
  const answers = (
    await Promise.all([
      stackAnswers(deployment),
      asked('Does the trail record and deliver?', () => trailAnswers(deployment, operator, Date.now())),
      asked('Does anyone receive findings?', () => subscriberAnswers(deployment, operator)),
      asked('Is there a backlog?', () => queueAnswers(deployment, operator)),
      asked('Is the log bucket protected?', async () => bucketAnswers(deployment.bucket, await operator.bucket())),
    ])
  ).flat();
  process.stdout.write(format === 'json' ? `${JSON.stringify(answers, null, 2)}\n` : `${show(answers)}\n`);
  if (answers.some(({ verdict }) => verdict === 'problem')) return 1;
  return answers.some(({ verdict }) => verdict === 'unknown') ? 3 : 0;
};
