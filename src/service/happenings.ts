import type { Stage } from '../../runners/plan.ts';
import type { Front } from '../domain/person.ts';
import type { RequestKind } from '../domain/request.ts';

/**
 * What this process itself has just done, for whoever measures it. Told once it counts (its transaction is over), and by the one
 * process that did it: numbers of several processes may be added up. Unlike an event it is kept nowhere, and nothing follows from it.
 */
export type Happening =
  | { type: 'decided'; environment: string; front: Front; decision: 'approved' | 'rejected'; seconds: number }
  | { type: 'retried'; environment: string }
  | { type: 'run-taken-over'; environment: string }
  | { type: 'slice-interrupted'; environment: string }
  | {
      type: 'step-ended';
      environment: string;
      /** Absent: a step of the whole set. */
      database?: string;
      stage: Stage;
      outcome: 'done' | 'failed';
      seconds: number;
    }
  | {
      type: 'run-ended';
      environment: string;
      kind: RequestKind;
      outcome: 'succeeded' | 'failed' | 'cancelled' | 'fenced';
      seconds: number;
    }
  | { type: 'told'; front: string; outcome: 'delivered' | 'put-off' | 'given-up' }
  | { type: 'reconciled'; seconds: number; failedParts: number };
