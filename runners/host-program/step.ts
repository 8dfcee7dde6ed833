import type { RunId } from '../../src/domain/ids.ts';

/**
 * A place on a host. Never an absolute path: roots are named in the host's own root-owned file, and what comes
 * behind is refused when it is absolute, has a `..`, or leads over a link.
 */
export type HostPath =
  /** Below a named backup root: `{root: 'nightly', path: 'orders.dump'}`. Read only, but for what a dump is written under. */
  | { root: string; path: string }
  /** Below this run's own folder on the host (0700): `{run: 'orders.list'}`. */
  | { run: string };

/** A word of a command: literal text, or a place that the host turns into a path. */
export type Word = string | HostPath;

/**
 * One process: `tool` is a name from the host's list (`pg_restore`, `psql`, `zstd` ...) or one of the program's own
 * filters (see `runners/host-program/readme.md`); the host knows which options each tool may be given and refuses all others.
 */
export type HostCommand = { tool: string; args: Word[] };

/** Which database the tools of a step connect to. Host, port, role and password file are put in by the host itself. */
export type HostConnection = {
  /** A server named in the host's file. */
  server: string;
  /** The host's tools never log in as another one; `reader` is for dumps alone. */
  identity: 'loader' | 'reader';
  /** For the loader the host accepts the new database of `target` for this run, for the reader the live one; nothing else. */
  database: string;
};

/** What a step's output may tell the bot; everything else stays in the run's folder (0600) on the host. */
export type HostReport =
  | 'none'
  /** Counts `finished item` lines of `pg_restore --verbose`. */
  | 'pg-restore-progress'
  /** When a dump began, by the host's clock in milliseconds, and the `finished item` lines of `pg_dump --verbose`. */
  | 'pg-dump-progress'
  /** When a dump began, likewise, and how many bytes of it are written. */
  | 'mysql-dump-progress'
  /** What `tally` counted of a dump, and what `keep` gave its name: `schema`, `tables`, `rows`, `bytes`, `modified`. */
  | 'taken'
  /** Header lines of `pg_restore -l`: format, dbname, versions, created-at, number of entries. */
  | 'pg-archive-header'
  /** Header and completion trailer of a plain dump. */
  | 'pg-plain-frame'
  /** Names of what a dump makes, of the `outline` filter: `table-1`, `column-1`, `migration-1` ... */
  | 'outline'
  /** Header, databases and completion of a dump of mysqldump, or metadata of a folder of mydumper. */
  | 'mysql-frame'
  /** `sha256 HEX bytes N` of the `digest` filter. */
  | 'digest'
  /** Bytes moved so far. */
  | 'bytes';

/**
 * A step as data. Same `run` and `step` are the same step: however often it is submitted, it starts once.
 * A submission with the same ids but other content is refused (`Conflict`, code `step-differs`).
 */
export type HostStep = {
  run: RunId;
  /** Kebab-case with dots, unique in its run and attempt: `orders.load`, on a second attempt `orders.load.2`. */
  step: string;
  /** Refused (`Fenced`, code `fence-passed`) when the host has seen a larger one for `target`. */
  fence: number;
  /** A target named in the host's file, or for a dump a source. Steps that touch no target (catalogue reads) have none. */
  target?: string;
  connection?: HostConnection;
  /** Joined by pipes, left to right. The step fails when any of them fails. */
  pipe: HostCommand[];
  /** What the first process reads; nothing by default. Text travels with the step. */
  stdin?: HostPath | { text: string };
  /** Where the last process's output goes; by default to the run's log, unseen. */
  stdout?: HostPath;
  /** Small files put into the run's folder before the start: name -> text. */
  files?: Record<string, string>;
  report: HostReport;
};

/** What a step runs, reads, writes and may tell: without its ids, and whom it connects as. */
export type HostPiece = Pick<HostStep, 'pipe' | 'report'> & Partial<Pick<HostStep, 'stdin' | 'stdout'>>;

/** How a step stands, as its journal on the host says. */
export type HostStepState =
  | { state: 'absent' }
  | { state: 'running'; startedAt: Date; report: HostReportLines }
  | {
      state: 'ended';
      startedAt: Date;
      endedAt: Date;
      /** 0 when every process of the pipe ended well; 128 + n after signal n. */
      exitCode: number;
      /** A cause the host recognised in the tool's messages, in allow-listed words; undefined when it did not. */
      cause?: HostCause;
      report: HostReportLines;
    }
  /** Started, but neither running nor ended: killed from outside, or the host was booted anew since. */
  | { state: 'lost'; startedAt: Date; rebooted: boolean };

/** `code` is from a fixed list (`no-space`, `permission-denied`, `role-missing` ...), `object` an identifier that was named, never a value. */
export type HostCause = { code: string; object?: string };

/** Key -> value of the lines that the step's `report` lets through. */
export type HostReportLines = Readonly<Record<string, string>>;

/** A file or folder-format backup below a root. Links, sockets and the like are not listed. */
export type HostEntry = {
  path: string;
  kind: 'file' | 'folder';
  bytes: number;
  modifiedAt: Date;
};

/** What a host is and has. */
export type HostFacts = {
  /** Version of the program on the host. */
  version: string;
  bootId: string;
  /** The host's clock at the answer. */
  now: Date;
  /** The host's zone as an offset, `+0100`: archives carry local times without one. */
  utcOffset: string;
  /** Tool name -> first line of its `--version`, or undefined where the configured path is not executable. */
  tools: Readonly<Record<string, string | undefined>>;
  targets: readonly string[];
  /** Databases that may be dumped and are never a target. */
  sources: readonly string[];
  roots: readonly string[];
  /** Those of the roots that a dump may be written into. */
  takes: readonly string[];
  servers: readonly string[];
  hooks: readonly string[];
};
