import { assertAcceptable, acceptedKinds } from '../domain/acceptance.ts';
import { assertMayReadRaw, mayReadSomeRaw } from '../domain/access.ts';
import type { Backup } from '../domain/backup.ts';
import { isFreshetError, type FreshetError } from '../domain/errors.ts';
import { placementOf, whereabouts } from '../domain/lookup.ts';
import type { Person } from '../domain/person.ts';
import type { EnvironmentSite, Placement } from '../domain/site.ts';
import { asDeclaredNow } from './binding.ts';
import type { ServiceDeps } from './deps.ts';

/** A backup that can't be taken, and why. */
export type Unfit = { backup: Backup; why: FreshetError };

/** Where a database of an environment lives, and which backups somebody may have go there. */
export type Place = {
  placement: Placement;
  /** The kinds of data that both the environment and its host take, and that the person may read. */
  kinds: string[];
  /** Why a backup may not go there; undefined where it may. */
  refuses(backup: Backup): FreshetError | undefined;
};

/** Throws `NotFound` (code `database-unknown`) where the database does not live in the environment. */
export function placed(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  database: string,
  person: Person,
): Place {
  const placement = placementOf(environment, database);
  const { host } = whereabouts(deps.site, placement);
  return {
    placement,
    kinds: acceptedKinds(environment, host).filter(
      (kind) => kind !== 'raw' || mayReadSomeRaw(deps.site, person),
    ),
    refuses: (backup) =>
      refusalOf(() => {
        const declared = asDeclaredNow(deps.site, backup);
        assertAcceptable(environment, host, database, declared);
        assertMayReadRaw(deps.site, declared, person);
      }),
  };
}

/** What a check refuses with; undefined where it passes. */
export function refusalOf(check: () => void): FreshetError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isFreshetError(error)) return error;
    throw error;
  }
}
