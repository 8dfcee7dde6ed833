import type { Backup } from '../../domain/backup.ts';
import type { Unknown } from '../../domain/impact.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Outlines, ServiceDeps } from '../deps.ts';
import { unknownBy } from '../unknown.ts';

/** What is said while a backup is still being looked into: it will be known. */
export const stillRead: Unknown = { unknown: 'the backup is still being looked into' };

export function openOutlines(deps: ServiceDeps): Outlines {
  const underway = new Map<string, Promise<Schema | Unknown>>();
  /** One after the other: hosts have other things to do. */
  let last: Promise<unknown> = Promise.resolve();

  async function read(backup: Backup & { checksum: string }): Promise<Schema | Unknown> {
    try {
      const schema = await deps.repositories[backup.repository]?.outline(backup);
      if (schema === undefined) return { unknown: `nothing can look into a backup of ${backup.engine}` };
      await deps.store.write((tx) => tx.backups.keepOutline(backup.checksum, schema));
      return schema;
    } catch (error) {
      const otherwise = 'the look into the backup failed by a fault of ours';
      return unknownBy(deps, error, otherwise, { backup: backup.id });
    }
  }

  return {
    async of(backup, withinMs) {
      const known = await deps.store.backups.outline(backup.checksum);
      if (known !== undefined) return known;
      let reading = underway.get(backup.checksum);
      if (reading === undefined) {
        reading = last.then(() => read(backup)).finally(() => underway.delete(backup.checksum));
        last = reading;
        underway.set(backup.checksum, reading);
      }
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<Unknown>((resolve) => {
        timer = setTimeout(() => resolve(stillRead), withinMs);
      });
      return Promise.race([reading, late]).finally(() => clearTimeout(timer));
    },
  };
}
