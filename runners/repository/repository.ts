import type { Backup } from '../../src/domain/backup.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { RepositorySite } from '../../src/domain/site.ts';

/** What a scan saw at one place: enough to know whether it must be read (again). */
export type Sighting = {
  /** Below the repository's root. */
  path: string;
  kind: 'file' | 'folder';
  bytes: number;
  modifiedAt: Date;
  /** What the file was of that lay here before, where that is known. */
  engine?: string;
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
 * A place where backups lie. Reads only, but for `remove`. `Unavailable` when its host can't be reached: then nothing is known, and
 * nothing must be marked missing.
 */
export interface Repository {
  readonly site: RepositorySite;
  /**
   * All that could be a backup, without opening anything. Sorted by path. What may still be written is left out until it stands still, but
   * for what `isKnown` says is as it was when it was read, or taken.
   */
  scan(isKnown?: (sighting: Sighting) => boolean): Promise<Sighting[]>;
  /** Opens it, reads it to its end once, and takes its checksum. Minutes for large ones. */
  read(sighting: Sighting, signal?: AbortSignal): Promise<Reading>;
  /** What a backup of it would bring, by names; undefined where its engine can't tell. Minutes for a large plain dump. */
  outline(
    backup: Pick<Backup, 'path' | 'format' | 'engine'>,
    signal?: AbortSignal,
  ): Promise<Schema | undefined>;
  /**
   * Removes a backup that a run took, with its manifest. The host itself does so only where its file says that backups are taken, and only what a
   * manifest tells the same run and checksum of; throws `Conflict` with its cause. Repeatable: what is gone is gone.
   */
  remove(backup: { path: string; checksum: string }, signal?: AbortSignal): Promise<void>;
}
