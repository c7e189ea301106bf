import type { JsonObject } from '../record/json.ts';
import type { Finding, Seen, Severity } from './finding.ts';
import { findingId } from './id.ts';

/** Something that keeps Trailwarden from seeing or saying what it should. */
export interface HealthProblem {
  /** Upper case, stable: FILE_UNREADABLE, TRAIL_SILENT, NO_SUBSCRIBER … */
  readonly code: string;
  readonly severity: Severity;
  /** What the code means, in one line. */
  readonly title: string;
  /** One sentence: what is wrong with what. */
  readonly summary: string;
  /** What the finding is about; with the code it makes the id, so that one fault is one finding however often it is met. */
  readonly about: readonly string[];
  readonly account?: string;
  readonly region?: string;
  readonly resources?: readonly string[];
  readonly details?: JsonObject;
  readonly nextSteps: readonly string[];
  readonly isTest?: boolean;
}

/**
 * The finding of a health problem.
 *
 * @param seen how the fault was met, and on which object
 * @param at ISO 8601 time of the fault
 */
export const healthFinding = (problem: HealthProblem, seen: Seen, at: string): Finding => ({
  schemaVersion: '1.0',
  id: findingId('health', [problem.code, ...problem.about]),
  kind: 'health',
  code: problem.code,
  severity: problem.severity,
  title: problem.title,
  summary: problem.summary,
  ...(problem.account === undefined ? {} : { account: problem.account }),
  ...(problem.region === undefined ? {} : { region: problem.region }),
  resources: problem.resources ?? [],
  evidence: [],
  ...(problem.details === undefined ? {} : { details: problem.details }),
  nextSteps: problem.nextSteps,
  seen,
  firstSeen: at,
  lastSeen: at,
  count: 1,
  isTest: problem.isTest ?? false,
  truncated: false,
});
