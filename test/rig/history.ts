import type { Event } from '../../src/domain/event.ts';
import type { Request, RequestKind, RequestState } from '../../src/domain/request.ts';

/** The event that a request in this state must end with, among those that change its state. */
const endings: Partial<Record<RequestState, Event['type']>> = {
  succeeded: 'run-succeeded',
  failed: 'run-failed',
  fenced: 'run-fenced',
  cancelled: 'request-cancelled',
  rejected: 'request-rejected',
  expired: 'request-expired',
};

const decisive = new Set<Event['type']>([
  'request-approved',
  'request-rejected',
  'request-cancelled',
  'request-expired',
  'approval-voided',
  'run-started',
  'run-succeeded',
  'run-failed',
  'run-fenced',
]);

/** What each item of a request that succeeded has come to. */
const comes = {
  refresh: 'item-swapped',
  undo: 'item-swapped',
  take: 'item-taken',
  prove: 'item-proven',
} as const satisfies Record<RequestKind, Event['type']>;

/** Whether the events of a request tell its whole story: how it began, each attempt with each step's end, and how it stands. */
export function storyFaults(request: Request, events: readonly Event[]): string[] {
  const faults: string[] = [];
  const fault = (what: string) => faults.push(`${request.id}: ${what}`);
  if (events[0]?.type !== 'request-created') fault(`begins with ${events[0]?.type}`);
  for (const once of ['request-created', 'run-succeeded', 'request-cancelled', 'request-rejected'] as const) {
    const count = events.filter(({ type }) => type === once).length;
    if (count > 1) fault(`${once} is there ${count} times`);
  }
  const last = events.findLast(({ type }) => decisive.has(type))?.type;
  const wanted = endings[request.state];
  if (wanted !== undefined && last !== wanted) fault(`is ${request.state} and ends with ${last}`);
  for (const attempt of attempts(events)) faults.push(...attemptFaults(request, attempt));
  return faults;
}

/** From each start of a run to the next one. */
function attempts(events: readonly Event[]): Event[][] {
  const found: Event[][] = [];
  for (const event of events) {
    if (event.type === 'run-started') found.push([]);
    found.at(-1)?.push(event);
  }
  return found;
}

function attemptFaults(request: Request, events: readonly Event[]): string[] {
  const faults: string[] = [];
  const succeeded = events.some(({ type }) => type === 'run-succeeded');
  const started = new Map<string, number>();
  const done = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'step-started') started.set(event.step, (started.get(event.step) ?? 0) + 1);
    if (event.type === 'step-done') done.set(event.step, (done.get(event.step) ?? 0) + 1);
  }
  for (const [step, times] of done) {
    if (times > (started.get(step) ?? 0)) faults.push(`${request.id}: ${step} ended ${times} times`);
  }
  if (succeeded) {
    for (const step of started.keys())
      if (!done.has(step)) faults.push(`${request.id}: ${step} began and has no end`);
    for (const { database } of request.items)
      if (!events.some((event) => event.type === comes[request.kind] && event.database === database))
        faults.push(`${request.id}: succeeded without ${comes[request.kind]} of ${database}`);
  }
  return faults;
}
