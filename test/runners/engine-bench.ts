import type { Engine, ServerAccess } from '../../runners/engine.ts';
import type { HostFile, HostServer } from '../../runners/host-program/host-conf.ts';
import type { PlanItem } from '../../runners/plan.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { BackupFormat } from '../../src/domain/backup.ts';
import type { toNeutralising } from '../../config/packs.ts';
import type { Neutralised } from '../../src/domain/neutralising.ts';
import type { SchemaKind } from '../../src/domain/schema.ts';
import type { Script } from '../../src/domain/script.ts';
import type { Placement, ServerSite } from '../../src/domain/site.ts';

// What the contract of the engines needs of a vendor's server, in words that hold for each. A member is `bench.ts` in the folder of
// an engine's own tests, and one line in `benches.ts`. What a suite itself says in SQL is what every vendor understands.

/** Tables with one column `one` of text each, and its rows. */
export type Words = Readonly<Record<string, readonly string[]>>;

/** A session of the application. What is asked of it is rejected once the server has ended it. */
export type Guest = {
  ask(): Promise<unknown>;
  /** Opens a transaction that has seen, and so holds, table `which`. */
  begin(): Promise<void>;
  /** Makes every row of table `which` read so. */
  write(word: string): Promise<void>;
  commit(): Promise<void>;
  /** Never rejects. */
  end(): Promise<void>;
};

/** Somebody in a database. `ask` rejects once the server has ended them; `end` never does. */
export type Held = Pick<Guest, 'ask' | 'end'>;

export interface BenchServer {
  readonly port: number;
  readonly site: ServerSite;
  /** `reader`: where backups can be taken. */
  readonly passwords: { admin: string; loader: string; reader?: string };
  /** Its line in the file of the host that it runs on, and the vendor's tools there. */
  readonly hostServer: HostServer;
  readonly tools: HostFile['tools'];
  /** What a dump says that was taken of a newer one. */
  readonly newerVersion: string;
  /** Formats in which the vendor's tool here loses more of this server than is known of it, and why. */
  readonly cannotDump: Partial<Record<BackupFormat, string>>;
  stop(): Promise<void>;

  /** Makes a database of the application, and in it these tables, which the application may read and write. */
  make(name: string, words?: Words): Promise<void>;
  /**
   * Makes a database with all that the engine knows: tables with rows, indexes, foreign keys, views, routines, triggers, columns that
   * are counted up, odd values. The same one each time. Table `customer` has at least ten rows.
   */
  makeShop(name: string): Promise<void>;
  /** Makes a database with a value of each kind that the engine keeps: bytes, documents, moments, counted and made up, in partitions. */
  makeRich(name: string): Promise<void>;
  /** Makes one with a table `row_of_many` of so many rows, an index and a text in each. */
  makeLong(name: string, rows: number): Promise<void>;
  /** As odd in its names and values as the engine allows, and small. `live`: others than its owner have rights in it. */
  makeOdd(name: string, live: boolean): Promise<void>;
  /** What others than the owner may do in a database of `makeOdd`, as text. */
  rightsInOdd(name: string): Promise<string>;
  /** A table beside those of `makeShop`, as a placement names it: with its schema where the engine has them. */
  shopTable(table: string): string;
  /** Statements of the owner of a database of the application. */
  asOwner(name: string, sql: string): Promise<void>;
  /** All but the server's own and the engine's records, sorted by code points. */
  databases(): Promise<string[]>;
  /** With whoever is in them; a name that is none is no fault. */
  drop(...names: readonly string[]): Promise<void>;
  /** As somebody would who knows nothing of us; closed stays closed. */
  rename(from: string, to: string): Promise<void>;

  /**
   * Equal exactly when all is equal that `makeShop` and `makeOdd` make; with a format, but for what the vendor's own tool loses when it
   * dumps in that one.
   */
  contentHash(name: string, format?: BackupFormat): Promise<string>;
  /** The first column of an answer as text, as the server's owner and also where a database is closed. */
  ask(name: string, sql: string): Promise<string[]>;
  /**
   * Its lasting name, as `Swap` has it in `liveRef` and `keptRef`; undefined for a database that is not there, or that has none
   * before its first swap.
   */
  refOf(name: string): Promise<string | undefined>;
  /** As the engine counts what is free and what is needed. */
  bytesOf(name: string): Promise<number>;
  /** Whether it is closed to everybody but us; undefined for a database that is not there. */
  isOpen(name: string): Promise<boolean | undefined>;
  /** Who has the right to get in. `application`: any of its identities. */
  mayEnter(name: string): Promise<{ loader: boolean; application: boolean }>;

  /** As the job of a team that knows nothing of us, into a folder. Answers the path below it, which begins with `stem`. */
  dump(name: string, format: BackupFormat, folder: string, stem: string): Promise<string>;
  /** With the vendor's own tools, from a dump in `formats.quick` or one that Freshet took, into a new database of nobody. */
  restoreByHand(file: string, name: string): Promise<void>;

  /** Somebody of the application, in a database of `make`. Rejects where nobody gets in. */
  guest(name: string): Promise<Guest>;
  /** Somebody who may enter what a run is preparing, and whose session can be ended. */
  visitor(name: string): Promise<Held>;
  /** Somebody in whose way no swap of this database comes through, whatever the engine does: it fails with `blocked`. */
  blocker(name: string): Promise<Held>;

  /** The server's own time zone from now on, this many hours ahead of UTC; sessions that are there keep theirs. */
  setZone(hoursAhead: number): Promise<void>;
  /** Resolves when no session of the admin identity is left: whatever it was asked has been done. */
  settled(): Promise<void>;
  /** What another attempt does first: the server has seen this fence of the item. */
  raiseFence(access: ServerAccess, item: PlanItem, run: RunId, fence: number): Promise<void>;
  /** Whether the run has recorded a swap of the item. */
  recordedSwap(access: ServerAccess, item: PlanItem, run: RunId): Promise<boolean>;
}

/** A moment in a swap at which its worker dies. */
export type Interruption<S> = {
  /** Behind "when it had". */
  title: string;
  /** Swaps as the engine does, all being prepared, up to that moment. Afterwards nothing of it runs. */
  die(server: S, at: { access: ServerAccess; item: PlanItem; run: RunId; fence: number }): Promise<void>;
  /** As `Engine.standing` tells it. Where it is `new`, giving up leaves it so. */
  stands: 'old' | 'new' | 'fenced';
};

/** A way to fail before the swap, in the vendor's words. */
export type Failing = {
  title: string;
  placed: Partial<Pick<Placement, 'scripts' | 'sentinels'>>;
  code: string;
  /** What people read of it. */
  cause: RegExp;
};

/** A dump of `makeShop` that is not what it seems. */
export type Spoilt = {
  title: string;
  format: BackupFormat;
  /** `file` is whole. `mark` is a path that the dump may try to make, and must not. Answers where it lies now, and its format. */
  spoil(file: string, mark: string): Promise<{ file: string; format: BackupFormat }>;
  /** Of the failure; absent: any. */
  code?: string;
};

/** What a schema is compared by, and what is written to it. */
export type Impacts<S> = {
  /**
   * Makes a database of nobody with all that a schema is compared by, with names that have to be taken with care and the records of every
   * tool, which our admin identity may read. `marked` is in rows, defaults, comments and bodies, and in no name. Table `orders` has 50 rows,
   * ids from 1 on, and a column `total`.
   */
  make(server: S, name: string, marked: string): Promise<void>;
  /** All migrations that it has, in their order, and of each kind some that it must have. */
  found: Partial<Record<SchemaKind, readonly string[]>>;
  /** The type of `orders.total`. */
  total: string;
  /** An index as it is called. */
  index(table: string, name: string): string;
  /** The server's counters of a database begin anew. False where a look can't tell, as they had been at nothing when it was swapped. */
  forget(server: S, name: string): Promise<boolean>;
};

/** Rows of a target that a refresh keeps. */
export type Keeps<S> = {
  /**
   * Makes the database of nobody `source`, and in `live`, which is there, the tables of its owner: `flags`, by whose key upper and lower case are
   * the same; `users`, numbered by the server, with a column of each kind that has to be taken with care and a trigger `noted` that writes to
   * `log`; `orders`, which refers to `users`; one without a key. Foreign keys are called `of_flag` and `of_user`, the unique names `one_name`.
   * `users` has a column `plan` in the source alone, and `gone` in the live one alone; there users 2 and 9001 are called `qa ...`.
   */
  make(server: S, source: string, live: string): Promise<void>;
  /** As a placement names them. */
  flags: string;
  withoutKey: string;
  /** The latter in a query; its rows of the target have 2 in the column `at`. */
  withoutKeyQuoted: string;
  /** A query: of each user the number, and the text of all that both databases have of it. */
  users: string;
};

/** What the site file says of `neutralise`, and what stands in the files that it names. */
export type ToldNeutral = {
  told: Parameters<typeof toNeutralising>[0];
  files?: Readonly<Record<string, string>>;
};

/** A database that would act on the world, and what takes that from it. */
export type Worlds<S> = {
  /** Makes it, of nobody. No row of it is to be read by people: `ada@` and `sk_live` stand in some. */
  make(server: S, name: string): Promise<void>;
  /** What neutralises it. `script`: what a team does to it before. */
  whole: ToldNeutral & { script?: string };
  /** Queries and what they answer afterwards. */
  afterwards: readonly (readonly [sql: string, answers: readonly string[]])[];
  /** What was done, as people are told. */
  did: readonly Neutralised[];
  /**
   * What the proofs of the packs find where nothing was done; `first` is done in the copy before, by whoever may do all, and `allowed` lets
   * something of that be.
   */
  untouched: ToldNeutral & {
    first: readonly string[];
    found: readonly string[];
    allowed?: ToldNeutral['told'];
  };
  /** Where nobody gets into a copy that was proven: gets in by force, and undoes what was done. Answers how that was refused before. */
  breakIn?(this: void, server: S, name: string): Promise<unknown>;
  /** What fails, and how; `first` is done in the copy before, by whoever may do all. */
  failing: readonly (ToldNeutral & {
    title: string;
    code: string;
    cause: RegExp;
    hint?: RegExp;
    first?: string;
  })[];
};

/** What a backup that is taken is compared by. */
export type Takes<S> = {
  /** Lets the reader read what in a database of `makeRich` no right on the whole of it opens; absent where there is nothing such. */
  open?(server: S, name: string): Promise<void>;
  /** How many rows each table holds itself, by the names that a manifest has. */
  rows(server: S, name: string): Promise<Record<string, number>>;
  /** Puts a row into a table of `makeOdd` that has some. */
  grow(server: S, name: string): Promise<void>;
  /** Gives it another column. */
  change(server: S, name: string): Promise<void>;
  /** Takes what the reader needs from it; answers the codes of what is said then. */
  blind(server: S, name: string): Promise<readonly string[]>;
  /** Gives it back. */
  see(server: S, name: string): Promise<void>;
};

export interface EngineBench<S extends BenchServer = BenchServer> {
  readonly engine: Engine;
  /** What the machine must have, by the names of `needs` in `test/skip.ts`, besides sshd. */
  readonly needs: readonly string[];
  /** `folder` is its own; who calls removes it. `durable`: it writes through, as in production. `small`: it must fit on `disk`. */
  start(folder: string, options: { durable: boolean; small?: boolean }): Promise<S>;
  /** What its dumps say of the server that they were taken from. */
  readonly engineVersion: string;
  /** The oddest live name that it takes, 63 bytes long. */
  readonly oddName: string;
  readonly formats: {
    quick: BackupFormat;
    /** Of these suites one that differs in how it travels, is loaded or read suffices each. */
    fetched: readonly BackupFormat[];
    odd: readonly BackupFormat[];
    empty: readonly BackupFormat[];
    /** Those that tell when they were made. */
    dated: readonly BackupFormat[];
    /** Those in which a byte that was turned over is found. */
    summed: readonly BackupFormat[];
    /** Those that tell the version of their server. */
    versioned: readonly BackupFormat[];
  };
  /** A database is known by its lasting name wherever it was renamed to; else only where it was put. */
  readonly keepsLastingNames: boolean;
  /** A swap ends sessions that do nothing; else they go on in what is live then. */
  readonly endsIdleSessions: boolean;
  /** Cuts a backup off behind a share of it, 0.6 if nothing is said: of a folder, one of its files with data. */
  cut(file: string, format: BackupFormat, share?: number): Promise<void>;
  /** Changes one in `formats.quick` at once, so that it can be loaded as before. */
  alter(file: string): void;
  /** A disk that can be filled without harm to the server itself: where, below the server's folder, it is mounted before the start. Not of a server that others started. */
  readonly disk?: {
    below: string;
    megabytes: number;
    /** Puts a database there, and so its new copies, where not all of them lie there. `path`: of the disk. */
    move(server: S, database: string, path: string): Promise<void>;
    /** What people read when it is full. */
    full: RegExp;
  };
  /**
   * The same server, whose connection is gone before it answers a statement; that has been carried out by then. `at`: its number from
   * one on, among those that change something.
   */
  severed(access: ServerAccess, at: number): ServerAccess;
  /** Takes a file with data out of a folder format, and what is said of the folder then. */
  readonly folder?: { takeOut(file: string): Promise<void>; says: RegExp };
  /** Dumps of other vendors that it takes for its own by their names. */
  readonly strangers: readonly { path: string; text: string }[];
  /**
   * A script that fails and has changed nothing, where the engine has such; and those that may have done a part. They begin with
   * `part`.
   */
  scripts(part: string, broken: string): { atomic?: string; endsItself: readonly string[] };
  readonly failing: readonly Failing[];
  readonly spoilt: readonly Spoilt[];
  /** Code of a swap that a `blocker` is in the way of. */
  readonly blocked: string;
  readonly interruptions: readonly Interruption<S>[];
  readonly impacts: Impacts<S>;
  readonly keeps: Keeps<S>;
  readonly worlds: Worlds<S>;
  readonly takes: Takes<S>;
}

/** A script of an environment. */
export function scriptOf(text: string, path = 'sql/x.sql'): Script {
  return { path, sha256: '', text };
}
