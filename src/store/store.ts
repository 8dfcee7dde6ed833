import type { Approval } from '../domain/approval.ts';
import type { Anonymisation } from '../domain/backup.ts';
import type { RequestId } from '../domain/ids.ts';
import type { RequestState } from '../domain/request.ts';
import type { Progress } from '../domain/run.ts';
import type { DelegationReads, LinkReads, ReminderReads } from './people.ts';
import type { Seals } from './audit.ts';

export type { Mark, Prune, PutBack, Receipt, Received, Seals, Told } from './audit.ts';

import type {
  BackupReads,
  EventReads,
  HoldReads,
  Inbox,
  MirrorReads,
  Outbox,
  RequestReads,
  RunReads,
  ScheduleReads,
  SwapReads,
  Viewers,
} from './reads.ts';
import type { StoreTransaction } from './transaction.ts';

export type { DelegationReads } from './people.ts';
export type * from './reads.ts';
export type { StoreTransaction } from './transaction.ts';

/**
 * The state of the installation, in PostgreSQL: the only owner of it. All writing happens in `write`, one
 * transaction each; what it read or did is undone together when `work` throws. A connection that can't be had
 * or breaks is `Unavailable` (code `store-unavailable`); then nothing was written, or (after a lost commit) it is unknown: ask again.
 */
export interface Store {
  /** Runs `work` in one transaction (READ COMMITTED; rows are locked by `for update` where `lock` says so). */
  write<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;

  requests: RequestReads;
  runs: RunReads;
  backups: BackupReads;
  events: EventReads;
  swaps: SwapReads;
  approvals: { of(request: RequestId): Promise<Approval[]> };
  holds: HoldReads;
  seals: Seals;
  mirrors: MirrorReads;
  inbox: Inbox;
  outbox: Outbox;
  viewers: Viewers;
  reminders: ReminderReads;
  links: LinkReads;
  delegations: DelegationReads;
  schedules: ScheduleReads;

  /** Overwrites the progress row of the run. Not part of any transaction; newest wins. */
  progress(progress: Progress): Promise<void>;

  /**
   * One leader per `name`, for `seconds`, by a row and not by a session's lock. True when `holder` has it now
   * (taken or renewed).
   */
  lease(name: string, holder: string, seconds: number): Promise<boolean>;

  /** A value kept under a name by upkeep (a poller's cursor). */
  note(name: string): Promise<unknown>;
  setNote(name: string, value: unknown): Promise<void>;

  /**
   * The moment by the clock of the database, which all processes have in common, whatever their own say. Asks nobody: it is
   * measured with the first use of the store and every 10 s of further use. Before that it is this machine's.
   */
  now(): Date;
  /** Counts for monitoring, of one moment; `Unavailable` (`store-busy`) when the server takes seconds for them. */
  figures(): Promise<Figures>;

  /** A trivial round trip, for health and `check`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How much of what there is. What there is none of is left out. */
export type Figures = {
  requests: { environment: string; state: RequestState; count: number }[];
  /** Runs under way; `unattended`: those whose lease no worker has, if only between two slices. */
  runs: { active: number; unattended: number };
  /** What waits to be told, and for how long the oldest of it has; `givenUp` stays until somebody looks. */
  outbox: { front: string; waiting: number; lagSeconds: number; givenUp: number }[];
  /** Deliveries from outside that nobody has dealt with yet. */
  inbox: { source: string; waiting: number; lagSeconds: number }[];
  /** The moment of the newest usable backup. */
  backups: { database: string; anonymisation: Anonymisation; newestAt: Date }[];
};
