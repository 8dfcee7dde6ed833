import { hookEvents, openHookFailure } from '../../../domain/hook.ts';
import type { RequestId } from '../../../domain/ids.ts';
import type { Request } from '../../../domain/request.ts';
import type { RequestView } from '../../../service/views/view.ts';
import type { Failure, HookFailed } from '../messages/alert.ts';
import type { Front } from '../deps.ts';
import type { Linked } from './links.ts';

export type Alert = Linked & { failure: Failure | HookFailed };

/** A failure that nobody cared for in so long is no news. */
const alertSeconds = 14 * 86_400;
const most = 30;
const told = ['run-failed', 'run-fenced', 'alert-acknowledged', ...hookEvents] as const;

/**
 * The last failure of each request that nobody has acknowledged, retried or got over, the newest first; what is fenced stays until it is out,
 * and comes before all. A hook that failed is one while what was swapped before it is live.
 */
export async function unattended(
  { service, site }: Front,
  active: readonly Request[],
  linked: (id: RequestId) => Promise<Linked>,
): Promise<Alert[]> {
  const since = newsSince(service.now());
  const [failed, hooked] = await Promise.all([
    service.listRequests({ states: ['failed'] }, { limit: most, offset: 0 }),
    service.listRequests({ states: ['succeeded'], hookFailedSince: since }, { limit: most, offset: 0 }),
  ]);
  const fenced = await alertsOf(active.filter(({ state }) => state === 'fenced').toReversed());
  const ended = await alertsOf([...failed.requests, ...hooked.requests]);
  return [...fenced, ...ended.toSorted((a, b) => b.failure.at.getTime() - a.failure.at.getTime())];

  async function alertsOf(requests: readonly Request[]): Promise<Alert[]> {
    const found: Alert[] = [];
    for (const { id, environment, state } of requests) {
      if (site.environments[environment] === undefined) continue;
      const events = await service.events.ofRequest(id, told);
      const failure = state === 'succeeded' ? openHookFailure(events) : events.findLast(isFailure);
      if (failure === undefined) continue;
      const dealtWith = events.at(-1)?.id !== failure.id;
      if (state !== 'fenced' && (dealtWith || failure.at < since)) continue;
      const one = await linked(id);
      if (failure.type === 'hook-failed' && isReplaced(one.view)) continue;
      found.push({ ...one, failure });
    }
    return found;
  }
}

/** Which of a person's own requests stand without a hook that failed behind them. */
export async function withoutHooks(
  { service }: Front,
  person: string,
  linked: (id: RequestId) => Promise<Linked>,
): Promise<ReadonlySet<RequestId>> {
  const hooked = {
    requestedBy: person,
    states: ['succeeded'],
    hookFailedSince: newsSince(service.now()),
  } as const;
  const { requests } = await service.listRequests(hooked, { limit: most, offset: 0 });
  const views = await Promise.all(requests.map(async ({ id }) => (await linked(id)).view));
  const open = views.filter((view) => openHookFailure(view.events) !== undefined && !isReplaced(view));
  return new Set(open.map(({ request }) => request.id));
}

function newsSince(now: Date): Date {
  return new Date(now.getTime() - alertSeconds * 1000);
}

/** Something else is live by now instead of all of it: what was not done in it is missed by nobody. */
function isReplaced({ swaps }: RequestView): boolean {
  return swaps.every(({ supersededBy }) => supersededBy !== undefined);
}

function isFailure(event: RequestView['events'][number]): event is Failure {
  return event.type === 'run-failed' || event.type === 'run-fenced';
}
