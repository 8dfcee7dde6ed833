import type { Event, EventType, NewEvent } from '../domain/event.ts';
import type { Request } from '../domain/request.ts';
import type { StoreTransaction } from '../store/store.ts';

/**
 * Who is told of what. `card`: the request's card shows its newest state; `thread`: a line below it; `direct`: a message to the
 * requester; `notice`: a message of its own in the channel, about no request; `owner`: a message to whoever stands behind a schedule; `alert`: the operators' channel, where an alert also changes when it was dealt with; `sync`: the Jira issue is brought to the request's state and
 * told of the event. Alerts have a line of their own, so that a slow card never delays them.
 */
const told: Partial<Record<EventType, readonly { front: string; kind: string }[]>> = {
  'request-created': [slack('card'), jira('sync'), impact()],
  'approval-given': [slack('card'), slack('thread'), slack('direct'), jira('sync')],
  'request-approved': [slack('card'), slack('thread'), jira('sync')],
  'request-rejected': [slack('card'), slack('thread'), slack('direct'), jira('sync')],
  'request-cancelled': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'request-expired': [slack('card'), slack('thread'), slack('direct'), jira('sync')],
  'approvers-reminded': [slack('thread')],
  'approver-reminded': [slack('direct')],
  'expiry-announced': [slack('direct')],
  'approval-voided': [slack('card'), slack('thread'), slack('direct'), jira('sync'), impact()],
  'request-revised': [slack('card'), slack('thread'), jira('sync')],
  'decision-refused': [slack('thread'), jira('sync')],
  'request-retried': [slack('card'), slack('thread'), alert(), jira('sync')],
  'request-waiting': [slack('card'), slack('thread')],
  'request-held': [slack('card'), slack('thread'), slack('direct'), jira('sync')],
  'holder-reminded': [slack('thread')],
  'request-freed': [slack('card'), slack('thread')],
  'hold-allowed': [slack('card'), slack('thread'), jira('sync')],
  'run-met-hold': [slack('thread')],
  'swap-not-waiting': [slack('thread'), jira('sync')],
  'hold-placed': [slack('notice')],
  'hold-released': [slack('notice')],
  'glass-broken': [slack('card'), slack('thread'), alert(), jira('sync')],
  'cancel-requested': [slack('card'), slack('thread')],
  'run-started': [slack('card'), jira('sync')],
  'run-resumed': [slack('thread')],
  'step-done': [slack('thread')],
  'item-neutralised': [slack('card'), slack('thread')],
  'item-moved': [jira('sync')],
  'item-ready': [jira('sync')],
  'item-swapped': [slack('thread'), jira('sync')],
  'item-taken': [slack('thread'), jira('sync')],
  'item-proven': [slack('thread'), jira('sync')],
  'item-unproven': [slack('card'), slack('thread'), jira('sync')],
  'item-put-back': [slack('thread'), jira('sync')],
  'run-succeeded': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'hook-failed': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'hooks-retried': [slack('card'), slack('thread'), alert(), jira('sync')],
  'hooks-done': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'run-failed': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'run-fenced': [slack('card'), slack('thread'), slack('direct'), alert(), jira('sync')],
  'alert-acknowledged': [alert(), jira('sync')],
  'fallback-opened': [slack('card'), slack('thread')],
  'right-delegated': [slack('personal')],
  'delegation-ended': [slack('personal')],
  'link-found': [slack('personal')],
  'account-linked': [slack('personal')],
  'account-unlinked': [slack('personal')],
  'link-refused': [slack('personal')],
  'host-alert': [alert()],
  'upkeep-alert': [alert()],
  'front-alert': [alert(), jira('sync')],
  'backup-corrupt': [alert()],
  'schedule-added': [slack('notice')],
  'schedule-removed': [slack('notice'), slack('owner')],
  'schedule-paused': [slack('notice'), slack('owner')],
  'schedule-resumed': [slack('notice')],
  'schedule-skips': [slack('notice')],
  'schedule-approved': [slack('notice'), slack('owner')],
  'schedule-approval-ending': [slack('notice'), slack('owner')],
  'schedule-approval-ended': [slack('notice'), slack('owner')],
  'schedule-passed': [slack('notice'), slack('owner')],
  'schedule-refused': [alert(), slack('owner')],
  'impact-seen': [slack('card'), jira('sync')],
  'ticket-unseen': [slack('thread')],
  'ticket-linked': [slack('thread')],
  'ticket-refused': [slack('thread'), jira('sync')],
};

/** The fronts that are told of anything, by their names in the outbox. */
export const toldFronts = [
  ...new Set(
    Object.values(told)
      .flat()
      .map(({ front }) => front),
  ),
];

function slack(kind: string) {
  return { front: 'slack', kind };
}

function alert() {
  return { front: 'slack-alerts', kind: 'alert' };
}

/** No front: what is looked at before people decide, see `asking/assess.ts`. */
function impact() {
  return { front: 'impact', kind: 'assess' };
}

function jira(kind: string) {
  return { front: 'jira', kind };
}

/** Appends an event with the effects that tell of it. `people`: ids of those who are told themselves, each by a message of their own. */
export async function record(
  tx: StoreTransaction,
  event: NewEvent,
  people: readonly string[] = [],
): Promise<Event> {
  const personal = people.map((id) => slack(`${personKind}${id}`));
  return tx.events.append(event, [...(told[event.type] ?? []), ...personal]);
}

const personKind = 'person:';

/** Whom an effect is for; undefined for one that is for no single person. */
export function toldPerson({ kind }: { kind: string }): string | undefined {
  return kind.startsWith(personKind) ? kind.slice(personKind.length) : undefined;
}

/** The part of an event that says which request it is of and who did it. */
export function by(
  request: Pick<Request, 'id'>,
  actor?: { person: { id: string }; front: NewEvent['front'] },
) {
  return {
    request: request.id,
    ...(actor === undefined ? {} : { actor: actor.person.id, front: actor.front }),
  };
}
