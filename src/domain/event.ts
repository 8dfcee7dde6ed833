import type { BackupId, RequestId, RunId } from './ids.ts';
import type { Front } from './person.ts';

/**
 * What happened, in the past tense. Append-only; also the audit log. `data` is small and fit for people: no secret,
 * no row, no raw output.
 */
export type EventData =
  | { type: 'request-created' }
  /** A yes that is not the last one needed. `needs`: how far the approval was with it, `QA: 1 of 2, by Quinn; then Data owner`. */
  | { type: 'approval-given'; stage: string; digest: string; needs: string }
  /** The last yes that was needed; `stage` where there were several. */
  | { type: 'request-approved'; byRule?: true; digest: string; stage?: string }
  | { type: 'request-rejected'; reason?: string }
  | { type: 'cancel-requested' }
  | { type: 'request-cancelled'; why?: string }
  | { type: 'request-expired' }
  | { type: 'approval-voided'; why: string }
  /** The rules changed while nobody had said yes yet: a yes counts for what they are now. */
  | { type: 'request-revised'; why: string }
  | { type: 'decision-refused'; code: string; why: string; who?: string }
  | { type: 'request-retried' }
  | { type: 'request-waiting'; behind: RequestId }
  | { type: 'run-started'; attempt: number; worker: string }
  | { type: 'run-resumed'; attempt: number; worker: string; fence: number }
  | { type: 'step-started'; step: string; title: string; host?: string; database?: string }
  | { type: 'step-done'; step: string; title: string; seconds: number; host?: string; database?: string }
  | {
      type: 'step-failed';
      step: string;
      title: string;
      host?: string;
      database?: string;
      code: string;
      cause: string;
    }
  | { type: 'item-ready'; database: string }
  | { type: 'item-swapped'; database: string; kept: string; outageSeconds: number; notCarried: string[] }
  | { type: 'item-put-back'; database: string }
  | { type: 'run-succeeded'; seconds: number }
  | {
      type: 'run-failed';
      code: string;
      cause: string;
      hint: string;
      step?: string;
      host?: string;
      targetTouched: boolean;
    }
  | {
      type: 'run-fenced';
      code: string;
      cause: string;
      hint: string;
      step?: string;
      host?: string;
      /** How the targets stand can't be told; they stay with the run all the same. */
      unseen?: true;
    }
  | { type: 'alert-acknowledged' }
  | { type: 'old-dropped'; database: string; environment: string; name: string }
  | { type: 'backup-found'; backup: BackupId }
  | { type: 'backup-corrupt'; backup: BackupId; why: string }
  | { type: 'backup-missing'; backup: BackupId }
  | { type: 'backup-returned'; backup: BackupId }
  | { type: 'host-alert'; host: string; code: string; cause: string; hint: string }
  /** Jira could not be asked whether the ticket is there. */
  | { type: 'ticket-unseen'; ticket: string }
  | { type: 'ticket-linked'; ticket: string }
  /** Jira does not take the link to it, or a word on it. */
  | { type: 'ticket-refused'; ticket: string; what: 'link' | 'comment'; why: string }
  /** A front can't show what it should and no repetition will mend it; `front` says which. */
  | { type: 'front-alert'; code: string; cause: string; hint: string };

export type EventType = EventData['type'];

export type NewEvent = EventData & {
  request?: RequestId;
  run?: RunId;
  /** Person id of who did it; absent for rules and upkeep. */
  actor?: string;
  front?: Front;
};

export type Event = NewEvent & {
  /** Grows; not without gaps. */
  id: number;
  at: Date;
};
