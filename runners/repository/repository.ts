import type { Backup } from '../../src/domain/backup.ts';
import type { RepositorySite } from '../../src/domain/site.ts';

/** What a scan saw at one place: enough to know whether it must be read (again). */
export type Sighting = {
  /** Below the repository's root. */
  path: string;
  kind: 'file' | 'folder';
  bytes: number;
  modifiedAt: Date;
};

/** What reading a sighting to its end told. */
export type Reading =
  | {
      state: 'present';
      /** Logical database of the site file. */
      database: string;
      engine: string;
      format: Backup['format'];
      engineVersion?: string;
      dataAt?: Date;
      dataAtOrigin: Backup['dataAtOrigin'];
      checksum: string;
    }
  | { state: 'corrupt'; why: string; database: string; engine: string; format: Backup['format'] }
  /** Not a backup, or of no configured database: left out of the catalogue, with the reason for the log. */
  | { state: 'ignored'; why: string };

/**
 * A place where backups lie. Reads only. `Unavailable` when its host can't be reached: then nothing is known, and
 * nothing must be marked missing.
 */
export interface Repository {
  readonly site: RepositorySite;
  /** All that could be a backup, without opening anything. Sorted by path. */
  scan(): Promise<Sighting[]>;
  /** Opens it, reads it to its end once, and takes its checksum. Minutes for large ones. */
  read(sighting: Sighting, signal?: AbortSignal): Promise<Reading>;
}
