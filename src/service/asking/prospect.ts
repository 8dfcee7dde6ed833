import { passingOver, type Alignment } from '../../domain/alignment.ts';
import { approversFor, assertMayRequest } from '../../domain/access.ts';
import { endOfAll, type Hindrance } from '../../domain/calendar/hindrances.ts';
import { backupMoment, type Backup } from '../../domain/backup.ts';
import { isFreshetError, type FreshetError } from '../../domain/errors.ts';
import type { BackupId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor, Person } from '../../domain/person.ts';
import { approvalStanding, stagesOf } from '../../domain/policy/stages.ts';
import { stagesText } from '../../domain/policy/words.ts';
import type { EnvironmentSite, Placement } from '../../domain/site.ts';
import { judgeAlignment } from '../backups/better.ts';
import { choose, type Choice } from '../backups/choose.ts';
import type { ServiceDeps } from '../deps.ts';
import { placed, refusalOf, type Unfit } from '../backups/fit.ts';
import { foresee, type Foreseen } from '../runs/foresee.ts';
import { later } from '../lapse.ts';
import { boundRefresh, type RefreshWish } from './previews.ts';
import { closedBy } from './closed.ts';
import { assertReason } from '../reason.ts';
import { refuseDuplicate } from './requests.ts';
import { alignmentWith } from '../backups/staying.ts';
import { assertTicket } from './tickets.ts';
import { waitsFor } from '../runs/waits.ts';
import type { Stage } from '../../domain/policy/policy.ts';

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
  /** The stages that an approval takes, as far as what is chosen tells. */
  stages: readonly Stage[];
  /** How people say whose yes that is. */
  takes: string;
  /** Whether people of the site, apart from the one who asks, could say all that is needed. */
  reachable: boolean;
  /** Who could approve, apart from the one who asks. */
  approvers: readonly Person[];
  items: readonly ProspectItem[];
  /** What of the calendar stands in the way, at its moment. */
  waits: readonly Hindrance[];
  /** That it would swap within a freeze window that begins after its start. */
  foreseen?: Foreseen;
  /** How far apart the environment's data would be; absent where only one database lives there, or nothing is chosen. */
  alignment?: Alignment;
  /** That is too far: why it is refused, or what would fit better. */
  apart?: { refusal: FreshetError } | { better: string };
  /** Exactly this was asked for already, and still waits or runs. */
  duplicate?: FreshetError;
};

/** Works out what a wish would mean. Throws where the person may not ask, or a database does not live there. */
export async function prospect(deps: ServiceDeps, actor: Actor, wish: RefreshWish): Promise<Prospect> {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayRequest(deps.site, environment, actor.person);
  const each = await Promise.all(
    wish.databases.map(({ database, backup }) =>
      prospectItem(deps, environment, actor.person, database, backup),
    ),
  );
  const { items, newer } = await chosenFor(deps, environment, actor.person, wish, each);
  const backups = items.flatMap(({ backup, refusal }) => (refusal === undefined ? (backup ?? []) : []));
  const plain = backups.length === 0 ? undefined : await alignmentWith(deps.store, environment, backups);
  const alignment = plain === undefined ? undefined : passingOver(plain, newer);
  const apart = await apartOf(deps, environment, actor.person, { backups, alignment });
  const duplicate = items.length === 0 ? undefined : await duplicateOf(deps, actor, wish);
  const raw = items.some(({ backup }) => backup?.anonymisation === 'raw');
  const stages = stagesOf(environment, raw);
  const waits = await waitsFor(deps, environment, wishedWay(actor, wish));
  const foreseen = await foresee(deps, environment, {
    kind: 'refresh',
    items: items.map(({ placement }) => placement),
    startsAt: endOfAll(waits) ?? later(deps.now(), wish.startAt),
  });
  const none = { environment: environment.name, requestedBy: actor.person.id, digest: '', terms: { stages } };
  return {
    environment,
    stages,
    takes: stagesText(deps.site, environment.name, stages),
    reachable: approvalStanding(deps.site, none, []).reachable,
    approvers: approversFor(deps.site, environment, actor.person.id, stages),
    waits,
    ...(foreseen === undefined ? {} : { foreseen }),
    items,
    ...(alignment === undefined ? {} : { alignment }),
    ...(apart === undefined ? {} : { apart }),
    ...(duplicate === undefined ? {} : { duplicate }),
  };
}

function wishedWay(actor: Actor, { startAt, startWithin, breakGlass = false }: RefreshWish) {
  return { requestedBy: actor.person.id, startAt, startWithin, breakGlass };
}

/** The same items, with what is chosen for those that have no backup of their own: what fits the others. */
async function chosenFor(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  wish: RefreshWish,
  items: readonly ProspectItem[],
): Promise<{ items: readonly ProspectItem[]; newer: Choice['newer'] }> {
  const named = new Map(wish.databases.map(({ database, backup }) => [database, backup]));
  const databases = items.flatMap(({ placement: { database }, suggested, refusal }) => {
    const backup = named.get(database);
    if (backup !== undefined) return refusal === undefined ? [{ database, backup }] : [];
    return suggested === undefined ? [] : [{ database }];
  });
  try {
    const { chosen, newer } = await choose(deps, environment, person, { databases });
    const backups = await deps.store.backups.several([...chosen.values()]);
    const taken = items.map((item) => {
      const { database } = item.placement;
      const suggested = backups.find(({ id }) => id === chosen.get(database));
      return suggested === undefined || named.get(database) !== undefined
        ? item
        : { ...item, suggested, backup: suggested };
    });
    return { items: taken, newer };
  } catch (error) {
    // Gone since it was suggested: the next look tells.
    if (isFreshetError(error, 'NotFound')) return { items, newer: new Map() };
    throw error;
  }
}

async function apartOf(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  what: { backups: readonly Backup[]; alignment: Alignment | undefined },
): Promise<Prospect['apart']> {
  const { backups, alignment } = what;
  if (alignment === undefined) return undefined;
  try {
    const better = await judgeAlignment(deps, environment, person, { backups, alignment });
    return better === undefined ? undefined : { better };
  } catch (error) {
    if (isFreshetError(error, 'Conflict')) return { refusal: error };
    throw error;
  }
}

async function prospectItem(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  person: Person,
  database: string,
  id: BackupId | undefined,
): Promise<ProspectItem> {
  const place = placed(deps, environment, database, person);
  const { backups } = deps.store;
  const [fitting, latest, chosen] = await Promise.all([
    // Some, as the site file may have changed since the catalogue was written.
    backups.search({ database, words: [], accepts: place.kinds, notOf: environment.name }, 5),
    backups.search({ database, words: [] }, 5),
    id === undefined ? undefined : backups.get(id),
  ]);
  const suggested = fitting.find((backup) => place.mayBeChosen(backup));
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
  const ticket = await ticketRefusal(deps, wish.ticket);
  const faults: Fault[] = [reason, ticket].flatMap((error) => (error === undefined ? [] : [{ error }]));
  try {
    const { environment, bound } = await boundRefresh(deps, actor, wish);
    await refuseDuplicate(deps, environment.name, bound.digest);
    await judgeAlignment(deps, environment, actor.person, bound);
    const closed = closedBy(environment, await waitsFor(deps, environment, wishedWay(actor, wish)));
    return closed === undefined ? faults : [...faults, { error: closed }];
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    const { field } = error.about;
    if (field !== 'backup' && field !== 'database') return [...faults, { error }];
    const each = await Promise.all(wish.databases.map((one) => faultOfOne(deps, actor, wish, one)));
    const found = each.filter((fault) => fault !== undefined);
    return [...faults, ...(found.length === 0 ? [{ error }] : found)];
  }
}

async function ticketRefusal(
  deps: ServiceDeps,
  ticket: string | undefined,
): Promise<FreshetError | undefined> {
  try {
    if (ticket !== undefined) await assertTicket(deps, ticket);
    return undefined;
  } catch (error) {
    if (isFreshetError(error)) return error;
    throw error;
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
