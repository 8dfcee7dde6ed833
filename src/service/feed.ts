import type { FreshetError } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';
import type { Effect } from '../store/store.ts';
import { alertFront } from './front-alerts.ts';
import type { ServiceDeps } from './deps.ts';
import { sideBySide } from './side-by-side.ts';

export { pause } from './side-by-side.ts';

// Fronts know the store's words by the service only.
export type { Delivery, Effect } from '../store/store.ts';

/** Tells the outside world of one event. Throws when it could not be told; then it is tried again. */
export type Deliver = (effect: Effect, event: Event) => Promise<void>;

/** Thrown by a front when the other side says how long to wait (Retry-After). */
export class RetryAfter extends Error {
  readonly seconds: number;
  constructor(seconds: number, why: string) {
    super(why);
    this.name = 'RetryAfter';
    this.seconds = seconds;
  }
}

/**
 * Thrown by a front when the other side will never take it, whatever anybody mends: then it is given up. All else comes again, also
 * where our own site file stands in the way.
 */
export class GivenUp extends Error {
  readonly fault: FreshetError;
  constructor(fault: FreshetError) {
    super(fault.message, { cause: fault });
    this.name = 'GivenUp';
    this.fault = fault;
  }
}

const leaseSeconds = 60;
const longestPauseSeconds = 300;

/**
 * Delivers a front's effects, in order for each request and side by side across requests, until `signal`. A front that is
 * down delays only itself, and an effect that hangs only those of its own request; nothing is dropped but what a front says no
 * repetition can mend (`GivenUp`), and of that the operators are told.
 */
export async function feed(
  deps: ServiceDeps,
  front: string,
  deliver: Deliver,
  signal: AbortSignal,
  options: { concurrency?: number } = {},
): Promise<void> {
  const effects = sideBySide<Effect>({
    most: options.concurrency ?? 8,
    take: (room) => deps.store.outbox.take(front, room, leaseSeconds),
    work: (effect) => deliverOne(deps, effect, deliver),
    wait: (woken) => deps.store.events.wait(1, woken),
    log: deps.log,
    name: `the effects of ${front}`,
  });
  await effects.run(signal);
  await effects.settled();
}

async function deliverOne(deps: ServiceDeps, effect: Effect, deliver: Deliver): Promise<void> {
  const { outbox, events } = deps.store;
  let event: Event | undefined;
  try {
    event = await events.get(effect.event);
    if (event !== undefined) await deliver(effect, event);
    await outbox.done(effect.id);
    deps.measure?.({ type: 'told', front: effect.front, outcome: 'delivered' });
  } catch (error) {
    const about = {
      err: error,
      effect: effect.id,
      front: effect.front,
      kind: effect.kind,
      request: effect.request,
    };
    if (error instanceof GivenUp) {
      deps.log.error(about, 'an effect was given up: repeating it can not help');
      // Before it is put aside: told twice is better than never.
      if (event !== undefined) await tellOfLoss(deps, effect, event, error.fault);
      await outbox.dead(effect.id, error.message);
      deps.measure?.({ type: 'told', front: effect.front, outcome: 'given-up' });
      return;
    }
    const chance = deps.random(1)[0]! / 255;
    const asked = error instanceof RetryAfter;
    const waited = (deps.now().getTime() - effect.createdAt.getTime()) / 1000;
    const seconds = asked
      ? // Not all at the same moment, or the first calls after the wait are too many again.
        error.seconds + chance * Math.min(1, error.seconds)
      : backoffSeconds(effect.attempts, chance, waited);
    deps.log.warn({ ...about, seconds }, 'an effect could not be delivered; it is tried again');
    await outbox.later(effect.id, new Date(deps.now().getTime() + seconds * 1000), shortly(error), asked);
    deps.measure?.({ type: 'told', front: effect.front, outcome: 'put-off' });
  }
}

/** The operators learn of what was given up, once for each request and cause. Of a lost alert of this kind nobody is alerted. */
async function tellOfLoss(
  deps: ServiceDeps,
  { front, request }: Effect,
  event: Event,
  { code, message, hint }: FreshetError,
): Promise<void> {
  if (request === undefined || event.type === 'front-alert') return;
  const told = await deps.store.events.ofRequest(request, ['front-alert']);
  if (told.some((one) => one.type === 'front-alert' && one.code === code)) return;
  await alertFront(deps, request, front === 'jira' ? 'jira' : 'slack', {
    code,
    cause: message,
    hint: `${hint} What was to be told by this, "${event.type}", is given up.`.trim(),
  });
}

/**
 * How long to wait after so many attempts: doubled from two seconds to five minutes, with full jitter above half of it, so that
 * many do not come back at once. No longer than it was `waited` for already: so what was held up by an outage is made good within as
 * long again. `chance` is from 0 to 1.
 */
export function backoffSeconds(attempts: number, chance: number, waited = Infinity): number {
  const full = Math.min(longestPauseSeconds, 2 ** Math.min(attempts, 9), Math.max(2, waited));
  return full / 2 + (full / 2) * chance;
}

function shortly(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown';
}
