import type { Place } from './located.ts';
import type { RuleProblem } from './rule.ts';

/** What a check says about a place: the rest of the problem is known from where it stands. */
export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Path inside the document. */
  readonly field?: string;
  readonly severity?: 'error' | 'warning' | 'info';
}

/** Collects the problems of one document: all of them, not the first. */
export interface Reporter {
  readonly report: (place: Place, complaint: Complaint) => void;
  readonly problems: readonly RuleProblem[];
  /** Whether any of them keeps the document from loading. */
  readonly failed: () => boolean;
}

/** A reporter for one document of a file. */
export const reporter = (file: string, rule: string | undefined): Reporter => {
  const problems: RuleProblem[] = [];
  return {
    problems,
    failed: () => problems.some(({ severity }) => severity === 'error'),
    report: ({ line, column }, { code, message, hint, field, severity = 'error' }) => {
      problems.push({
        severity,
        code,
        file,
        line,
        column,
        ...(rule === undefined ? {} : { rule }),
        ...(field === undefined ? {} : { field }),
        message,
        ...(hint === undefined ? {} : { hint }),
      });
    },
  };
};
