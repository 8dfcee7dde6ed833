import { isFreshetError, type FreshetError } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';
import type { Effect } from '../store/store.ts';
import type { ServiceDeps } from './deps.ts';

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

const leaseSeconds = 60;
const longestPauseSeconds = 300;

/**
 * Delivers a front's effects, in order for each request and side by side across requests, until `signal`. A front that is
 * down delays only itself; nothing is dropped but what no repetition can mend (`Input`, `Forbidden`, `NotFound`, `Config`).
 */
export async function feed(
  deps: ServiceDeps,
  front: string,
  deliver: Deliver,
  signal: AbortSignal,
  options: { concurrency?: number } = {},
): Promise<void> {
  while (!signal.aborted) {
    try {
      const effects = await deps.store.outbox.take(front, options.concurrency ?? 8, leaseSeconds);
      if (effects.length === 0) await deps.store.events.wait(1, signal);
      else await Promise.all(effects.map((effect) => deliverOne(deps, effect, deliver)));
    } catch (error) {
      deps.log.warn({ err: error, front }, 'the outbox could not be read; it is tried again');
      await pause(1, signal);
    }
  }
}

async function deliverOne(deps: ServiceDeps, effect: Effect, deliver: Deliver): Promise<void> {
  const { outbox, events } = deps.store;
  try {
    const event = await events.get(effect.event);
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
    if (isHopeless(error)) {
      deps.log.error(about, 'an effect was given up: repeating it can not help');
      await outbox.dead(effect.id, error.message);
      deps.measure?.({ type: 'told', front: effect.front, outcome: 'given-up' });
      return;
    }
    const seconds =
      error instanceof RetryAfter ? error.seconds : backoffSeconds(effect.attempts, deps.random(1)[0]!);
    deps.log.warn({ ...about, seconds }, 'an effect could not be delivered; it is tried again');
    await outbox.later(effect.id, new Date(deps.now().getTime() + seconds * 1000), shortly(error));
    deps.measure?.({ type: 'told', front: effect.front, outcome: 'put-off' });
  }
}

function isHopeless(error: unknown): error is FreshetError {
  return isFreshetError(error) && ['Input', 'Forbidden', 'NotFound', 'Config'].includes(error.kind);
}

/** Doubles from a second, with full jitter above half of it, so that many do not come back at once. */
function backoffSeconds(attempts: number, random: number): number {
  const full = Math.min(longestPauseSeconds, 2 ** Math.min(attempts, 9));
  return full / 2 + (full / 2) * (random / 255);
}

function shortly(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown';
}

/** Waits, or until the signal. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(end, seconds * 1000);
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
