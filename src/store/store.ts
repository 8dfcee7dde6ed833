import type { Approval } from '../domain/approval.ts';
import type { Anonymisation, Backup, BackupFilter, Takeable } from '../domain/backup.ts';
import type { Hold, HoldAnswer } from '../domain/calendar/hold.ts';
import type { Event, EventType, NewEvent } from '../domain/event.ts';
import type { BackupId, HoldId, RequestId, RunId } from '../domain/ids.ts';
import type { ItemState, Request, RequestKind, RequestState } from '../domain/request.ts';
import type { Link, LinkableFront, LinkCode } from '../domain/link.ts';
import type { Delegation } from '../domain/policy/deputies.ts';
import type { Progress, Run, StepRecord, Swap } from '../domain/run.ts';
import type { DelegationReads, LinkReads, ReminderReads, SentReminder } from './people.ts';
import type { ScheduleRecord, Slot, StandingApproval } from '../domain/schedule/schedule.ts';
import type { Seals } from './audit.ts';

export type { Received, Seals } from './audit.ts';

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

/** One page of a list that is sorted newest first. */
export type Page = { limit: number; offset: number };

export interface RequestReads {
  get(id: RequestId): Promise<Request | undefined>;
  list(
    filter: {
      environment?: string;
      states?: readonly RequestState[];
      requestedBy?: string;
      /** Asks for exactly this. */
      digest?: string;
      /** Was asked for by the schedule of this name. */
      schedule?: string;
      /** Has an item on this target (`server/databaseName`). */
      on?: { server: string; databaseName: string };
      /** `expiresAt` before. */
      expiringBefore?: Date;
      /** Approved, and `startAt` before. */
      startingBefore?: Date;
    },
    page: Page,
  ): Promise<{ requests: Request[]; total: number }>;
  /**
   * Those that wait for nothing but their turn at `now`: approved, their moment has come, and they have not lapsed. The oldest
   * first, at most `limit`; `after` goes on behind that one, `on` keeps those with an item on the target.
   */
  due(
    now: Date,
    which: { on?: { server: string; databaseName: string }; after?: RequestId; limit: number },
  ): Promise<Request[]>;
}

export interface RunReads {
  get(id: RunId): Promise<Run | undefined>;
  ofRequest(id: RequestId): Promise<Run | undefined>;
  /** All active runs; `unleased` keeps those whose lease has ended by the database's clock (or that have none). */
  active(filter?: { unleased?: boolean }): Promise<Run[]>;
  /** The request whose run has one of these targets (`server/databaseName`) now; of several the one that began first. */
  holder(targets: readonly string[]): Promise<RequestId | undefined>;
  steps(id: RunId): Promise<StepRecord[]>;
  progress(id: RunId): Promise<Progress | undefined>;
}

/** What a set of backups has to fit. */
export type Window = {
  withinSeconds: number;
  /** Moments that are part of the set whatever is chosen. */
  beside: readonly Date[];
  until?: Date;
};

export interface BackupReads {
  get(id: BackupId): Promise<Backup | undefined>;
  /** Those of them that there are, in no order. */
  several(ids: readonly BackupId[]): Promise<Backup[]>;
  /** Sorted by moment (data, else file), newest first. */
  list(filter: BackupFilter, page: Page): Promise<{ backups: Backup[]; total: number }>;
  /** Newest usable backup of a database, whose anonymisation is one of `accepts`. */
  newest(database: string, accepts: readonly string[]): Promise<Backup | undefined>;
  /** Of each the newest with data of `until` or before; those without one are left out. What has no known moment is never among them. */
  dated(wanted: readonly Takeable[], until?: Date): Promise<Backup[]>;
  /**
   * The newest set of one backup of each with data of `until` or before, no two moments of it and of `beside` further apart than
   * `withinSeconds`: each of its backups is the newest that it can be in any such set. Undefined where there is none, or none
   * within the newest 200 sets that are looked at.
   */
  aligned(wanted: readonly Takeable[], within: Window): Promise<Backup[] | undefined>;
  /** The smallest distance that such a set can have, in seconds, as far as the newest 100 tell. Undefined where there is no set. */
  closest(wanted: readonly Takeable[], within: Omit<Window, 'withinSeconds'>): Promise<number | undefined>;
  /**
   * Backups of a database in which every word is found (number, moment in UTC, repository, file, kind of data, scope), whatever
   * its case; newest first, at most `limit`. With `accepts` only usable ones of these kinds. Looks through the newest 5000 of
   * each kind, of those of the year, month or day that a word names, and through those whose file's name begins with a word.
   */
  search(
    what: { database: string; words: readonly string[]; accepts?: readonly string[] },
    limit: number,
  ): Promise<Backup[]>;
  /** Names of the repositories that backups were found in. */
  repositories(): Promise<string[]>;
  /** All of a repository, whatever their state, for a rescan. */
  ofRepository(repository: string): Promise<Backup[]>;
}

export interface EventReads {
  /**
   * Events after a cursor, in the order in which they become final: none is skipped because a transaction with a
   * smaller number was still open. `cursor` is opaque; undefined starts at the beginning.
   */
  after(cursor: string | undefined, limit: number): Promise<{ events: Event[]; cursor: string | undefined }>;
  get(id: number): Promise<Event | undefined>;
  /** Of one request, oldest first. */
  ofRequest(id: RequestId, types?: readonly EventType[]): Promise<Event[]>;
  /** Resolves when something was written since the call, or after the time: a hint to look, never relied on. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
}

export interface SwapReads {
  /** The newest swap of a target. */
  latest(server: string, databaseName: string): Promise<Swap | undefined>;
  ofRun(run: RunId): Promise<Swap[]>;
  /** Those that the run's own swaps came over. */
  replacedBy(run: RunId): Promise<Swap[]>;
  /** The newest swap of each target, with its request's kind, who asked for it, and how many swaps its run made in all. */
  standing(): Promise<{ swap: Swap; kind: RequestKind; requestedBy: string; ofRun: number }[]>;
  /** The moment of the data that went live last on each of these targets; those of which it is not known are left out. */
  contents(
    targets: readonly { server: string; databaseName: string }[],
  ): Promise<{ server: string; databaseName: string; dataAt: Date }[]>;
  /** Kept copies whose time is over and that were not dropped yet. */
  dueForDrop(now: Date): Promise<Swap[]>;
}

export interface HoldReads {
  get(id: HoldId): Promise<Hold | undefined>;
  /** Those that are neither released nor over at a moment, the oldest first; of one environment, or of all. */
  standing(at: Date, environment?: string): Promise<Hold[]>;
  /** Which holders have let the request go on, whatever it was then. */
  answers(request: RequestId): Promise<HoldAnswer[]>;
}

/** Where a request shows on a front: a Slack card, a Jira issue. `ref` is the front's own and opaque here. */
export interface MirrorReads {
  get(request: RequestId, front: string): Promise<unknown>;
  /** The request whose mirror on `front` has `key`. */
  byKey(front: string, key: string): Promise<RequestId | undefined>;
  /** Sets it outside of a transition, as fronts learn it from the outside world. */
  set(request: RequestId, front: string, key: string, ref: unknown): Promise<void>;
}

/** Somebody who looks at a page of a front's that is kept current; `shown` is the front's own note of what it shows. */
export type Viewer = { who: string; seenAt: Date; shown?: unknown };

export interface Viewers {
  /** They opened it at `at`. */
  seen(front: string, who: string, at: Date): Promise<void>;
  get(front: string, who: string): Promise<Viewer | undefined>;
  /** Who opened it last comes first. */
  list(front: string): Promise<Viewer[]>;
  /** Writes down what it shows; does nothing where they were forgotten meanwhile. */
  show(front: string, who: string, shown: unknown): Promise<void>;
  /** Forgets those who did not open it since. */
  forget(front: string, seenBefore: Date): Promise<number>;
}

/** A delivery from outside, stored before it is acknowledged. */
export type Delivery = {
  id: number;
  source: string;
  key: string;
  body: unknown;
  receivedAt: Date;
  attempts: number;
};

export interface Inbox {
  /** False when the same `source` and `key` came before: then nothing is stored and nothing is to be done. */
  accept(source: string, key: string, body: unknown): Promise<boolean>;
  /** Whether it was accepted before (and is not yet forgotten). */
  knows(source: string, key: string): Promise<boolean>;
  /**
   * Takes up to `limit` deliveries of `source` that are due, oldest first, for `leaseSeconds`; a holder that dies gives them back.
   */
  take(source: string, limit: number, leaseSeconds: number): Promise<Delivery[]>;
  done(id: number): Promise<void>;
  /** Due again at `at`. */
  later(id: number, at: Date, why: string): Promise<void>;
  /** Forgets deliveries that were done before. */
  forget(doneBefore: Date): Promise<number>;
}

/** Something to tell the outside world, in the order of its numbers per `front` and `request`. */
export type Effect = {
  id: number;
  front: string;
  /** The front's own word for what is to be sent: `card`, `direct`, `alert`, `issue`, `comment` ... */
  kind: string;
  request?: RequestId;
  /** The event that it tells of. */
  event: number;
  attempts: number;
  createdAt: Date;
};

export interface Outbox {
  /**
   * Takes up to `limit` effects of `front` that are due, at most one per request and `kind` group in order, for `leaseSeconds`.
   * An effect is held back while an earlier one of the same front and request is not done.
   */
  take(front: string, limit: number, leaseSeconds: number): Promise<Effect[]>;
  done(id: number): Promise<void>;
  /** Due again at `at`; `why` is kept for operators. `asked`: the other side asked to wait, and more than that there was one this does not count as an attempt. */
  later(id: number, at: Date, why: string, asked?: boolean): Promise<void>;
  /** Given up, after an error that no repetition can mend. */
  dead(id: number, why: string): Promise<void>;
  /** Forgets effects that were done before. What was given up stays, for operators to see. */
  forget(doneBefore: Date): Promise<number>;
  /** How many are not done, and since when the oldest of them waits. */
  lag(front: string): Promise<{ waiting: number; oldestAt?: Date }>;
}

/** What is kept of one schedule, with the approvals of it that are in force. */
export type KeptSchedule = { record: ScheduleRecord; approvals: readonly StandingApproval[]; last?: Slot };

export interface ScheduleReads {
  get(name: string): Promise<KeptSchedule | undefined>;
  /** All, by name: people make few, and the service holds how many. */
  all(): Promise<KeptSchedule[]>;
  /** What became of its slots, the newest first. */
  slots(name: string, limit: number): Promise<Slot[]>;
}

/** What can be written; each returns or throws at once, all of it counts when the transaction commits. */
export interface StoreTransaction {
  requests: {
    /** Creates it with its items; the id is the next number. */
    create(request: Omit<Request, 'id'>): Promise<Request>;
    /** With its row locked until the end of the transaction. */
    lock(id: RequestId): Promise<Request | undefined>;
    /** `update ... where id = and state =`: false when it was not in `from` any more. */
    move(id: RequestId, from: RequestState, to: RequestState): Promise<boolean>;
    /** Moves the moment at which it lapses. */
    lapses(id: RequestId, expiresAt: Date): Promise<void>;
    item(id: RequestId, database: string, state: ItemState): Promise<void>;
    /** Replaces digest, terms, alignment and items' bindings when an approval was voided; only while pending. */
    rebind(
      id: RequestId,
      bound: Pick<Request, 'digest' | 'terms' | 'items' | 'alignment'>,
      expiresAt: Date,
    ): Promise<void>;
  };
  approvals: {
    of(request: RequestId): Promise<Approval[]>;
    /** Throws `Conflict` (code `request-decided`) where one of the same person, or of the rule, is in force. */
    add(approval: Approval): Promise<void>;
    /** Those in force count no more; with `by`, only that person's. */
    voidAll(request: RequestId, at: Date, by?: string): Promise<void>;
  };
  holds: HoldReads & {
    place(hold: Omit<Hold, 'id' | 'releasedAt' | 'releasedBy'>): Promise<Hold>;
    /** False when it was released or over by then. */
    release(id: HoldId, by: string, at: Date): Promise<boolean>;
    /** Repeating it is no error; the first counts. */
    answer(request: RequestId, answer: HoldAnswer): Promise<void>;
  };
  runs: {
    /**
     * Creates the run with its targets. When another active run has one of them: that run's request is returned
     * as `behind` and nothing is created.
     */
    create(
      run: Pick<Run, 'id' | 'request' | 'startedAt'>,
      targets: readonly string[],
    ): Promise<{ run: Run } | { behind: RequestId }>;
    /** Like `create` for a further attempt of the same run: attempt + 1, a new fence, active again, marks cleared; the plan is still that of the attempt before. */
    again(id: RunId, targets: readonly string[], at: Date): Promise<{ run: Run } | { behind: RequestId }>;
    lock(id: RunId): Promise<Run | undefined>;
    /**
     * Takes or renews the lease. By the same worker while it lasts: the fence stays. Otherwise (it ended, or there is
     * none): a new, larger fence. Undefined when another worker holds it, or the run is not active. The clock is the
     * database's: workers whose own differ agree about it.
     */
    lease(id: RunId, worker: string, seconds: number): Promise<Run | undefined>;
    /** Gives the lease up, so that another worker can go on at once. */
    yieldLease(id: RunId, worker: string): Promise<void>;
    plan(id: RunId, plan: unknown): Promise<void>;
    requestCancel(id: RunId, at: Date): Promise<void>;
    barrier(id: RunId, at: Date): Promise<void>;
    /** Not active any more: its targets are free. */
    end(id: RunId, at: Date): Promise<void>;
    step(record: StepRecord): Promise<void>;
    /** Forgets the records of steps, so that a further attempt does them again. */
    forgetSteps(id: RunId, steps: readonly string[]): Promise<void>;
  };
  backups: {
    /** By repository and path: inserts, or overwrites all but id and `foundAt`. */
    put(backup: Omit<Backup, 'id'>): Promise<Backup>;
    /** As `put`, of many at once, in their order; of two of the same path the last counts. What is as it was is not written again. */
    putAll(backups: readonly Omit<Backup, 'id'>[]): Promise<Backup[]>;
    update(id: BackupId, change: Partial<Omit<Backup, 'id'>>): Promise<void>;
  };
  swaps: {
    /** Records it; earlier swaps of the same target become superseded. Repeating it for the same run and database is no error. */
    add(swap: Swap): Promise<void>;
    dropped(run: RunId, database: string, at: Date): Promise<void>;
    /** The swap did not last (put back): removes it and the superseding marks it made. */
    remove(run: RunId, database: string): Promise<void>;
  };
  delegations: {
    /** Its giver must have no other: see `end`. */
    add(delegation: Delegation): Promise<void>;
    /** Ends what somebody gave away; the one that there was, be its time over or not. */
    end(from: string, at: Date): Promise<Delegation | undefined>;
  };
  links: {
    /** False where the person has one there, or somebody has this one. */
    add(link: Link): Promise<boolean>;
    /** The one that there was. */
    remove(person: string, front: LinkableFront): Promise<Link | undefined>;
    /** In place of those that the person had made there. Undefined, and nothing is made, where they had `most` made after `since`. */
    makeCode(
      code: Pick<LinkCode, 'person' | 'front' | 'madeAt' | 'expiresAt'> & { hash: string },
      limit: { most: number; since: Date },
    ): Promise<LinkCode | undefined>;
    /** With its row locked until the end of the transaction. */
    codeByHash(hash: string): Promise<LinkCode | undefined>;
    code(number: number): Promise<LinkCode | undefined>;
    /** Somebody wrote it. */
    found(number: number, by: { account: string; name: string }): Promise<void>;
    endCode(number: number, at: Date): Promise<void>;
  };
  reminders: {
    /** Writes down that it is sent; false where it was before. Who does so at the same time waits for this transaction. */
    send(reminder: SentReminder, at: Date): Promise<boolean>;
  };
  schedules: {
    /** Begins to keep it; false where one of this name is kept already. */
    add(record: Pick<ScheduleRecord, 'name' | 'schedule' | 'since' | 'bound'>): Promise<boolean>;
    /** With its row locked until the end of the transaction: who changes or runs it comes one after the other. */
    lock(name: string): Promise<KeptSchedule | undefined>;
    /** Overwrites what is kept, all but its name. */
    update(record: ScheduleRecord): Promise<void>;
    /** Forgets it with its slots and approvals; its requests stay. */
    remove(name: string): Promise<boolean>;
    /** Writes down what became of a slot, once and for all: false where that was done before. */
    settle(name: string, slot: Slot): Promise<boolean>;
    /** The request that a slot was settled for. */
    made(name: string, slot: Date, request: RequestId): Promise<void>;
    /** A yes; one of the same person that is in force counts no more. */
    approve(name: string, approval: StandingApproval): Promise<void>;
    /** Those in force count no more; with `by`, only that person's. */
    voidApprovals(name: string, at: Date, by?: string): Promise<void>;
    /** Their end was announced. */
    reminded(name: string, at: Date): Promise<void>;
  };
  notes: {
    /** Sets a note, or forgets it; false when it stood so already. Who sets the same at the same time waits for this transaction. */
    set(name: string, value: string | undefined): Promise<boolean>;
  };
  events: {
    ofRequest: EventReads['ofRequest'];
    /** Appends; `effects` become outbox rows that tell of it. */
    append(event: NewEvent, effects?: readonly { front: string; kind: string }[]): Promise<Event>;
  };
}
