import type { JsonObject } from '../record/json.ts';
import type { Evidence, Level } from '../rule/rule.ts';

/** The same words as Sigma's levels. */
export type Severity = Level;

/** How a record reached us. */
export type Via = 'delivered' | 'live' | 'logs' | 'backfill' | 'scan';

export interface Seen {
  readonly via: Via;
  readonly object?: { readonly bucket: string; readonly key: string; readonly versionId?: string };
  /** Path of the local file, when scanned at a terminal. */
  readonly file?: string;
}

export interface Principal {
  readonly type?: string;
  readonly arn?: string;
  readonly name?: string;
  readonly accessKeyId?: string;
  readonly issuerArn?: string;
  readonly mfa?: boolean;
}

/** The native finding, version 1.0: the same object in every output. Its JSON Schema is docs/finding.schema.json. */
export interface Finding {
  readonly schemaVersion: '1.0';
  /** Hash of kind, rule id or code, and what it is about: equal on every path and every redelivery. */
  readonly id: string;
  readonly kind: 'detection' | 'correlation' | 'integrity' | 'health';
  /** Integrity and health findings: DIGEST_MISSING, LOG_HASH_MISMATCH, FILE_UNREADABLE … */
  readonly code?: string;
  readonly rule?: {
    readonly id: string;
    readonly title: string;
    readonly level: Level;
    readonly status: string;
    readonly tags: readonly string[];
    readonly references: readonly string[];
    readonly falsepositives: readonly string[];
    readonly runbook?: string;
  };
  readonly severity: Severity;
  /** One line for people: a detection's rule title, or what the integrity or health code means. */
  readonly title: string;
  /** One sentence: who did what to what, where, from where, and whether it worked. */
  readonly summary: string;
  readonly account?: string;
  readonly region?: string;
  readonly principal?: Principal;
  readonly source?: { readonly ip?: string; readonly service?: string; readonly userAgent?: string };
  readonly action?: {
    readonly eventSource?: string;
    readonly eventName?: string;
    readonly errorCode?: string;
    readonly outcome: 'success' | 'failure';
  };
  readonly resources: readonly string[];
  /** Detections: the record itself, redacted. */
  readonly event?: {
    readonly id?: string;
    readonly time?: string;
    readonly sharedId?: string;
    readonly record?: JsonObject;
  };
  readonly evidence: readonly Evidence[];
  /** Integrity and health: what was compared, in which hour of which chain, and what to do next. */
  readonly details?: JsonObject;
  readonly nextSteps?: readonly string[];
  /** Field → value of the rule's `alert.group_by`. */
  readonly group?: { readonly [field: string]: string };
  readonly seen: Seen;
  /** ISO 8601, UTC: event time for detections, time of the fault for the others. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
  readonly isTest: boolean;
  readonly truncated: boolean;
}
