/** What lies in the databases and in the folders of backups, read a moment ago: by the page itself, not by Freshet. */
export type DatabasesState = {
  /** Targets first, production last. */
  environments: readonly Environment[];
  /** By repository, newest first. */
  folders: readonly Folder[];
};

export type Environment = {
  name: string;
  title: string;
  /** Production is where backups come from, and never a target. */
  production: boolean;
  protected: boolean;
  accepts: readonly string[];
  /** In the order of the site file. */
  databases: readonly Database[];
};

export type Database = {
  /** As the site file calls it, in every environment. */
  name: string;
  /** Its live name on the server. */
  databaseName: string;
  host: string;
  /** Undefined until it was read; `closed`: nobody can connect at this moment. */
  now: Sample | undefined;
  closed: boolean;
  bytes: number | undefined;
  /** What a refresh put there; undefined as long as nothing did. */
  holds: Holds | undefined;
  /** The replaced copy that an undo brings back. */
  before: Before | undefined;
  /** The database that a run fills right now, beside the live one. */
  making: { name: string; bytes: number } | undefined;
  sessions: readonly { application: string; user: string; count: number }[];
};

/** A few telling rows, and how many there are. */
export type Sample = {
  counts: readonly Count[];
  /** What the cells of the rows are. */
  headings: readonly string[];
  rows: readonly Row[];
};

/** `12,000 orders, newest 23 Nov 2026`. */
export type Count = { what: string; count: number; newestAt: number | undefined };

/** `isCase`: a test case that QA made by hand. */
export type Row = { cells: readonly string[]; isCase: boolean };

export type Holds = {
  /** `BKP-7`; undefined when an undo brought back what no refresh had put there. */
  backup: string | undefined;
  anonymisation: string | undefined;
  dataAt: number | undefined;
  since: number;
  request: string;
  /** It came back by an undo. */
  undone: boolean;
  /** Seconds for which nobody could connect. */
  outageSeconds: number;
};

export type Before = {
  name: string;
  backup: string | undefined;
  keptUntil: number;
  bytes: number;
  /** What the page saw in it while it was live: a kept copy is closed to everybody. */
  sample: Sample | undefined;
};

export type Folder = {
  repository: string;
  host: string;
  anonymisation: string;
  backups: readonly Stored[];
};

/** A backup in a folder. */
export type Stored = {
  file: string;
  bytes: number;
  takenAt: number;
  /** Undefined: Freshet has not read it yet. */
  id: string | undefined;
  state: 'present' | 'missing' | 'corrupt' | 'unread';
  why: string | undefined;
};
