import { assertAcceptable } from '../domain/acceptance.ts';
import type { Backup } from '../domain/backup.ts';
import { conflict, notFound } from '../domain/errors.ts';
import { environmentNamed, placementOf, whereabouts } from '../domain/lookup.ts';
import { digestOf, type Binding, type RequestItem, type RequestKind } from '../domain/request.ts';
import type { Site } from '../domain/site.ts';
import type { Store } from '../store/store.ts';

/** A request as it would be bound now: by the site and the catalogue of this moment. */
export type Bound = { items: RequestItem[]; backups: Backup[]; digest: string };

type Wanted = Pick<RequestItem, 'database' | 'backup' | 'undoes'>;

/**
 * Binds items to exactly what they mean now: target, scripts, options, the backup with its checksum. Throws what forbids it. The digest of
 * this is what people approve; taken again at dispatch it tells whether anything changed since.
 */
export async function bind(
  site: Site,
  store: Store,
  request: { kind: RequestKind; environment: string; requestedBy: string; items: readonly Wanted[] },
): Promise<Bound> {
  const environment = environmentNamed(site, request.environment);
  const items: RequestItem[] = [];
  const backups: Backup[] = [];
  const binding: Binding['items'][number][] = [];
  for (const wanted of request.items) {
    const placement = placementOf(environment, wanted.database);
    const { server, host } = whereabouts(site, placement);
    const target = {
      database: wanted.database,
      server: server.name,
      databaseName: placement.databaseName,
      target: placement.target,
    };
    const options = {
      host: host.name,
      minimumRows: placement.minimumRows,
      sentinels: placement.sentinels,
      jobs: placement.jobs,
      drainSeconds: environment.drainSeconds,
      keepOldSeconds: environment.keepOldSeconds,
    };
    if (request.kind === 'undo') {
      const undoes = wanted.undoes;
      if (undoes === undefined) throw new Error(`an undo of "${wanted.database}" names no run`);
      const latest = await store.swaps.latest(server.name, placement.databaseName);
      if (latest?.run !== undoes) {
        throw conflict(
          'undo-superseded',
          `"${wanted.database}" on "${environment.name}" was refreshed again since; only the newest swap can be undone.`,
          latest === undefined ? 'Ask for a refresh instead.' : `/refresh undo ${latest.request}`,
        );
      }
      if (latest.droppedAt !== undefined) {
        throw conflict(
          'undo-too-late',
          `The replaced copy of "${wanted.database}" on "${environment.name}" was dropped at ${latest.droppedAt.toISOString()}; there is nothing to go back to.`,
          'Ask for a refresh from an older backup instead.',
        );
      }
      items.push({ ...target, undoes, state: 'waiting' });
      binding.push({ ...target, undoes, scripts: [], options });
      continue;
    }
    const id = wanted.backup?.id;
    const backup = id === undefined ? undefined : await store.backups.get(id);
    if (backup === undefined) {
      throw notFound(
        'backup-unknown',
        `Backup "${id ?? ''}" is not in the catalogue; expected a number that /backups lists.`,
        `/backups ${wanted.database}`,
        { field: 'backup' },
      );
    }
    assertAcceptable(environment, host, wanted.database, backup);
    backups.push(backup);
    items.push({ ...target, backup: { id: backup.id, checksum: backup.checksum }, state: 'waiting' });
    binding.push({
      ...target,
      backup: {
        id: backup.id,
        checksum: backup.checksum,
        anonymisation: backup.anonymisation,
        scope: backup.scope,
      },
      scripts: placement.scripts.map(({ path, sha256 }) => ({ path, sha256 })),
      options,
    });
  }
  const digest = digestOf({
    kind: request.kind,
    environment: environment.name,
    requestedBy: request.requestedBy,
    items: binding,
  });
  return { items, backups, digest };
}
