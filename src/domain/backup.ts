import { idNumber, type BackupId, type RequestId } from './ids.ts';

/** `raw`: as in the source; `declared`: a repository's setting says anonymised; `proven`: built by Freshet, tied to the checksum. */
export const anonymisations = ['raw', 'declared', 'proven'] as const;
export type Anonymisation = (typeof anonymisations)[number];

export const backupScopes = ['full', 'subset'] as const;
export type BackupScope = (typeof backupScopes)[number];

/** `missing`: its file is gone since the last scan; `corrupt`: could not be read to its end. */
export const backupStates = ['present', 'missing', 'corrupt'] as const;
export type BackupState = (typeof backupStates)[number];

/** Where the moment of the data is known from. `unknown` is never aligned with anything. */
export type DataAtOrigin = 'manifest' | 'archive-header' | 'name-pattern' | 'unknown';

/** How an engine calls a form of its backups: `pg-custom`, `mydumper`. `Engine.formats` has them; each is of one engine alone. */
export type BackupFormat = string;

/** A restorable copy of one database, as the catalogue knows it. */
export type Backup = {
  id: BackupId;
  /** The logical database of the site file it is a copy of. */
  database: string;
  /** The environment it came from. */
  environment: string;
  repository: string;
  /** Below the repository's root. */
  path: string;
  engine: string;
  format: BackupFormat;
  /** Version of the server it was taken from, `15.18`, where the backup tells. */
  engineVersion?: string;
  /** The moment its data is true. */
  dataAt?: Date;
  dataAtOrigin: DataAtOrigin;
  /** When the file was last written. */
  takenAt: Date;
  bytes: number;
  /** SHA-256 in hex, of the file or (folders) of the sorted list of its files' digests. Absent until it was read. */
  checksum?: string;
  anonymisation: Anonymisation;
  scope: BackupScope;
  derivedFrom?: BackupId;
  state: BackupState;
  /** Why it is corrupt, in plain words. */
  stateReason?: string;
  foundAt: Date;
  /** When it was read to its end for the first time. */
  readAt?: Date;
  /** When a restore of it was proven last, and by which request; absent: never, or it failed since. */
  verifiedAt?: Date;
  verifiedBy?: RequestId;
  /** When a proof of it failed by its own fault, and why, in plain words; absent: never, or it was proven since. */
  unprovenAt?: Date;
  unprovenWhy?: string;
  /** The request that Freshet took it for; what was found has none. */
  takenBy?: RequestId;
};

/**
 * What a restore brought, as it was known when it was restored: it stays so whatever becomes of the backup's file and of what the
 * catalogue says of it.
 */
export type Contents = Pick<
  Backup,
  'id' | 'database' | 'environment' | 'repository' | 'path' | 'dataAt' | 'anonymisation' | 'scope'
> & {
  checksum: string;
  /** Absent where the file had been replaced before this was kept with the swap. */
  takenAt?: Date;
};

/** What a restore of this backup brings. */
export function contentsOf(backup: Backup & { checksum: string }): Contents {
  const { id, database, environment, repository, path, checksum, dataAt, takenAt, anonymisation, scope } =
    backup;
  return {
    id,
    database,
    environment,
    repository,
    path,
    checksum,
    ...(dataAt === undefined ? {} : { dataAt }),
    takenAt,
    anonymisation,
    scope,
  };
}

/** As JSON has it: its moments in ISO 8601. */
export type ContentsText = Omit<Contents, 'dataAt' | 'takenAt'> & { dataAt?: string; takenAt?: string };

export function contentsText({ dataAt, takenAt, ...rest }: Contents): ContentsText {
  return {
    ...rest,
    ...(dataAt === undefined ? {} : { dataAt: dataAt.toISOString() }),
    ...(takenAt === undefined ? {} : { takenAt: takenAt.toISOString() }),
  };
}

export function contentsFrom({ dataAt, takenAt, ...rest }: ContentsText): Contents {
  return {
    ...rest,
    ...(dataAt === undefined ? {} : { dataAt: new Date(dataAt) }),
    ...(takenAt === undefined ? {} : { takenAt: new Date(takenAt) }),
  };
}

/** The moment to show and sort by: of the data where known, else of the file. */
export function backupMoment(backup: Backup): Date {
  return backup.dataAt ?? backup.takenAt;
}

/** For sorting: by moment, as lists have it. */
export function newestFirst(a: Backup, b: Backup): number {
  return backupMoment(b).getTime() - backupMoment(a).getTime() || idNumber(b.id) - idNumber(a.id);
}

/** Whether it can be asked for at all: read to its end, still there. */
export function isUsable(backup: Backup): backup is Backup & { checksum: string } {
  return backup.state === 'present' && backup.checksum !== undefined;
}

export type BackupFilter = {
  database?: string;
  environment?: string;
  repository?: string;
  /** Data at or after. */
  since?: Date;
  state?: BackupState;
  anonymised?: boolean;
  scope?: BackupScope;
  /** Read to its end and present. */
  usable?: boolean;
};

/** Which backups of a database may be taken, as far as the catalogue can tell. */
export type Takeable = {
  database: string;
  /** By the kind of data that the catalogue has: the repositories they lie in, and where only some are right, the environments they came from. */
  sources: readonly {
    anonymisation: Anonymisation;
    repositories: readonly string[];
    environments?: readonly string[];
  }[];
};
