import { notFound } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';

/** Refuses a ticket that is not there for us. Answers whether it was seen: where Jira can't be asked, it is taken on trust. */
export async function assertTicket(deps: ServiceDeps, key: string): Promise<boolean> {
  const seen = (await deps.ticket?.(key)) ?? 'unknown';
  if (seen !== 'absent') return seen === 'found';
  throw notFound(
    'ticket-unknown',
    `Jira has no ticket "${key}" that Freshet's account may read.`,
    'Look at the key; a project whose tickets are named here has to let that account browse it.',
    { field: 'for' },
  );
}

/** What became of the ticket of a request, as the front that knows it tells. */
export type TicketNews =
  | { type: 'ticket-linked'; ticket: string }
  | { type: 'ticket-refused'; ticket: string; what: 'link' | 'comment'; why: string };

/** Records it, each kind once. */
export async function tellOfTicket(deps: ServiceDeps, id: RequestId, news: TicketNews): Promise<void> {
  await deps.store.write(async (tx) => {
    if ((await tx.requests.lock(id)) === undefined) return;
    const told = await deps.store.events.ofRequest(id, [news.type]);
    const same = told.some(
      (event) =>
        event.type !== 'ticket-refused' || news.type !== 'ticket-refused' || event.what === news.what,
    );
    if (!same) await record(tx, { ...news, request: id, front: 'jira' });
  });
}
