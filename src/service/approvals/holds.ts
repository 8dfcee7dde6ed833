import { assertMayHold, may } from '../../domain/access.ts';
import { freezeAt, type Freeze } from '../../domain/calendar/freeze.ts';
import { heldText } from '../../domain/calendar/hindrances.ts';
import type { Hold } from '../../domain/calendar/hold.ts';
import { assertHoldEnd } from '../../domain/calendar/hold-words.ts';
import { conflict, inputError, notFound } from '../../domain/errors.ts';
import type { HoldId, RequestId } from '../../domain/ids.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import type { Actor } from '../../domain/person.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';
import { dispatch } from '../runs/dispatch.ts';
import { record } from '../effects.ts';
import { assertReason } from '../reason.ts';

/** So many in one environment are a mistake. */
const mostHolds = 50;
/** How many that wait are looked at when a hold is placed or released; the reconciler comes to the rest. */
const mostWaiting = 200;

/** How many that run there are told of. */
const mostUnderWay = 20;

export type HoldWish = { environment: string; until: Date; reason: string };

/** The environments that somebody may hold, in the order of the site file. */
export function holdableFor({ site }: Pick<ServiceDeps, 'site'>, { person }: Actor): EnvironmentSite[] {
  return Object.values(site.environments).filter(
    ({ name, production }) => !production && may(site, 'hold', name, person),
  );
}

/** Refuses what could not be held so. Throws `Forbidden`, `NotFound`, or `Input` about `environment`, `until` or `reason`. */
export function assertHold(deps: ServiceDeps, actor: Actor, wish: HoldWish): EnvironmentSite {
  const environment = environmentNamed(deps.site, wish.environment);
  assertMayHold(deps.site, environment, actor.person);
  assertHoldEnd(wish.until, { now: deps.now(), timeZone: environment.timeZone });
  if (wish.reason.trim() === '') {
    throw inputError(
      'hold-reason-missing',
      `A hold says why "${environment.name}" is not to be overwritten; no reason was given.`,
      `/refresh hold ${environment.name} until friday 17:00 "regression of release 12"`,
      { field: 'reason' },
    );
  }
  assertReason(wish.reason);
  return environment;
}

/** `running`: what is on its way there and can still be cancelled; `swapping`: what can't any more. */
export type Placed = { hold: Hold; running: RequestId[]; swapping: RequestId[] };

/**
 * Holds an environment. What is approved and has not begun meets it at once; what runs already goes on, is named in
 * the answer, and the holder is asked by a message whether to cancel it.
 */
export async function placeHold(deps: ServiceDeps, actor: Actor, wish: HoldWish): Promise<Placed> {
  const environment = assertHold(deps, actor, wish);
  const { name } = environment;
  const from = deps.now();
  const hold = await deps.store.write(async (tx) => {
    if ((await tx.holds.standing(from, name)).length >= mostHolds) {
      throw conflict(
        'hold-too-many',
        `"${name}" is held ${mostHolds} times already; no more are taken.`,
        `/refresh holds ${name} lists them.`,
        { field: 'environment' },
      );
    }
    const placed = await tx.holds.place({
      environment: name,
      by: actor.person.id,
      front: actor.front,
      from,
      until: wish.until,
      reason: wish.reason.trim(),
    });
    await record(tx, {
      type: 'hold-placed',
      hold: placed.id,
      environment: name,
      until: placed.until.toISOString(),
      reason: placed.reason,
      actor: actor.person.id,
      front: actor.front,
    });
    return placed;
  });
  await lookAgain(deps, name);
  return { hold, ...(await tellUnderWay(deps, hold)) };
}

/** What of the environment is under way; its holder is told of each that can still be cancelled. */
async function tellUnderWay(deps: ServiceDeps, hold: Hold): Promise<Omit<Placed, 'hold'>> {
  const { requests } = await deps.store.requests.list(
    { environment: hold.environment, states: ['running', 'fenced'] },
    { limit: mostUnderWay, offset: 0 },
  );
  const running: RequestId[] = [];
  const swapping: RequestId[] = [];
  for (const { id } of requests) {
    const run = await deps.store.runs.ofRequest(id);
    const isCancellable = await deps.store.write(async (tx) => {
      const request = await tx.requests.lock(id);
      const now = run === undefined ? undefined : await tx.runs.lock(run.id);
      if (request?.state !== 'running' || now?.active !== true || now.barrierAt !== undefined) return false;
      const { id: held, by: holder, until, reason } = hold;
      const event = { type: 'run-met-hold' as const, hold: held, holder, until: until.toISOString(), reason };
      await record(tx, { ...event, request: id, run: now.id }, [holder]);
      return true;
    });
    (isCancellable ? running : swapping).push(id);
  }
  return { running, swapping };
}

/**
 * Releases one's own holds of an environment, or the one that is named, whosever it is. Whoever may hold there may release, and
 * names the hold of somebody else: nobody lifts another's by mistake.
 */
export async function releaseHold(
  deps: ServiceDeps,
  actor: Actor,
  what: { hold: HoldId } | { environment: string },
): Promise<Hold[]> {
  const holds =
    'hold' in what ? [await holdNamed(deps, what.hold)] : await ownHolds(deps, actor, what.environment);
  const { person, front } = actor;
  const released: Hold[] = [];
  for (const hold of holds) {
    const { environment, by } = hold;
    if (by !== person.id) assertMayHold(deps.site, environmentNamed(deps.site, environment), person);
    const at = deps.now();
    const told = by === person.id ? [] : [by];
    await deps.store.write(async (tx) => {
      if (!(await tx.holds.release(hold.id, person.id, at))) throw over(hold);
      const event = { type: 'hold-released' as const, hold: hold.id, environment, holder: by };
      await record(tx, { ...event, actor: person.id, front }, told);
    });
    released.push({ ...hold, releasedAt: at, releasedBy: person.id });
  }
  for (const environment of new Set(released.map((hold) => hold.environment))) {
    const waiting = await lookAgain(deps, environment);
    for (const id of waiting) await tellFreed(deps, id, new Set(released.map((hold) => hold.id)));
  }
  return released;
}

async function holdNamed(deps: ServiceDeps, id: HoldId): Promise<Hold> {
  const hold = await deps.store.holds.get(id);
  if (hold !== undefined) return hold;
  throw notFound(
    'hold-unknown',
    `Hold "${id}" does not exist; expected a number such as HLD-3.`,
    '/refresh holds lists those that stand.',
  );
}

async function ownHolds(deps: ServiceDeps, actor: Actor, name: string): Promise<Hold[]> {
  const environment = environmentNamed(deps.site, name);
  const standing = await deps.store.holds.standing(deps.now(), environment.name);
  const own = standing.filter(({ by }) => by === actor.person.id);
  if (own.length > 0) return own;
  const [other] = standing;
  if (other === undefined) {
    throw conflict(
      'hold-none',
      `Nobody holds "${environment.name}"; there is nothing to release.`,
      '/refresh holds shows what is held.',
      { field: 'environment' },
    );
  }
  throw conflict(
    'hold-of-another',
    `${heldText(deps.site, environment, other)}; a hold of somebody else is released by its number only.`,
    `/refresh release ${other.id}, if you may hold there and mean it.`,
    { field: 'environment' },
  );
}

function over(hold: Hold) {
  return conflict(
    'hold-over',
    `${hold.id} on "${hold.environment}" does not stand any more; it was released, or its time is over.`,
    `/refresh holds ${hold.environment} shows what does.`,
  );
}

/** What still waits, such as for its moment or another hold, is shown without the released one. */
async function tellFreed(deps: ServiceDeps, id: RequestId, released: ReadonlySet<HoldId>): Promise<void> {
  await deps.store.write(async (tx) => {
    const request = await tx.requests.lock(id);
    if (request?.state !== 'approved') return;
    const told = await tx.events.ofRequest(id, ['request-held']);
    const holds = told.flatMap((event) => (event.type === 'request-held' ? (event.hold ?? []) : []));
    for (const hold of new Set(holds))
      if (released.has(hold)) await record(tx, { type: 'request-freed', hold, request: id });
  });
}

/**
 * Approved requests of the environment meet the calendar as it is now, in their order: they go on, or it is told what they wait for.
 * Answers all of them.
 */
async function lookAgain(deps: ServiceDeps, environment: string): Promise<RequestId[]> {
  const { requests } = await deps.store.requests.list(
    { environment, states: ['approved'] },
    { limit: mostWaiting, offset: 0 },
  );
  for (const { id } of requests.toReversed()) {
    try {
      await dispatch(deps, id);
    } catch (error) {
      deps.log.warn({ err: error, request: id }, 'a request could not be dispatched; it is tried again');
    }
  }
  return requests.map(({ id }) => id);
}

/** What the calendar says of an environment now. */
export type EnvironmentCalendar = { environment: EnvironmentSite; holds: readonly Hold[]; freeze?: Freeze };

/** Of one environment, or of all that can be a target, in the order of the site file. */
export async function calendar(deps: ServiceDeps, name?: string): Promise<EnvironmentCalendar[]> {
  const now = deps.now();
  const environments =
    name === undefined
      ? Object.values(deps.site.environments).filter(({ production }) => !production)
      : [environmentNamed(deps.site, name)];
  const holds = await deps.store.holds.standing(now, name);
  return environments.map((environment) => {
    const freeze = freezeAt(environment.freezes, now, environment.timeZone);
    return {
      environment,
      holds: holds.filter((hold) => hold.environment === environment.name),
      ...(freeze === undefined ? {} : { freeze }),
    };
  });
}
