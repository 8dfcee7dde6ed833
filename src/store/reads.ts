import type { Backup, BackupFilter, Takeable } from '../domain/backup.ts';
import type { Hold, HoldAnswer } from '../domain/calendar/hold.ts';
import type { Event, EventType } from '../domain/event.ts';
import type { BackupId, HoldId, RequestId, RunId } from '../domain/ids.ts';
import type { Request, RequestKind, RequestState } from '../domain/request.ts';
import type { Progress, Run, StepRecord, Swap } from '../domain/run.ts';
import type { Schema } from '../domain/schema.ts';
import type { ScheduleRecord, Slot, StandingApproval } from '../domain/schedule/schedule.ts';

// What of the state is read, by whom it is about; `store.ts` is the head.

/** One page of a list that is sorted newest first. */
export type Page = { limit: number; offset: number };

export interface RequestReads {
  get(id: RequestId): Promise<Request | undefined>;
  list(
    filter: {
      environment?: string;
      states?: readonly RequestState[];
      requestedBy?: string;
      /** Somebody asked for it, and no schedule by itself. */
      inPerson?: true;
      kind?: RequestKind;
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
      /** A hook of it failed since. */
      hookFailedSince?: Date;
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
  /** Approved ones whose moment is still to come at `now`, in the order of their numbers; `after` and `limit` as of `due`. */
  ahead(now: Date, which: { after?: RequestId; limit: number }): Promise<Request[]>;
}

export interface RunReads {
  get(id: RunId): Promise<Run | undefined>;
  ofRequest(id: RequestId): Promise<Run | undefined>;
  /** All active runs; `unleased` keeps those whose lease has ended by the database's clock (or that have none). */
  active(filter?: { unleased?: boolean }): Promise<Run[]>;
  /** The request whose run has one of these targets (`server/databaseName`) now; of several the one that began first. */
  holder(targets: readonly string[]): Promise<RequestId | undefined>;
  /** Of the newest runs of this kind that swapped a target: the seconds from the start to the barrier before the swaps. */
  preparations(
    target: { server: string; databaseName: string },
    kind: RequestKind,
    limit: number,
  ): Promise<number[]>;
  /** Of the newest runs of this kind that swapped a target: how long the steps of that database before the swap took, and how large its backup was. */
  preparedBySize(
    target: { server: string; databaseName: string },
    kind: RequestKind,
    limit: number,
  ): Promise<{ seconds: number; bytes?: number; format?: string }[]>;
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
  /** Newest usable backup of a database that failed no proof, whose anonymisation is one of `accepts`. */
  newest(database: string, accepts: readonly string[]): Promise<Backup | undefined>;
  /** Of each the newest that failed no proof, with data of `until` or before; those without one are left out. What has no known moment is never among them. */
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
   * its case; newest first, at most `limit`. With `accepts` only usable ones of these kinds, with `notOf` none of that environment. Looks through the newest 5000 of
   * each kind, of those of the year, month or day that a word names, and through those whose file's name begins with a word.
   */
  search(
    what: { database: string; words: readonly string[]; accepts?: readonly string[]; notOf?: string },
    limit: number,
  ): Promise<Backup[]>;
  /** What the backup of this checksum would bring, by names; undefined where nobody has looked into it yet, or long ago. */
  outline(checksum: string): Promise<Schema | undefined>;
  /** Those of them that a request still needs: one that waits, runs or is fenced, or that failed and may be repeated. */
  needed(ids: readonly BackupId[], now: Date): Promise<BackupId[]>;
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
  /** Those of these types among the newest `among` that are of no request, the newest first. */
  ofNoRequest(types: readonly EventType[], among: number): Promise<Event[]>;
  /** Resolves when something was written since the call, or after the time: a hint to look, never relied on. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
}

export interface SwapReads {
  /** The newest swap of a target. */
  latest(server: string, databaseName: string): Promise<Swap | undefined>;
  /** With `stands`. */
  ofRun(run: RunId): Promise<Swap[]>;
  /** Those that the run's own swaps came over, and those whose copies they made live again. */
  replacedBy(run: RunId): Promise<Swap[]>;
  /** The newest swap of each target, with its request's kind, who asked for it, and how many swaps its run made that were not taken back. */
  standing(): Promise<{ swap: Swap; kind: RequestKind; requestedBy: string; ofRun: number }[]>;
  /** The moment of the data that went live last on each of these targets; those of which it is not known are left out. */
  contents(
    targets: readonly { server: string; databaseName: string }[],
  ): Promise<{ server: string; databaseName: string; dataAt: Date }[]>;
  /** Kept copies whose time is over, that were not dropped yet and that no open undo is to bring back. */
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
  /** Keeps one that was dealt with before it came here: it is known, and nobody takes it. */
  settled(source: string, key: string, body: unknown): Promise<void>;
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
