import { isAsking, type Asking } from '../../domain/calendar/hindrances.ts';
import { reminderDue } from '../../domain/reminders.ts';
import type { Request } from '../../domain/request.ts';
import type { EnvironmentSite } from '../../domain/site.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { whyWait } from '../runs/waits.ts';

/** Of one environment, at most so many that wait for its holders are looked at in a round. */
const mostHeld = 200;

/**
 * Asks those again who hold an environment and have not said whether an approved request may go on: as often and at the hours
 * at which approvers are reminded, counted from when each was asked. Each once, however many processes do so.
 */
export async function remindHolders(deps: ServiceDeps): Promise<void> {
  const holds = await deps.store.holds.standing(deps.now());
  for (const name of new Set(holds.map(({ environment }) => environment))) {
    const environment = deps.site.environments[name];
    if (environment?.onHold !== 'ask' || environment.reminding === undefined) continue;
    const { requests } = await deps.store.requests.list(
      { environment: name, states: ['approved'] },
      { limit: mostHeld, offset: 0 },
    );
    for (const request of requests) {
      try {
        await remindOf(deps, environment, request);
      } catch (error) {
        deps.log.warn({ err: error, request: request.id }, 'no holder could be reminded; it is tried again');
      }
    }
  }
}

type Due = { since: Date; number: number; waits: Asking[] };

async function remindOf(deps: ServiceDeps, environment: EnvironmentSite, seen: Request): Promise<void> {
  for (const { since, number, waits } of await dueOf(deps, environment, seen)) {
    await deps.store.write(async (tx) => {
      const request = await tx.requests.lock(seen.id);
      if (request?.state !== 'approved' || request.digest !== seen.digest) return;
      if (!(await tx.reminders.send({ request: request.id, since, reminder: number }, deps.now()))) return;
      for (const { hold, until } of waits) {
        const event = { type: 'holder-reminded' as const, number, hold: hold.id, holder: hold.by };
        await record(
          tx,
          { ...event, until: until.toISOString(), digest: request.digest, request: request.id },
          [hold.by],
        );
      }
    });
  }
}

/** Holders who were asked at the same moment are one wait: a reminder is a row of the request and that moment. */
async function dueOf(deps: ServiceDeps, environment: EnvironmentSite, request: Request): Promise<Due[]> {
  const asking = (await whyWait(deps, request)).filter(isAsking);
  if (asking.length === 0) return [];
  const told = await deps.store.events.ofRequest(request.id, ['request-held']);
  const sent = await deps.store.reminders.sent([request.id]);
  const due = new Map<number, Due>();
  for (const wait of asking) {
    const since = told.findLast(
      (event) =>
        event.type === 'request-held' &&
        event.asks === true &&
        event.hold === wait.hold.id &&
        event.digest === request.digest,
    )?.at;
    if (since === undefined) continue;
    const number = reminderDue(since, environment, deps.now());
    const isSent = sent.some(
      (one) =>
        one.since.getTime() === since.getTime() && typeof one.reminder === 'number' && one.reminder >= number,
    );
    if (number === 0 || isSent) continue;
    const known = due.get(since.getTime());
    if (known === undefined) due.set(since.getTime(), { since, number, waits: [wait] });
    else known.waits.push(wait);
  }
  return [...due.values()];
}
