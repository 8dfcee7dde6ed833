import type { Approval } from '../domain/approval.ts';
import type { Backup } from '../domain/backup.ts';
import type { Hold, HoldAnswer } from '../domain/calendar/hold.ts';
import type { Event, NewEvent } from '../domain/event.ts';
import type { BackupId, HoldId, RequestId, RunId } from '../domain/ids.ts';
import type { ItemState, Request, RequestState } from '../domain/request.ts';
import type { Link, LinkableFront, LinkCode } from '../domain/link.ts';
import type { Delegation } from '../domain/policy/deputies.ts';
import type { Run, StepRecord, Swap } from '../domain/run.ts';
import type { DelegationReads, SentReminder } from './people.ts';
import type { EventReads, HoldReads, KeptSchedule } from './reads.ts';
import type { Schema } from '../domain/schema.ts';
import type { ScheduleRecord, Slot, StandingApproval } from '../domain/schedule/schedule.ts';

/** What can be written; each returns or throws at once, all of it counts when the transaction commits. */
export interface StoreTransaction {
  requests: {
    /** The newest one of this digest that is not over; until the end of the transaction nobody else asks for it. */
    alike(environment: string, digest: string): Promise<Pick<Request, 'id' | 'state'> | undefined>;
    /** Creates it with its items; the id is the next number. */
    create(request: Omit<Request, 'id'>): Promise<Request>;
    /** With its row locked until the end of the transaction. */
    lock(id: RequestId): Promise<Request | undefined>;
    /** `update ... where id = and state =`: false when it was not in `from` any more. */
    move(id: RequestId, from: RequestState, to: RequestState): Promise<boolean>;
    /** Moves the moment at which it lapses. */
    lapses(id: RequestId, expiresAt: Date): Promise<void>;
    /** False when there is a `from` and it was not in that. */
    item(id: RequestId, database: string, state: ItemState, from?: ItemState): Promise<boolean>;
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
    /**
     * Takes the turn of a backup to travel between two hosts, of which `limits` says how many transfers each takes part in at once. Answers the
     * host that has none to give, and undefined where the turn is the run's: it keeps it until it gives it back or ends.
     */
    takeTransfer(
      transfer: { run: RunId; database: string; from: string; to: string },
      limits: Readonly<Record<string, number>>,
    ): Promise<{ host: string; underWay: number } | undefined>;
    /** Answers the databases of the run that keep their turns. */
    giveTransfer(run: RunId, database: string): Promise<string[]>;
    /** Not active any more: its targets are free, and so are its turns to transfer. */
    end(id: RunId, at: Date): Promise<void>;
    step(record: StepRecord): Promise<void>;
    /** Forgets the records of steps, so that a further attempt does them again. */
    forgetSteps(id: RunId, steps: readonly string[]): Promise<void>;
  };
  backups: {
    /**
     * By repository and path: inserts, or overwrites all but id and `foundAt`. Of a file that a run took, and that is still of the same
     * checksum, what is known by runs stays: who took it, the moment of its data, its proof.
     */
    put(backup: Omit<Backup, 'id'>): Promise<Backup>;
    /** As `put`, of many at once, in their order; of two of the same path the last counts. What is as it was is not written again. */
    putAll(backups: readonly Omit<Backup, 'id'>[]): Promise<Backup[]>;
    update(id: BackupId, change: Partial<Omit<Backup, 'id'>>): Promise<void>;
    /** Marks it as missing, for this reason, before it is removed. False, and nothing is done, where it is not there any more or a request needs it. */
    giveUp(id: BackupId, why: string, now: Date): Promise<boolean>;
    /** What a proof found of the file of this checksum, in the place of what was known before; of a file that was replaced since nothing is said. */
    judge(
      backup: { id: BackupId; checksum: string },
      found: Pick<Backup, 'verifiedAt' | 'verifiedBy' | 'unprovenAt' | 'unprovenWhy'>,
    ): Promise<void>;
    /** Keeps what a backup of this checksum would bring; of many the newest 500. */
    keepOutline(checksum: string, schema: Schema): Promise<void>;
  };
  swaps: {
    /** Records it; earlier swaps of the same target become superseded. False, and nothing is done, where this one of the run and database is there. */
    add(swap: Swap): Promise<boolean>;
    dropped(run: RunId, database: string, at: Date): Promise<void>;
    /** The swap did not last (put back): removes it and the superseding marks it made. */
    remove(run: RunId, database: string): Promise<void>;
  };
  /** What is only ever added to: see `Seals.received`. */
  receipts: {
    /** The swap of the run and database that `swaps.add` recorded, with who asked for it and whose yes it has; `event` tells of it. */
    add(run: RunId, database: string, event: Event): Promise<void>;
    /** It was put back, as `event` tells. */
    putBack(run: RunId, database: string, event: Event): Promise<void>;
  };
  delegations: {
    /** Those that have not ended at `now`, oldest first; none of them ends before this transaction does. */
    inForce: DelegationReads['inForce'];
    /** False where its giver has another: see `end`. Who adds one at the same time waits for this transaction. */
    add(delegation: Delegation): Promise<boolean>;
    /** Ends what somebody gave away; the one that there was, be its time over or not. With `since`, only the one that began then. */
    end(from: string, at: Date, since?: Date): Promise<Delegation | undefined>;
  };
  links: {
    /** False where the person has one there, or somebody has this one. */
    add(link: Link): Promise<boolean>;
    /** The one that there was; with `account`, only that one. */
    remove(person: string, front: LinkableFront, account?: string): Promise<Link | undefined>;
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
