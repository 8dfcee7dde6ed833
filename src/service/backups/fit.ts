import { assertAcceptable, acceptedKinds } from '../../domain/acceptance.ts';
import { assertMayReadRaw, may, mayReadSomeRaw } from '../../domain/access.ts';
import { anonymisations, type Anonymisation, type Backup, type Takeable } from '../../domain/backup.ts';
import { isFreshetError, type FreshetError } from '../../domain/errors.ts';
import { placementOf, whereabouts } from '../../domain/lookup.ts';
import type { Person } from '../../domain/person.ts';
import type { EnvironmentSite, Placement, Site } from '../../domain/site.ts';
import { asDeclaredNow, declaredKind } from './binding.ts';
import type { ServiceDeps } from '../deps.ts';

/** A backup that can't be taken, and why. */
export type Unfit = { backup: Backup; why: FreshetError };

/** Where a database of an environment lives, and which backups somebody may have go there. */
export type Place = {
  placement: Placement;
  /** The kinds of data that both the environment and its host take, and that the person may read. */
  kinds: string[];
  /** What may be chosen to go there where nobody named one, as the catalogue can tell: never what was taken of the environment itself. */
  takeable: Takeable;
  /** Why a backup may not go there; undefined where it may. */
  refuses(backup: Backup): FreshetError | undefined;
  /** Whether it is fit, and taken elsewhere: what `takeable` says, of one backup. */
  mayBeChosen(backup: Backup): boolean;
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
  const kinds = acceptedKinds(environment, host).filter(
    (kind) => kind !== 'raw' || mayReadSomeRaw(deps.site, person),
  );
  const refuses = (backup: Backup) =>
    refusalOf(() => {
      const declared = asDeclaredNow(deps.site, backup);
      assertAcceptable(environment, host, database, declared);
      assertMayReadRaw(deps.site, declared, person);
    });
  return {
    placement,
    kinds,
    takeable: { database, sources: sourcesOf(deps.site, environment, person, kinds) },
    refuses,
    mayBeChosen: (backup) => backup.environment !== environment.name && refuses(backup) === undefined,
  };
}

/** The same as `refuses` says of a usable backup of elsewhere, as conditions: what the catalogue calls anonymised counts as its repository declares it now. */
function sourcesOf(
  site: Site,
  { name: target }: EnvironmentSite,
  person: Person,
  kinds: readonly string[],
): Takeable['sources'] {
  const all = Object.values(site.repositories).filter(({ environment }) => environment !== target);
  const readable = [...new Set(all.map(({ environment }) => environment))].filter((name) =>
    may(site, 'read-raw', name, person),
  );
  return anonymisations.flatMap((anonymisation) => {
    const namesOf = (kind: Anonymisation) =>
      all.flatMap((repository) => (declaredKind(repository, anonymisation) === kind ? repository.name : []));
    const [raw, other] = [namesOf('raw'), anonymisation === 'raw' ? [] : namesOf(anonymisation)];
    return [
      ...(other.length > 0 && kinds.includes(anonymisation) ? [{ anonymisation, repositories: other }] : []),
      ...(raw.length > 0 && kinds.includes('raw')
        ? [{ anonymisation, repositories: raw, environments: readable }]
        : []),
    ];
  });
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
