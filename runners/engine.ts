import type { EngineSite } from '../src/domain/engine-site.ts';
import type { Backup } from '../src/domain/backup.ts';
import type { Inspection, Survey, Writes } from '../src/domain/impact.ts';
import type { HostSite, Placement, RepositorySite, ServerSite } from '../src/domain/site.ts';
import type { RequestKind } from '../src/domain/request.ts';
import type { RequestId, RunId } from '../src/domain/ids.ts';
import type { Swap } from '../src/domain/run.ts';
import type { Schema, SchemaDiff } from '../src/domain/schema.ts';
import type { LocalTime } from '../src/domain/zone.ts';
import type { Causes } from './causes.ts';
import type { HostProgram } from './host-program/client.ts';
import type { HostPath, HostReportLines, HostStep } from './host-program/step.ts';
import type { ActStep, PlanItem, Step } from './plan.ts';
import type { Host } from './transport/host.ts';

/** A server as an engine reaches it: its host's two kinds of channel and the passwords of its identities. */
export type ServerAccess = {
  site: ServerSite;
  host: Host;
  program: HostProgram;
  password(identity: 'loader' | 'admin' | 'reader'): Promise<string>;
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
  /** For a take: the environment it is taken of, and the repository that it goes to. */
  into?: Destination;
};

/** Where a backup goes that is taken. */
export type Destination = {
  environment: string;
  repository: RepositorySite;
  host: HostSite;
  /** Of that host; only for a look at it. */
  program: HostProgram;
  request?: RequestId;
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

/** What the act `swap` tells, whichever way it went; it becomes the `Swap` that is kept, and the event that people read. */
export type SwapResult = {
  /** The lasting name of the database that went live. */
  liveRef: string;
  /** That of the one that was live before and is kept; empty where there was none. */
  keptRef: string;
  /** For how long nobody could connect. */
  outageSeconds: number;
  /** What of the old database could not be given to the new one, in plain words. */
  notCarried: readonly string[];
  /** What differs in the schema between what came and what it replaced; absent where it was not compared, as of an undo. */
  changed?: SchemaDiff;
  /** What the server counts as written to what went live, at the swap: later changes are counted from there. */
  writes?: Writes;
  /** What was kept of the old database, in plain words. */
  keeps?: readonly string[];
};

/** The result of an act `swap`. It is swapped by then: what is missing is empty, and nothing is thrown. */
export function swapResult(told: StepResult): SwapResult {
  const { liveRef, keptRef, outageSeconds, notCarried, changed, writes, keeps } = told;
  return {
    liveRef: typeof liveRef === 'string' ? liveRef : '',
    keptRef: typeof keptRef === 'string' ? keptRef : '',
    outageSeconds: typeof outageSeconds === 'number' ? outageSeconds : 0,
    notCarried: strings(notCarried),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the engine's own comparison
    ...(changed === undefined ? {} : { changed: changed as SchemaDiff }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
    ...(writes === undefined ? {} : { writes: writes as Writes }),
    ...(keeps === undefined ? {} : { keeps: strings(keeps) }),
  };
}

/** What earlier steps of these names told as `notCarried`: an engine's `swap` passes it on. */
export function notCarriedBy(names: readonly string[], { results, item }: ActContext): string[] {
  return names.flatMap((name) => strings(results[`${item.database}.${name}`]?.notCarried));
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

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
  /** 0..1 of this step; `note`: what is told beside its title. */
  progress(fraction: number, note?: string): void;
};

/** How a server and its host are made ready for an engine. */
export type EngineSetup = {
  /** The vendor's programs that steps start on a host; they lie in one folder. */
  programs: readonly string[];
  /** What backups are taken with, and under whom; absent where there is no `dumping`. */
  takes?: {
    /** Programs that a host has beside the others. */
    programs: readonly string[];
    /** SQL for a server that is only read: its reader and nothing else. Repeatable. */
    sql(reader: string, databases: readonly string[]): string;
  };
  /**
   * SQL that makes the identities where they are missing (without passwords), our own records, and nothing else. Run once by an
   * administrator of the server; repeatable. `owners` may come to own what is restored; of `databases`, which are live ones, the
   * server knows them itself.
   */
  sql(roles: {
    admin: string;
    loader: string;
    /** Whom backups are taken under; absent: none are. */
    reader?: string;
    owners: readonly string[];
    databases?: readonly string[];
  }): string;
  /** How that file is run and the passwords are set, for people: `psql -f FILE, ...`. */
  run(file: string, maintenanceDatabase: string): string;
  /** Where the password file of the tools on the host usually lies, and what is written into it, for people. */
  passfile: string;
  passwordLine: string;
  /** What the server is asked to tell its data folder. */
  dataFolderQuery: string;
};

/** What an engine adds to the recipe `take`: its dump, and how that is read. */
export type Dumping = {
  format: Backup['format'];
  kind: Candidate['kind'];
  /** What the name of a backup ends with, so that a scan knows it by its name; empty for a folder. The host lets no other one be written. */
  ending: '' | '.sql.zst';
  /**
   * Dumps the live database as its reader, consistently, compressed, and in parallel where the engine can, into `place`. Its report is
   * `pg-dump-progress`, `mysql-dump-progress` or another one that tells `began`: the moment of a dump's data is its start.
   */
  dump(item: ItemContext, place: HostPath): Pick<HostStep, 'pipe' | 'report' | 'stdout'>;
  /** Reads a dump to its end through a filter that counts rows and hashes the definitions: `tally`, or one that tells the same. */
  tally(place: HostPath): HostStep['pipe'];
};

/** A recognised kind of file, before it is read. */
export type Candidate = { path: string; kind: 'file' | 'folder'; format: Backup['format'] };

/** A vendor's database. A member is a folder beside this file, and one line in `index.ts`. */
export interface Engine {
  readonly name: string;
  /** What the configuration knows of its servers. */
  readonly site: EngineSite;
  /** What an administrator is told by `npx freshet host install`. */
  readonly setup: EngineSetup;
  /** What its tools on a host say when they fail, in words; goes before what is the same for all. */
  readonly causes: Causes;
  /** Formats it restores. */
  readonly formats: readonly Backup['format'][];
  /** Its steps carry what `keep` of a placement names; else whoever asks for it is refused. */
  readonly keepsRows?: boolean;

  /**
   * Reads what a request would meet. Changes nothing. For `problems` it proves every right that the run will need
   * (each identity, extensions, roles, space, tool versions against the backup's engine version).
   */
  inspect(access: ServerAccess, item: ItemContext): Promise<Inspection>;

  /**
   * What a live database is made of, by names, and what was written to it since its server counts. Reads only, and of rows none but those
   * in which the usual tools write down their migrations. Absent: the engine can't tell.
   */
  survey?(access: ServerAccess, databaseName: string, signal?: AbortSignal): Promise<Survey>;

  /** What it adds to the recipe `take`; absent: its databases can't be dumped by Freshet. */
  readonly dumping?: Dumping;

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
  /** Drops the copy that a swap replaced and kept, if it is still exactly that one. Throws Conflict (`kept-differs`, `kept-in-use`). */
  dropReplaced(access: ServerAccess, swap: Swap): Promise<void>;

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
  /** The schema that a backup would bring, by names, read on its host without loading it. `Unavailable` where it can't be. Absent: the engine can't tell. */
  outline?(
    program: HostProgram,
    root: string,
    candidate: Candidate,
    run: RunId,
    signal?: AbortSignal,
  ): Promise<Schema>;
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
