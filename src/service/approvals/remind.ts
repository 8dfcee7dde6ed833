import { dueReminders, waitsSince, type Reminder } from '../../domain/reminders.ts';
import { isFallback } from '../../domain/policy/deputies.ts';
import { approvalStanding } from '../../domain/policy/stages.ts';
import type { Request } from '../../domain/request.ts';
import { deputiesOf } from '../people/deputies.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/** Requests that wait, at most so many: more are nobody's to be reminded of. */
const mostWaiting = 1000;
/** People who are written to themselves; all others see it in the thread. */
const mostPeople = 20;

/**
 * Reminds those who may decide, in the working hours of the environment and ever more seldom, and tells the requester before it
 * expires. Each once, however many processes do so and whatever dies: what was sent is a row of the store.
 */
export async function remindWaiting(deps: ServiceDeps): Promise<void> {
  const { requests } = await deps.store.requests.list(
    { states: ['pending'] },
    { limit: mostWaiting, offset: 0 },
  );
  const now = deps.now();
  const due = requests.flatMap((request) => {
    const environment = deps.site.environments[request.environment];
    if (environment === undefined) return [];
    const since = waitsSince(request, environment);
    return dueReminders(request, environment, now).map((reminder) => ({ request, since, reminder }));
  });
  const sent = await deps.store.reminders.sent(due.map(({ request }) => request.id));
  const isSent = (one: (typeof due)[number]) =>
    sent.some(
      ({ request, since, reminder }) =>
        request === one.request.id &&
        since.getTime() === one.since.getTime() &&
        (reminder === one.reminder || isLater(reminder, one.reminder)),
    );
  for (const one of due) {
    if (isSent(one)) continue;
    try {
      await remind(deps, one);
    } catch (error) {
      deps.log.warn({ err: error, request: one.request.id }, 'nobody could be reminded; it is tried again');
    }
  }
}

/** A reminder that was skipped is not made up for: the site file may have changed since. */
function isLater(sent: Reminder, other: Reminder): boolean {
  return typeof sent === 'number' && typeof other === 'number' && sent > other;
}

async function remind(
  deps: ServiceDeps,
  { request: seen, since, reminder }: { request: Request; since: Date; reminder: Reminder },
): Promise<void> {
  const deputies = await deputiesOf(deps, seen);
  await deps.store.write(async (tx) => {
    const request = await tx.requests.lock(seen.id);
    // Decided, or waiting anew, since it was read.
    if (request?.state !== 'pending' || request.expiresAt.getTime() !== seen.expiresAt.getTime()) return;
    if (!(await tx.reminders.send({ request: request.id, since, reminder }, deps.now()))) return;
    if (reminder === 'last') {
      await record(tx, { type: 'expiry-announced', request: request.id });
      return;
    }
    const { open } = approvalStanding(deps.site, request, await tx.approvals.of(request.id), deputies);
    const all = open?.deciders ?? [];
    const whom = reminder === 'fallback' ? all.filter((person) => isFallback(request.terms, person)) : all;
    await record(
      tx,
      reminder === 'fallback'
        ? { type: 'fallback-opened', request: request.id }
        : { type: 'approvers-reminded', number: reminder, request: request.id },
    );
    for (const { id } of whom.slice(0, mostPeople))
      await record(tx, { type: 'approver-reminded', to: id, request: request.id });
  });
}
