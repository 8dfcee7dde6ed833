import { isFreshetError, type FreshetError } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';
import { cut } from '../domain/lookup.ts';
import type { Actor, Front } from '../domain/person.ts';
import type { ServiceDeps } from './deps.ts';
import { record } from './effects.ts';

/** Something that somebody tried and that was refused, of no request. */
export type Attempt = {
  front: Front;
  /** As a front names them. */
  who: string;
  /** Their person id, where they are known. */
  actor?: string;
  /** What it was, in words: `the form of U0DANA`. What came from outside is cut. */
  what: string;
};

const most = { who: 100, what: 160, why: 500 };
/** Of the newest events of no request so many are looked through for the same refusal. */
const mostLookedThrough = 500;
const againSeconds = 10 * 60;

/** Writes down that something was refused. It is part of the audit, and told to nobody: whoever tried was told by the front. */
export async function refuseAttempt(
  deps: ServiceDeps,
  { front, who: whoever, actor, what }: Attempt,
  { code, message }: FreshetError,
): Promise<void> {
  const refusal = { code, who: cut(whoever, most.who), why: cut(message, most.why) };
  const earlier = await deps.store.events.ofNoRequest(['attempt-refused'], mostLookedThrough);
  const alike = earlier.filter((event) => event.type === 'attempt-refused' && event.why === refusal.why);
  if (saidLately(deps, alike, refusal)) return;
  const event = { type: 'attempt-refused', ...refusal, what: cut(what, most.what), front } as const;
  await deps.store.write((tx) => record(tx, { ...event, ...(actor === undefined ? {} : { actor }) }));
}

/** Does something as somebody, and writes it down where they may not, or the state of things does not allow it. */
export async function attemptsRecorded<T>(
  deps: ServiceDeps,
  { person, front }: Actor,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFreshetError(error) && (error.kind === 'Forbidden' || error.kind === 'Conflict'))
      await refuseAttempt(deps, { front, who: person.name, actor: person.id, what }, error);
    throw error;
  }
}

/** The same refusal to the same person again and again is said once in some minutes: whoever presses sees the answer anyway. */
export function saidLately(
  deps: Pick<ServiceDeps, 'now'>,
  earlier: readonly Event[],
  { code, who }: { code: string; who: string },
): boolean {
  const since = deps.now().getTime() - againSeconds * 1000;
  return earlier.some(
    (event) =>
      (event.type === 'decision-refused' || event.type === 'attempt-refused') &&
      event.code === code &&
      event.who === who &&
      event.at.getTime() > since,
  );
}
