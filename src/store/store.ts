import type { Approval } from '../domain/approval.ts';
import type { Anonymisation, Backup, BackupFilter } from '../domain/backup.ts';
import type { Event, EventType, NewEvent } from '../domain/event.ts';
import type { BackupId, RequestId, RunId } from '../domain/ids.ts';
import type { ItemState, Request, RequestKind, RequestState } from '../domain/request.ts';
import type { Progress, Run, StepRecord, Swap } from '../domain/run.ts';
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
  seals: Seals;
  mirrors: MirrorReads;
  inbox: Inbox;
  outbox: Outbox;
  viewers: Viewers;

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

export interface BackupReads {
  get(id: BackupId): Promise<Backup | undefined>;
  /** Those of them that there are, in no order. */
  several(ids: readonly BackupId[]): Promise<Backup[]>;
  /** Sorted by moment (data, else file), newest first. */
  list(filter: BackupFilter, page: Page): Promise<{ backups: Backup[]; total: number }>;
  /** Newest usable backup of a database, whose anonymisation is one of `accepts`. */
  newest(database: string, accepts: readonly string[]): Promise<Backup | undefined>;
  /**
   * Backups of a database in which every word is found (number, moment in UTC, repository, file, kind of data, scope), whatever
   * its case; newest first, at most `limit`. With `accepts` only usable ones of these kinds.
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
  /** Kept copies whose time is over and that were not dropped yet. */
  dueForDrop(now: Date): Promise<Swap[]>;
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
    /** Replaces digest, terms and items' bindings when an approval was voided; only while pending. */
    rebind(id: RequestId, bound: Pick<Request, 'digest' | 'terms' | 'items'>, expiresAt: Date): Promise<void>;
  };
  approvals: {
    of(request: RequestId): Promise<Approval[]>;
    /** Throws `Conflict` (code `request-decided`) where one of the same person, or of the rule, is in force. */
    add(approval: Approval): Promise<void>;
    /** Those in force count no more; with `by`, only that person's. */
    voidAll(request: RequestId, at: Date, by?: string): Promise<void>;
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
    update(id: BackupId, change: Partial<Omit<Backup, 'id'>>): Promise<void>;
  };
  swaps: {
    /** Records it; earlier swaps of the same target become superseded. Repeating it for the same run and database is no error. */
    add(swap: Swap): Promise<void>;
    dropped(run: RunId, database: string, at: Date): Promise<void>;
    /** The swap did not last (put back): removes it and the superseding marks it made. */
    remove(run: RunId, database: string): Promise<void>;
  };
  notes: {
    /** Sets a note, or forgets it; false when it stood so already. Who sets the same at the same time waits for this transaction. */
    set(name: string, value: string | undefined): Promise<boolean>;
  };
  events: {
    /** Appends; `effects` become outbox rows that tell of it. */
    append(event: NewEvent, effects?: readonly { front: string; kind: string }[]): Promise<Event>;
  };
}
