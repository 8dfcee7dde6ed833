import { may } from '../../domain/access.ts';
import {
  endOfAll,
  hindrancesOf,
  isAsking,
  ownWindow,
  type Hindrance,
} from '../../domain/calendar/hindrances.ts';
import type { HoldId } from '../../domain/ids.ts';
import type { Event } from '../../domain/event.ts';
import { environmentNamed } from '../../domain/lookup.ts';
import { isReading } from '../../domain/request-kinds.ts';
import type { Request } from '../../domain/request.ts';
import { personOf, type EnvironmentSite } from '../../domain/site.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';
import { passedBy } from './break-glass.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { lapseOf, later } from '../lapse.ts';

type Reads = Pick<Store | StoreTransaction, 'holds'> & {
  events: Pick<StoreTransaction['events'], 'ofRequest'>;
};

/**
 * What an approved request has to wait for although nothing is wrong with it: holds and freeze windows, as they stand at its moment. Empty:
 * nothing. It never voids an approval. A request is free of a hold when its holder let exactly what it is now go on.
 */
export async function whyWait(
  deps: ServiceDeps,
  request: Request,
  reads: Reads = deps.store,
): Promise<Hindrance[]> {
  const environment = environmentNamed(deps.site, request.environment);
  const now = deps.now();
  // Nothing is changed there, so nothing is kept from anybody.
  if (isReading(request.kind))
    return ownWindow(environment, request.startWithin, later(now, request.startAt));
  const holds = await reads.holds.standing(now, environment.name);
  const answers = holds.length === 0 ? [] : await reads.holds.answers(request.id);
  const mayStill = (id: string) => {
    const person = personOf(deps.site, id);
    return person !== undefined && may(deps.site, 'hold', environment.name, person);
  };
  const allowed = new Set<HoldId>(
    answers.filter(({ digest, by }) => digest === request.digest && mayStill(by)).map(({ hold }) => hold),
  );
  const what = {
    requestedBy: request.requestedBy,
    at: later(now, request.startAt),
    startWithin: request.startWithin,
    ...(request.breakGlass === true ? { passes: await passedBy(request, reads) } : {}),
  };
  return hindrancesOf(deps.site, environment, what, holds, allowed);
}

/** What somebody would meet who asks now: who breaks the glass, nothing but the times that they said themselves. */
export async function waitsFor(
  deps: ServiceDeps,
  environment: EnvironmentSite,
  {
    requestedBy,
    startAt,
    startWithin,
    breakGlass,
  }: {
    requestedBy: string;
    startAt?: Date | undefined;
    startWithin?: string | undefined;
    breakGlass: boolean;
  },
): Promise<Hindrance[]> {
  const now = deps.now();
  const holds = await deps.store.holds.standing(now, environment.name);
  const what = { requestedBy, at: later(now, startAt), startWithin };
  const waits = hindrancesOf(deps.site, environment, what, holds);
  if (!breakGlass) return waits;
  const ends = waits.map(({ until }) => until.getTime());
  const passes = {
    holds: new Set(holds.map(({ id }) => id)),
    ...(ends.length === 0 ? {} : { frozenUntil: new Date(Math.max(...ends)) }),
  };
  return hindrancesOf(deps.site, environment, { ...what, passes }, holds);
}

/**
 * Keeps an approved request back where the calendar says so, and answers whether it does. Each reason is told once, and its holder asked once. Its
 * time stands still meanwhile: it lapses as long after the end as it would have after its approval.
 */
export async function holdBack(deps: ServiceDeps, tx: StoreTransaction, request: Request): Promise<boolean> {
  const waits = await whyWait(deps, request, tx);
  if (waits.length === 0) return false;
  const told = await tx.events.ofRequest(request.id, ['request-held']);
  const lengthening = isFirstNight(deps, request, told)
    ? waits
    : waits.filter(({ kind }) => kind !== 'window');
  for (const wait of waits) {
    const held = heldOf(request, wait);
    if (told.some((event) => event.type === 'request-held' && sameReason(event, held))) continue;
    await record(tx, held, isAsking(wait) ? [wait.hold.by] : []);
  }
  const end = endOfAll(lengthening);
  if (end === undefined) return true;
  const lapses = lapseOf(end, environmentNamed(deps.site, request.environment));
  if (lapses > request.expiresAt) await tx.requests.lapses(request.id, lapses);
  return true;
}

/** Its time begins with the first of the times at which it may start, and is not begun anew with each one that it misses. */
function isFirstNight({ now }: ServiceDeps, { startAt }: Request, told: readonly Event[]): boolean {
  if (startAt !== undefined && startAt <= now()) return false;
  return !told.some((event) => event.type === 'request-held' && event.window === true);
}

/** Tells of what will stand in the way of a request whose moment is still to come, so that a holder is asked while awake. */
export async function foretell(deps: ServiceDeps, request: Request): Promise<void> {
  if ((await whyWait(deps, request)).length === 0) return;
  await deps.store.write(async (tx) => {
    const locked = await tx.requests.lock(request.id);
    if (locked?.state === 'approved') await holdBack(deps, tx, locked);
  });
}

type Held = Extract<Event, { type: 'request-held' }>;

function heldOf(request: Request, wait: Hindrance) {
  return {
    type: 'request-held' as const,
    request: request.id,
    why: wait.why,
    until: wait.until.toISOString(),
    digest: request.digest,
    ...(wait.kind === 'hold' ? { hold: wait.hold.id, holder: wait.hold.by } : {}),
    ...(isAsking(wait) ? { asks: true as const } : {}),
    ...(wait.kind === 'window' ? { window: true as const } : {}),
  };
}

function sameReason(event: Held, held: ReturnType<typeof heldOf>): boolean {
  const sameAsking = event.asks === held.asks && event.digest === held.digest;
  return sameAsking && event.hold === held.hold && (held.hold !== undefined || event.why === held.why);
}
