import type { RequestId } from './ids.ts';
import type { Front } from './person.ts';

/** A decision of a person (or of the rule for unprotected environments) on exactly one digest. */
export type Approval = {
  request: RequestId;
  decision: 'approved' | 'rejected';
  /** Person id; absent when decided by rule. */
  by?: string;
  front: Front;
  digest: string;
  /** The person whose right it was said by, where that is another's: a delegation that stood then. */
  for?: string;
  /** It was said as the fallback. */
  fallback?: true;
  /** The stage that it was said in; absent for a rejection and for the rule. */
  stage?: string;
  reason?: string;
  at: Date;
  /** Set when a change made it worthless. */
  voidedAt?: Date;
};
