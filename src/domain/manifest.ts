import type { BackupFormat } from './backup.ts';
import type { RequestId, RunId } from './ids.ts';

/**
 * What lies beside a backup that Freshet took, as `NAME.json`. It is for people and for other programs: nobody has signed it, so what
 * a scan finds is judged by the backup itself, and only what the catalogue was told by the run that took it counts as known.
 */
export type Manifest = {
  freshet: 1;
  database: string;
  environment: string;
  /** Its name on its server. */
  databaseName: string;
  engine: string;
  engineVersion: string;
  format: BackupFormat;
  /** ISO 8601 in UTC: the start of the dump, whose snapshot its data is of. */
  dataAt: string;
  /** SHA-256, as the catalogue has it. */
  checksum: string;
  /** SHA-256 of its definitions. */
  schema: string;
  tables: number;
  /** Of all tables; the host puts those of each in as `rows`. */
  rowsInAll: number;
  request?: RequestId;
  run: RunId;
};

/** As it is written: a key a line, the first line a bracket alone, as `keep` of freshet-host expects. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Under which name a run writes a dump until it is whole: hidden, so that no scan takes it for a backup. */
export function partName(database: string, run: RunId): string {
  return `.${database.slice(0, 60)}-${run}.part`;
}

/** Whether a path is such a name, or in a folder of such a name. */
export function isPart(path: string): boolean {
  return /^\.[^/]{1,60}-[a-z2-7]{8}\.part(?:\/|$)/.test(path);
}

/** `uat-orders-20261127T020000Z-RUN`: what it is of, and the run, so that no other backup is ever called so. */
export function takenName(
  taken: { environment: string; database: string; dataAt: Date },
  run: RunId,
): string {
  const moment = taken.dataAt.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  return `${taken.environment.slice(0, 30)}-${taken.database.slice(0, 40)}-${moment}-${run}`;
}
