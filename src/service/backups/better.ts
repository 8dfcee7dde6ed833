import {
  alignmentOf,
  apartText,
  isBeyond,
  setsNotAligned,
  windowSeconds,
  type Alignment,
} from '../../domain/alignment.ts';
import type { Backup, Takeable } from '../../domain/backup.ts';
import type { Person } from '../../domain/person.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import { nearest } from './choose.ts';
import type { ServiceDeps } from '../deps.ts';
import { placed } from './fit.ts';
import { staying } from './staying.ts';

/** What people type to have exactly these. */
export function lineFor(environment: EnvironmentSite, backups: readonly Backup[]): string {
  const named = backups.map(({ id }) => `--backup ${id}`);
  return ['/refresh', environment.name, ...backups.map(({ database }) => database), ...named].join(' ');
}

/**
 * What would fit better than backups that lie too far apart, as people type it: the same databases beside what stays; else
 * together with the databases that stay; else what lies closest together. Empty where there is nothing closer.
 */
export async function betterText(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  than: { backups: readonly Backup[]; alignment: Alignment },
): Promise<string> {
  const { backups } = deps.store;
  const names = than.backups.map(({ database }) => database);
  const takeable = (database: string): Takeable => placed(deps, environment, database, person).takeable;
  const stays = await staying(deps.store, environment, names);
  const known = stays.flatMap(({ at }) => at ?? []);
  const withinSeconds = windowSeconds(environment.alignment);
  const asked = names.map(takeable);
  const beside = await backups.aligned(asked, { withinSeconds, beside: known });
  if (beside !== undefined) return lineFor(environment, beside);
  const more = stays.flatMap(({ database, at }) => (at === undefined ? [] : takeable(database)));
  const whole = await nearest(backups, [...asked, ...more], { withinSeconds, beside: [] });
  if (whole === undefined) return '';
  const moments = whole.map(({ database, dataAt }) => ({ database, at: dataAt! }));
  const { skewSeconds } = alignmentOf(moments, environment.alignment);
  if (skewSeconds >= than.alignment.skewSeconds) return '';
  const line = lineFor(environment, whole);
  return skewSeconds <= environment.alignment.toleranceSeconds
    ? line
    : `The closest that there are, ${apartText({ skewSeconds })}: ${line}`;
}

/**
 * Refuses what lies further apart than the environment tolerates, where it refuses that (code `sets-not-aligned`); where it only
 * warns, what would fit better.
 */
export async function judgeAlignment(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  { backups, alignment }: { backups: readonly Backup[]; alignment?: Alignment },
): Promise<string | undefined> {
  if (alignment === undefined || !isBeyond(alignment)) return undefined;
  const better = await betterText(deps, environment, person, { backups, alignment });
  if (environment.alignment.beyond === 'warn') return better;
  const other = `/backups ${backups[0]!.database} lists what there is; nothing of it lies closer together.`;
  throw setsNotAligned(environment.name, alignment, better === '' ? other : better);
}
