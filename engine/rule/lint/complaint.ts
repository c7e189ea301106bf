import type { Item } from '../document.ts';
import type { RuleProblem } from '../rule.ts';

/** What a check has to say, before it knows its file. Without an item it is about the condition. */
export type Complaint = Pick<RuleProblem, 'severity' | 'code' | 'message' | 'hint'> & { readonly item?: Item };
