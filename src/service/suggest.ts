import { approversFor, assertMayRequest } from '../domain/access.ts';
import { assertAcceptable, acceptedKinds } from '../domain/acceptance.ts';
import { backupMoment, type Backup } from '../domain/backup.ts';
import { isFreshetError, type FreshetError } from '../domain/errors.ts';
import { parseBackupId, type BackupId } from '../domain/ids.ts';
import { environmentNamed, placementOf, whereabouts } from '../domain/lookup.ts';
import type { Actor, Person } from '../domain/person.ts';
import type { EnvironmentSite, HostSite, Placement } from '../domain/site.ts';
import { asDeclaredNow } from './binding.ts';
import type { ServiceDeps } from './deps.ts';
import { boundRefresh, type RefreshWish } from './previews.ts';
import { assertReason, refuseDuplicate } from './requests.ts';

/** A backup that can't be taken, and why. */
export type Unfit = { backup: Backup; why: FreshetError };

/** How many words of a search count, and how much of each. */
const most = { words: 8, letters: 60, unfit: 20 };

/** The environments that somebody may ask for, in the order of the site file. */
export function targetsFor(deps: ServiceDeps, actor: Actor): EnvironmentSite[] {
  return Object.values(deps.site.environments).filter((environment) => {
    const refusal = refusalOf(() => assertMayRequest(environment, actor.person));
    return refusal === undefined;
  });
}

/**
 * Backups that could go into a database of an environment, for somebody who types into a search: those that fit, an exact
 * number first, then newest first; behind them, where something was typed, those that were found and do not fit. At most
 * `limit` in all. Throws where they may not ask for the environment, or the database does not live there.
 */
export async function suggestBackups(
  deps: ServiceDeps,
  actor: Actor,
  what: { environment: string; database: string; text: string },
  limit: number,
): Promise<{ fit: Backup[]; unfit: Unfit[] }> {
  const environment = environmentNamed(deps.site, what.environment);
  assertMayRequest(environment, actor.person);
  const place = placed(deps, environment, what.database);
  const words = what.text
    .split(/[\s,·]+/)
    .filter((word) => word !== '')
    .slice(0, most.words)
    .map((word) => word.slice(0, most.letters));
  const { database } = what;
  const { store } = deps;
  const [exact, fitting] = await Promise.all([
    exactly(deps, database, words),
    store.backups.search({ database, words, accepts: place.kinds }, limit),
  ]);
  const found = [...exact, ...fitting.filter((backup) => backup.id !== exact[0]?.id)];
  const fit = found.filter((backup) => place.refuses(backup) === undefined).slice(0, limit);
  if (fit.length > 0 && words.length === 0) return { fit, unfit: [] };
  const others = await store.backups.search({ database, words }, limit);
  const unfit = [...exact, ...others.filter((backup) => backup.id !== exact[0]?.id)].flatMap((backup) => {
    const why = backup.state === 'missing' ? undefined : place.refuses(backup);
    return why === undefined ? [] : [{ backup, why }];
  });
  return { fit, unfit: unfit.slice(0, Math.min(most.unfit, limit - fit.length)) };
}

/** What was typed as a whole may be a number: its backup comes before those whose numbers only begin so. */
async function exactly(deps: ServiceDeps, database: string, words: readonly string[]): Promise<Backup[]> {
  const id = words.length === 1 ? parseBackupId(words[0]!) : undefined;
  const backup = id === undefined ? undefined : await deps.store.backups.get(id);
  return backup?.database === database ? [backup] : [];
}

/** One database of what somebody is about to ask for. */
export type ProspectItem = {
  placement: Placement;
  /** The newest backup that fits; absent where none does. */
  suggested?: Backup;
  /** What would go in: the chosen one, else the suggested one. */
  backup?: Backup;
  /** Why the chosen one can't. */
  refusal?: FreshetError;
  /** A newer one than `suggested` that does not fit. */
  passedOver?: Unfit;
};

/** What asking would mean, before it is asked: by site and catalogue alone, without a host. */
export type Prospect = {
  environment: EnvironmentSite;
  /** Who could approve, apart from the one who asks. */
  approvers: readonly Person[];
  items: readonly ProspectItem[];
  /** Exactly this was asked for already, and still waits or runs. */
  duplicate?: FreshetError;
};

/** Works out what a wish would mean. Throws where the person may not ask, or a database does not live there. */
export async function prospect(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Prospect> {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayRequest(environment, actor.person);
  const items = await Promise.all(
    wish.databases.map(({ database, backup }) => prospectItem(deps, environment, database, backup)),
  );
  const duplicate = items.length === 0 ? undefined : await duplicateOf(deps, actor, wish);
  return {
    environment,
    approvers: approversFor(deps.site, environment, actor.person.id),
    items,
    ...(duplicate === undefined ? {} : { duplicate }),
  };
}

async function prospectItem(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  database: string,
  id: BackupId | undefined,
): Promise<ProspectItem> {
  const place = placed(deps, environment, database);
  const { backups } = deps.store;
  const [fitting, latest, chosen] = await Promise.all([
    // Some, as the site file may have changed since the catalogue was written.
    backups.search({ database, words: [], accepts: place.kinds }, 5),
    backups.search({ database, words: [] }, 5),
    id === undefined ? undefined : backups.get(id),
  ]);
  const suggested = fitting.find((backup) => place.refuses(backup) === undefined);
  const there = latest.find((backup) => backup.state !== 'missing');
  const why = there === undefined ? undefined : place.refuses(there);
  const newer =
    there !== undefined && (suggested === undefined || backupMoment(there) > backupMoment(suggested));
  const backup = chosen ?? suggested;
  const refusal = chosen === undefined ? undefined : place.refuses(chosen);
  return {
    placement: place.placement,
    ...(suggested === undefined ? {} : { suggested }),
    ...(backup === undefined ? {} : { backup }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(newer && why !== undefined ? { passedOver: { backup: there, why } } : {}),
  };
}

async function duplicateOf(
  deps: ServiceDeps,
  actor: Actor,
  wish: RefreshWish,
): Promise<FreshetError | undefined> {
  try {
    const { environment, bound } = await boundRefresh(deps, actor, wish);
    await refuseDuplicate(deps, environment.name, bound.digest);
    return undefined;
  } catch (error) {
    if (isFreshetError(error)) return error.code === 'request-duplicate' ? error : undefined;
    throw error;
  }
}

/** What speaks against a wish. With `database` it is about that one of several. */
export type Fault = { error: FreshetError; database?: string };

/**
 * Everything that speaks against a wish, as far as site and catalogue tell; no host is asked. The same refusals as those of
 * asking itself, but all of them instead of the first. Empty: it can be asked for.
 */
export async function faultsOf(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Fault[]> {
  const reason = refusalOf(() => assertReason(wish.reason));
  const faults: Fault[] = reason === undefined ? [] : [{ error: reason }];
  try {
    const { environment, bound } = await boundRefresh(deps, actor, wish);
    await refuseDuplicate(deps, environment.name, bound.digest);
    return faults;
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    const { field } = error.about;
    if (field !== 'backup' && field !== 'database') return [...faults, { error }];
    const each = await Promise.all(wish.databases.map((one) => faultOfOne(deps, actor, wish, one)));
    const found = each.filter((fault) => fault !== undefined);
    return [...faults, ...(found.length === 0 ? [{ error }] : found)];
  }
}

async function faultOfOne(
  deps: ServiceDeps,
  actor: Actor,
  wish: RefreshWish,
  one: RefreshWish['databases'][number],
): Promise<Fault | undefined> {
  try {
    await boundRefresh(deps, actor, { ...wish, databases: [one] });
    return undefined;
  } catch (error) {
    if (isFreshetError(error)) return { error, database: one.database };
    throw error;
  }
}

type Place = {
  placement: Placement;
  host: HostSite;
  kinds: string[];
  /** Why a backup may not go there; undefined where it may. */
  refuses(backup: Backup): FreshetError | undefined;
};

function placed(deps: ServiceDeps, environment: EnvironmentSite, database: string): Place {
  const placement = placementOf(environment, database);
  const { host } = whereabouts(deps.site, placement);
  return {
    placement,
    host,
    kinds: acceptedKinds(environment, host),
    refuses: (backup) =>
      refusalOf(() => assertAcceptable(environment, host, database, asDeclaredNow(deps.site, backup))),
  };
}

function refusalOf(check: () => void): FreshetError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isFreshetError(error)) return error;
    throw error;
  }
}
