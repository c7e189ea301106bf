import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, ratios, rotated, type Spread, spreadOf } from './arithmetic.ts';
import type { Answer, Asked } from './child.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, 'child.ts');

/** Runs one measurement in a process of its own. */
export const ask = async (asked: Asked): Promise<Answer> => {
  const { stdout } = await run(process.execPath, [CHILD, JSON.stringify(asked)], { maxBuffer: 1 << 24 });
  // Written by child.ts, whose answer this is.
  const answer: Answer = JSON.parse(stdout);
  return answer;
};

export interface Contender {
  readonly name: string;
  readonly asked: Asked;
}

/** Results of all rounds. */
export interface Rounds {
  /** Median CPU milliseconds of a pass over all rounds. */
  readonly cpu: (name: string) => number;
  readonly ratio: (name: string, floor: string) => Spread;
  readonly answer: (name: string) => Answer | undefined;
}

/**
 * Runs every contender once a round, each in a fresh process, beginning with another one each round.
 *
 * @param onStep told before each process
 */
export const runRounds = async (
  contenders: readonly Contender[],
  count: number,
  onStep: (name: string) => void = () => {},
): Promise<Rounds> => {
  const rounds: Map<string, number>[] = [];
  const answers = new Map<string, Answer>();
  for (let turn = 0; turn < count; turn += 1) {
    const round = new Map<string, number>();
    for (const { name, asked } of rotated(contenders, turn)) {
      onStep(name);
      const answer = await ask(asked);
      answers.set(name, answer);
      round.set(name, median(answer.cpu));
    }
    rounds.push(round);
  }
  return {
    cpu: (name) => median(rounds.flatMap((round) => round.get(name) ?? [])),
    ratio: (name, floor) => spreadOf(ratios(rounds, name, floor)),
    answer: (name) => answers.get(name),
  };
};
