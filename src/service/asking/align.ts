import { isBeyond, type Alignment } from '../../domain/alignment.ts';
import type { Backup } from '../../domain/backup.ts';
import { notFound, oneOf } from '../../domain/errors.ts';
import { databaseNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import { betterText, lineFor } from '../backups/better.ts';
import type { ServiceDeps } from '../deps.ts';
import { boundRefresh } from './previews.ts';
import { targetsFor } from '../backups/suggest.ts';

/** A set of backups that lie close together, for an environment. */
export type SetProposal = {
  environment: EnvironmentSite;
  backups: readonly Backup[];
  /** Absent where only one database lives there. */
  alignment?: Alignment;
  /** What people type to have exactly these. */
  line: string;
  /** The set is further apart than the environment tolerates: what would fit better, empty where nothing does. */
  better?: string;
};

/** The set that a refresh of these databases would take, and how far apart it is. Touches nothing and refuses no distance. */
export async function align(
  deps: ServiceDeps,
  actor: Actor,
  wish: { environment: string; databases: readonly string[]; asOf?: Date },
): Promise<SetProposal> {
  const databases = wish.databases.map((database) => ({ database }));
  const { environment, bound } = await boundRefresh(deps, actor, { ...wish, databases, reason: '' });
  const { backups, alignment } = bound;
  const line = lineFor(environment, backups);
  if (alignment === undefined) return { environment, backups, line };
  if (!isBeyond(alignment)) return { environment, backups, alignment, line };
  const better = await betterText(deps, environment, actor.person, { backups, alignment });
  return { environment, backups, alignment, line, better };
}

/** The first environment that somebody may ask for and all of these databases live in. Throws `NotFound` (code `environment-none`). */
export function environmentWith(
  deps: ServiceDeps,
  actor: Actor,
  databases: readonly string[],
): EnvironmentSite {
  for (const database of databases) databaseNamed(deps.site, database);
  const found = targetsFor(deps, actor).find((one) =>
    databases.every((database) => Object.hasOwn(one.databases, database)),
  );
  if (found !== undefined) return found;
  throw notFound(
    'environment-none',
    `No environment that ${actor.person.name} may ask for has all of ${oneOf(databases).replace(/ or (?=[^ ]*$)/, ' and ')}.`,
    'Name fewer databases, or an environment with --env.',
    { field: 'databases' },
  );
}
