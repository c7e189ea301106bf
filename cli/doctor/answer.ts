/** `unknown`: AWS did not let us ask. */
type Verdict = 'ok' | 'advice' | 'problem' | 'unknown';

/** The answer to one question about a deployment. */
export interface Answer {
  readonly question: string;
  readonly verdict: Verdict;
  readonly answer: string;
  /** What to do; absent where all is well. */
  readonly todo?: string;
}

/** Asks a question whose AWS calls may be refused: a refusal is an answer too, and stops no other question. */
export const asked = async (question: string, ask: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> => {
  try {
    return await ask();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [{ question, verdict: 'unknown', answer: reason, todo: 'Use credentials that may ask (docs/operate.md)' }];
  }
};
