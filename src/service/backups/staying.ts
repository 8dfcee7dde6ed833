import { alignmentOf, type Aligning, type Alignment } from '../../domain/alignment.ts';
import type { RequestItem } from '../../domain/request.ts';
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

/** What an undo leaves standing of what the run that it takes back has brought. */
export async function leftBy(store: Store, items: readonly RequestItem[]): Promise<string[]> {
  const runs = [...new Set(items.flatMap(({ undoes }) => undoes ?? []))];
  const swaps = (await Promise.all(runs.map((run) => store.swaps.ofRun(run)))).flat();
  return swaps.flatMap(({ database, stands }) =>
    stands === 'new' && !items.some((item) => item.database === database) ? [database] : [],
  );
}

/**
 * How far apart the environment's data would be with this in it; undefined where only one database lives there. `left`: what stays of what an
 * undo takes apart.
 */
export async function alignmentWith(
  store: Store,
  environment: EnvironmentSite,
  coming: readonly { database: string; dataAt?: Date }[],
  left: readonly string[] = [],
): Promise<Alignment | undefined> {
  const databases = Object.keys(environment.databases);
  if (databases.length < 2) return undefined;
  const stays = await staying(
    store,
    environment,
    coming.map(({ database }) => database),
  );
  const comes = coming.map(({ database, dataAt }): Aligning => ({
    database,
    ...(dataAt === undefined ? {} : { at: dataAt }),
  }));
  const torn = stays.map((one) => (left.includes(one.database) ? { ...one, left: true as const } : one));
  const all = new Map([...torn, ...comes].map((one) => [one.database, one]));
  return alignmentOf(
    databases.flatMap((name) => all.get(name) ?? []),
    environment.alignment,
  );
}
