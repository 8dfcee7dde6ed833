import { windowSeconds } from '../../domain/alignment.ts';
import type { Backup } from '../../domain/backup.ts';
import { notFound } from '../../domain/errors.ts';
import type { BackupId } from '../../domain/ids.ts';
import type { Person } from '../../domain/person.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import { startText } from '../../domain/start.ts';
import type { BackupReads } from '../../store/store.ts';
import type { Takeable } from '../../domain/backup.ts';
import type { ServiceDeps } from '../deps.ts';
import { placed } from './fit.ts';
import { staying } from './staying.ts';

/** What to take, by database; and what is newer, but further from the others. */
export type Choice = {
  chosen: ReadonlyMap<string, BackupId>;
  newer: ReadonlyMap<string, BackupId>;
};

/**
 * Chooses a backup for each database that none was named for: together with those that were named and with what stays in the
 * environment the newest set within its tolerance. Where nothing fits what stays, what is asked for fits at least one
 * another; and where that is not to be had either, it is the set that lies closest together. A database of whose backups no moment
 * is known gets the newest, and so does one alone with nothing to be aligned with. What was taken of the environment itself comes back only
 * by its number. Throws `NotFound` (code `backup-none`).
 */
export async function choose(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  wish: { databases: readonly { database: string; backup?: BackupId }[]; asOf?: Date },
): Promise<Choice> {
  const { backups } = deps.store;
  const { asOf } = wish;
  const names = wish.databases.map(({ database }) => database);
  const open = wish.databases.flatMap(({ database, backup }) =>
    backup === undefined ? placed(deps, environment, database, person).takeable : [],
  );
  const ids = wish.databases.flatMap(({ backup }) => backup ?? []);
  const chosen = new Map(
    wish.databases.flatMap(({ database, backup }) =>
      backup === undefined ? [] : [[database, backup] as const],
    ),
  );
  if (open.length === 0) return { chosen, newer: new Map() };
  const [given, stays, newest] = await Promise.all([
    ids.length === 0 ? [] : backups.several(ids),
    staying(deps.store, environment, names),
    backups.dated(open, asOf),
  ]);
  const named = given.flatMap(({ dataAt }) => dataAt ?? []);
  const beside = [...named, ...stays.flatMap(({ at }) => at ?? [])];
  const alone = open.length === 1 && beside.length === 0 && asOf === undefined;
  const datable = open.filter((one) => !alone && newest.some(({ database }) => database === one.database));
  for (const { database } of open.filter((one) => !datable.includes(one))) {
    if (asOf !== undefined) throw noneAsOf(environment, database, asOf);
    chosen.set(database, (await newestFor(deps, environment, database, person)).id);
  }
  if (datable.length === 0) return { chosen, newer: new Map() };
  const until = asOf === undefined ? {} : { until: asOf };
  const withinSeconds = windowSeconds(environment.alignment);
  const set =
    (await backups.aligned(datable, { withinSeconds, beside, ...until })) ??
    (await nearest(backups, datable, { withinSeconds, beside: named, ...until })) ??
    newest;
  for (const { database, id } of set) chosen.set(database, id);
  const newer = newest.filter(
    ({ database, id }) => datable.some((one) => one.database === database) && chosen.get(database) !== id,
  );
  return { chosen, newer: new Map(newer.map(({ database, id }) => [database, id])) };
}

/** The newest set within the window, else the newest of those that lie closest together. */
export async function nearest(
  backups: BackupReads,
  wanted: readonly Takeable[],
  within: Parameters<BackupReads['aligned']>[1],
): Promise<Backup[] | undefined> {
  const closest = await backups.closest(wanted, within);
  if (closest === undefined) return undefined;
  return backups.aligned(wanted, { ...within, withinSeconds: Math.max(closest, within.withinSeconds) });
}

/** Some, as the site file may have changed since the catalogue was written. */
const few = 5;

/** The newest backup of a database, whatever is known of its moment, or `NotFound` (code `backup-none`). */
async function newestFor(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  database: string,
  person: Person,
): Promise<Backup> {
  const place = placed(deps, environment, database, person);
  const { kinds } = place;
  // Raw ones that they may not read can be many, and newer.
  for (const accepts of [kinds, kinds.filter((kind) => kind !== 'raw')]) {
    const found = await deps.store.backups.search(
      { database, words: [], accepts, notOf: environment.name },
      few,
    );
    const newest = found.find((backup) => backup.unprovenAt === undefined && place.mayBeChosen(backup));
    if (newest !== undefined) return newest;
  }
  throw notFound(
    'backup-none',
    `No backup of "${database}" is fit for "${environment.name}", which accepts ${kinds.join(' or ') || 'no'} backups that were read to their end and failed no proof.`,
    `/backups ${database} lists what there is.`,
    { field: 'backup' },
  );
}

function noneAsOf({ name, timeZone }: EnvironmentSite, database: string, asOf: Date) {
  return notFound(
    'backup-none',
    `No backup of "${database}" that is fit for "${name}" has data of "${startText(asOf, timeZone)}" or before.`,
    `/backups ${database} lists what there is.`,
    { field: 'backup' },
  );
}
