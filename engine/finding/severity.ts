import type { Severity } from './finding.ts';

const IDS = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 } as const;

/** OCSF's severity_id of a severity: 1 informational … 5 critical. Also for numeric filter policies. */
export const severityId = (severity: Severity): number => IDS[severity];
