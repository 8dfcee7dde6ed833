import type { ContentsText } from './backup.ts';
import type { Impact } from './impact.ts';
import type { HookFailure } from './hook.ts';
import type { LinkableFront } from './link.ts';
import type { Neutralised } from './neutralising.ts';
import type { BackupId, HoldId, RequestId, RunId } from './ids.ts';
import type { Front } from './person.ts';
import type { SchemaDiff } from './schema.ts';

/**
 * What happened, in the past tense. Append-only; also the audit log. `data` is small and fit for people: no secret,
 * no row, no raw output.
 */
export type EventData =
  /** `schedule`: its name, where one asked for it. */
  | { type: 'request-created'; schedule?: string }
  /** A yes that is not the last one needed. `needs`: how far the approval was with it, `QA: 1 of 2, by Quinn; then Data owner`. */
  | ({ type: 'approval-given'; stage: string; digest: string; needs: string } & InPlaceOf)
  /** The last yes that was needed; `stage` where there were several, `standing` what a schedule has it from. */
  | ({
      type: 'request-approved';
      byRule?: true;
      digest: string;
      stage?: string;
      standing?: string;
    } & InPlaceOf)
  /** `hold`: by whoever holds the environment, after it was approved. */
  | ({ type: 'request-rejected'; reason?: string; hold?: HoldId } & InPlaceOf)
  | { type: 'cancel-requested' }
  | { type: 'request-cancelled'; why?: string }
  | { type: 'request-expired' }
  /** Those who may decide now are reminded; `number` from 1. */
  | { type: 'approvers-reminded'; number: number }
  /** One of them, by a message of their own. */
  | { type: 'approver-reminded'; to: string }
  /** It expires soon, and nobody has decided: told to the requester. */
  | { type: 'expiry-announced' }
  | { type: 'approval-voided'; why: string }
  /** The rules changed while nobody had said yes yet: a yes counts for what they are now. */
  | { type: 'request-revised'; why: string }
  | { type: 'decision-refused'; code: string; why: string; who?: string }
  /** Of no request: a form, a button, a schedule or a word that was not for `who` to use. `what` says which. */
  | { type: 'attempt-refused'; code: string; why: string; who: string; what: string }
  | { type: 'request-retried' }
  | { type: 'request-waiting'; behind: RequestId }
  /** Approved, and kept back by the calendar; once for each hold or freeze. `until` in ISO 8601. With `asks` the holder is to say yes or no. */
  | {
      type: 'request-held';
      why: string;
      until: string;
      digest: string;
      hold?: HoldId;
      holder?: string;
      asks?: true;
      /** It is outside of the times at which it may start. */
      window?: true;
    }
  /** The holder, who has not answered yet, is asked once more; `number` from 1. */
  | {
      type: 'holder-reminded';
      number: number;
      hold: HoldId;
      holder: string;
      until: string;
      digest: string;
    }
  /** A hold that it was told to wait for was released, and it still waits for something else. */
  | { type: 'request-freed'; hold: HoldId }
  /** The holder lets it go on. */
  | { type: 'hold-allowed'; hold: HoldId }
  | { type: 'hold-placed'; hold: HoldId; environment: string; until: string; reason: string }
  /** A hold was placed while it was on its way to the swap, which it goes on to unless somebody cancels it. */
  | { type: 'run-met-hold'; hold: HoldId; holder: string; until: string; reason: string }
  /** It came to its swap while the calendar says no, which a start would have waited for. `passed`: what it says. */
  | { type: 'swap-not-waiting'; passed: string[] }
  /** `holder`: who had placed it. */
  | { type: 'hold-released'; hold: HoldId; environment: string; holder: string }
  /**
   * Nobody was asked. `passed`: what the calendar had to say. It passes the `holds` that stood then, and a freeze up to `frozenUntil` (ISO 8601); what
   * comes later keeps it back.
   */
  | {
      type: 'glass-broken';
      reason: string;
      passed: string[];
      holds: HoldId[];
      frozenUntil?: string;
    }
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
  /** Its backup has travelled from one host to another; `left`: those of the run whose backups have not yet. */
  | { type: 'item-moved'; database: string; from: string; to: string; left: string[] }
  | { type: 'item-ready'; database: string }
  /** What keeps the copy from acting on the world was proven to hold in it, before the swap. */
  | { type: 'item-neutralised'; database: string; held: Neutralised[] }
  /** `into`: where it went live, and `brought`: what, where that is known; events of the time before these were kept have neither. */
  | {
      type: 'item-swapped';
      database: string;
      kept: string;
      outageSeconds: number;
      notCarried: string[];
      into?: { environment: string; server: string; databaseName: string };
      brought?: ContentsText;
      /** What of the replaced one was put into it: `feature_flags: 12 rows`. */
      keeps?: string[];
      /** What its schema has otherwise than what was there, where the engine tells. */
      changed?: SchemaDiff;
    }
  /** Its backup has its name in the repository and is in the catalogue. `rows`: of all its tables. */
  | {
      type: 'item-taken';
      database: string;
      backup: BackupId;
      repository: string;
      bytes: number;
      rows: number;
    }
  /** Its backup was restored and verified, and the new database is gone again. */
  | { type: 'item-proven'; database: string; backup: BackupId }
  /** Its backup could not be restored or did not hold, by its own fault. */
  | { type: 'item-unproven'; database: string; backup: BackupId; code: string; why: string }
  | { type: 'item-put-back'; database: string }
  | { type: 'run-succeeded'; seconds: number }
  /** Behind the swaps, which stand: a hook failed, and those in `left` were not done after it. */
  | ({ type: 'hook-failed' } & HookFailure)
  /** Somebody had those called that were not done; in `changed` what of them was not as it had been approved, which they agreed to. */
  | { type: 'hooks-retried'; hooks: string[]; changed?: string[] }
  /** What had failed is done by now, and what stood behind it. */
  | { type: 'hooks-done'; hooks: string[] }
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
  | {
      type: 'schedule-added';
      schedule: string;
      owner: string;
      what: string;
      cron: string;
      timeZone: string;
      needsApproval: boolean;
      digest: string;
    }
  | { type: 'schedule-removed'; schedule: string; owner: string }
  /** By a person; by Freshet, with `why`, when it could not ask several times in a row. */
  | { type: 'schedule-paused'; schedule: string; owner: string; why?: string }
  | { type: 'schedule-resumed'; schedule: string; owner: string }
  /** Somebody wants its next slot left out. */
  | { type: 'schedule-skips'; schedule: string; owner: string; slot: string }
  /** A standing yes. `needs`: what is still missing, where it was not the last one. */
  | {
      type: 'schedule-approved';
      schedule: string;
      owner: string;
      digest: string;
      until: string;
      needs?: string;
    }
  | { type: 'schedule-approval-ending'; schedule: string; owner: string; until: string }
  | { type: 'schedule-approval-ended'; schedule: string; owner: string; why: string }
  /** Nothing was asked for at these times, the newest of which is `slot`. */
  | {
      type: 'schedule-passed';
      schedule: string;
      owner: string;
      slot: string;
      slots: number;
      outcome: 'skipped' | 'missed';
      why: string;
    }
  /** It could not be asked for. */
  | {
      type: 'schedule-refused';
      schedule: string;
      owner: string;
      slot: string;
      code: string;
      cause: string;
      hint: string;
    }
  | { type: 'old-dropped'; database: string; environment: string; name: string }
  | { type: 'backup-found'; backup: BackupId }
  | { type: 'backup-corrupt'; backup: BackupId; why: string }
  | { type: 'backup-missing'; backup: BackupId }
  /** By the retention of its repository, which `why` tells. */
  | { type: 'backup-removed'; backup: BackupId; why: string }
  | { type: 'backup-returned'; backup: BackupId }
  /** Nobody has decided for so long: the fallback may, too. */
  | { type: 'fallback-opened' }
  /** The right to approve, given to another person for a time, or taken back. Of no request. `to`: a person id; `until`: ISO 8601. */
  | { type: 'right-delegated'; to: string; until: string }
  | { type: 'delegation-ended'; to: string }
  /** The site file does not know one of them any more, or knows somebody else by the name. */
  | { type: 'delegation-lapsed'; from: string; to: string; why: string }
  /** Links of accounts, of no request. `over`: the front of the account; `to`: the person who asked. */
  | { type: 'link-asked'; over: LinkableFront }
  /** Somebody wrote the code over that front: the person is asked whether it was them. */
  | { type: 'link-found'; over: LinkableFront; account: string; name: string; code: number; to: string }
  | {
      type: 'account-linked' | 'link-declined' | 'account-unlinked';
      over: LinkableFront;
      account: string;
      name: string;
    }
  /** By the site file it counts no more. `person`: whose it was. */
  | {
      type: 'link-lapsed';
      over: LinkableFront;
      account: string;
      name: string;
      person: string;
      why: string;
    }
  | {
      type: 'link-refused';
      over: LinkableFront;
      code: string;
      why: string;
      to?: string;
      account?: string;
      name?: string;
      /** Who caused it was told at once. */
      silent?: true;
    }
  /** Freshet could not do what the site file has it do by itself; `what` says what. */
  | { type: 'upkeep-alert'; what: string; code: string; cause: string; hint: string }
  | { type: 'host-alert'; host: string; code: string; cause: string; hint: string }
  /** What it costs others, as its approvers are shown it; a later one takes the place of an earlier. */
  | { type: 'impact-seen'; items: readonly Impact[] }
  /** Jira could not be asked whether the ticket is there. */
  | { type: 'ticket-unseen'; ticket: string }
  | { type: 'ticket-linked'; ticket: string }
  /** Jira does not take the link to it, or a word on it. */
  | { type: 'ticket-refused'; ticket: string; what: 'link' | 'comment'; why: string }
  /** A front can't show what it should and no repetition will mend it; `front` says which. */
  | { type: 'front-alert'; code: string; cause: string; hint: string }
  /**
   * The newest seal, told to people: `through` is the last event it holds, `prunedTo` the last seal whose events retention removed,
   * `overdue` how many events are older than the site file keeps them.
   */
  | {
      type: 'head-announced';
      seal: number;
      hash: string;
      through: number;
      sealedAt: string;
      /** The retention in seconds, as the site file has it then. */
      keeps?: number | 'ever';
      prunedTo?: number;
      overdue?: number;
    };

/** By whose right something was decided, where it was not one's own: a person's (their id), or the fallback's. */
export type InPlaceOf = { for?: string; fallback?: true };

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
