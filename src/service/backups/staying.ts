import { alignmentOf, type Aligning, type Alignment } from '../../domain/alignment.ts';
import type { Backup } from '../../domain/backup.ts';
import type { EnvironmentSite, Placement } from '../../domain/site.ts';
import type { Store } from '../../store/store.ts';

/** The databases of an environment that are not among `names`, with the moment of what Freshet put into them last. */
export async function staying(
  store: Store,
  environment: EnvironmentSite,
  names: readonly string[],
): Promise<Aligning[]> {
  const placements = Object.values(environment.databases).filter(({ database }) => !names.includes(database));
  if (placements.length === 0) return [];
  const contents = await store.swaps.contents(placements);
  const moments = new Map(contents.map((one) => [keyOf(one), one.dataAt]));
  return placements.map((placement) => {
    const at = moments.get(keyOf(placement));
    return { database: placement.database, stays: true as const, ...(at === undefined ? {} : { at }) };
  });
}

function keyOf({ server, databaseName }: Pick<Placement, 'server' | 'databaseName'>): string {
  return `${server}/${databaseName}`;
}

/** How far apart the environment's data would be with these backups in it; undefined where only one database lives there. */
export async function alignmentWith(
  store: Store,
  environment: EnvironmentSite,
  backups: readonly Backup[],
): Promise<Alignment | undefined> {
  const databases = Object.keys(environment.databases);
  if (databases.length < 2) return undefined;
  const stays = await staying(
    store,
    environment,
    backups.map(({ database }) => database),
  );
  const comes = backups.map(({ database, dataAt }): Aligning => ({
    database,
    ...(dataAt === undefined ? {} : { at: dataAt }),
  }));
  const all = new Map([...stays, ...comes].map((one) => [one.database, one]));
  return alignmentOf(
    databases.flatMap((name) => all.get(name) ?? []),
    environment.alignment,
  );
}
