import type { Backup } from '../src/domain/backup.ts';
import type { HostSite, Placement, RepositorySite, ServerSite } from '../src/domain/site.ts';
import type { RequestKind } from '../src/domain/request.ts';
import type { RunId } from '../src/domain/ids.ts';
import type { Swap } from '../src/domain/run.ts';
import type { LocalTime } from '../src/domain/zone.ts';
import type { HostProgram } from './host-program/client.ts';
import type { HostReportLines } from './host-program/step.ts';
import type { ActStep, PlanItem, Step } from './plan.ts';
import type { Host } from './transport/host.ts';

/** A server as an engine reaches it: its host's two kinds of channel and the passwords of its two identities. */
export type ServerAccess = {
  site: ServerSite;
  host: Host;
  program: HostProgram;
  password(identity: 'loader' | 'admin'): Promise<string>;
};

/** All that a plan for one database is made from. */
export type ItemContext = {
  kind: RequestKind;
  run: RunId;
  placement: Placement;
  server: ServerSite;
  host: HostSite;
  drainSeconds: number;
  /** For a refresh. */
  source?: { backup: Backup; repository: RepositorySite; host: HostSite };
  /** For an undo: the swap that is taken back. */
  undoes?: Swap;
};

/** What can be seen of a target without touching it; shown before anyone is asked to approve. */
export type Inspection = {
  serverVersion: string;
  /** Whether the live database exists now, its size, and its lasting name (oid). */
  live?: { ref: string; bytes: number };
  sessions: readonly { user: string; application: string; count: number }[];
  /** Where the server keeps its data; absent where the host's file names no folder for it. */
  freeBytes?: number;
  /** What must be mended first; nobody is asked to approve while there is one. Plain words with the remedy. */
  problems: readonly { code: string; message: string; hint: string }[];
  /** What people should know. */
  warnings: readonly string[];
};

/** A database that a run made beside a live one and that did not go live. */
export type Leftover = {
  run: RunId;
  /** The live name. */
  databaseName: string;
  name: string;
  /** Its lasting name (PostgreSQL: oid). */
  ref: string;
  /** Closed to everybody: kept for a retry. */
  closed: boolean;
};

/** What an act hands to later steps and to people. Small; no rows, no secrets. */
export type StepResult = Readonly<Record<string, unknown>>;

/** What the executor gives an engine to perform a step with. */
export type ActContext = {
  access: ServerAccess;
  /** The host program of any host of the site: backups come from elsewhere. */
  program(host: string): HostProgram;
  run: RunId;
  /** Position of the run: statements that change the live database check it in their own transaction. */
  fence: number;
  item: PlanItem;
  /** Results of this item's earlier steps, by step id. */
  results: Readonly<Record<string, StepResult>>;
  signal: AbortSignal;
  /** What a running exec step's report says now; only for `progressOf`. */
  report?: HostReportLines;
  /** 0..1 of this step. */
  progress(fraction: number): void;
};

/** A recognised kind of file, before it is read. */
export type Candidate = { path: string; kind: 'file' | 'folder'; format: Backup['format'] };

/** A vendor's database. A member is a folder beside this file, and one line in `index.ts`. */
export interface Engine {
  readonly name: string;
  readonly title: string;
  /** Formats it restores. */
  readonly formats: readonly Backup['format'][];

  /**
   * Reads what a refresh or undo would meet. Changes nothing. For `problems` it proves every right that the run will need
   * (each identity, extensions, roles, space, tool versions against the backup's engine version).
   */
  inspect(access: ServerAccess, item: ItemContext): Promise<Inspection>;

  /** The steps of one item, pure: the same context gives the same steps. */
  steps(item: ItemContext): { item: PlanItem; steps: Step[] };

  /** Performs an `act` step. May be called again after a crash in the middle: ends in the same state. */
  act(step: ActStep, context: ActContext): Promise<StepResult>;
  /** 0..1 of an `exec` step that is running, from the server's own views; undefined when it can't tell. */
  progressOf?(step: Step, context: ActContext): Promise<number | undefined>;

  /**
   * Keeps what this run prepared for the item until an attempt takes it up: closed to everybody, its sessions ended; the
   * target as it was. False when it is not there as it was recorded. Repeatable.
   */
  keep(access: ServerAccess, item: PlanItem, run: RunId, fence: number): Promise<boolean>;
  /**
   * Takes up again what this run prepared for the item, open to us alone; true as well when it is what went live. False
   * when it is not there as it was recorded: the item begins anew. Repeatable.
   */
  takeUp(access: ServerAccess, item: PlanItem, run: RunId, fence: number): Promise<boolean>;
  /** What runs made on the server and is still there, by its own records: never by names alone. */
  leftovers(access: ServerAccess): Promise<Leftover[]>;
  /** Drops it, if it is still exactly that. Repeatable. Only for runs that are over. */
  dropLeftover(access: ServerAccess, leftover: Leftover): Promise<void>;
  /**
   * Takes back what an item's steps did before its swap: ends the new database's sessions, drops it (by oid), and leaves the
   * target as it was. Repeatable.
   */
  abandon(access: ServerAccess, item: PlanItem, run: RunId, fence: number): Promise<void>;
  /** Swaps an item back that was already swapped in this run. Repeatable. */
  putBack(access: ServerAccess, item: PlanItem, run: RunId, fence: number): Promise<void>;
  /** How the target stands, by what was recorded before the swap. */
  standing(access: ServerAccess, item: PlanItem, run: RunId): Promise<'old' | 'new' | 'fenced'>;
  /** Drops a copy that was kept by a swap, if it is still exactly that one. */
  dropKept(access: ServerAccess, swap: Swap): Promise<void>;

  /** Which of the entries of a folder are backups of this engine, by their names and kinds alone. */
  recognise(entries: readonly { path: string; kind: 'file' | 'folder' }[]): Candidate[];
  /** Opens a recognised file on its host and reads it to its end. */
  read(
    program: HostProgram,
    root: string,
    candidate: Candidate,
    run: RunId,
    signal?: AbortSignal,
  ): Promise<ArchiveReading>;
}

/** What a backup file tells of itself. Names in it are never trusted: they are compared, never used. */
export type ArchiveReading =
  | {
      state: 'whole';
      checksum: string;
      engineVersion?: string;
      /** Name of the database it was taken from, as the archive says. */
      databaseName?: string;
      /** The wall clock at the start of the dump, as the archive has it; in which zone, only the site or its host know. */
      createdAt?: LocalTime;
    }
  | { state: 'corrupt'; why: string }
  | { state: 'other'; why: string };
