import type { RequestId } from '../domain/ids.ts';
import type { Link, LinkableFront } from '../domain/link.ts';
import type { Delegation } from '../domain/policy/deputies.ts';
import type { Reminder } from '../domain/reminders.ts';

// Parts of the store's head that are about people; kept here, as the head is long.

/** A reminder of a request that waits since a moment. */
export type SentReminder = { request: RequestId; since: Date; reminder: Reminder };

export interface ReminderReads {
  /** Those of these requests that were sent, in no order. */
  sent(requests: readonly RequestId[]): Promise<SentReminder[]>;
}

/** Accounts that people linked themselves, and codes that are to link one. */
export interface LinkReads {
  /** By person; at most one for each front of each. */
  all(): Promise<Link[]>;
  /** Since when a code is waited for that nobody has written over this front yet; undefined where none is. */
  awaited(front: LinkableFront, now: Date): Promise<Date | undefined>;
}

/** Rights to approve in the hands of others. */
export interface DelegationReads {
  /** Those that have not ended at `now`, oldest first. */
  inForce(now: Date): Promise<Delegation[]>;
}
