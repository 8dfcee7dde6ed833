import type { ServiceDeps } from '../deps.ts';
import { dispatch } from './dispatch.ts';
import { pause } from '../side-by-side.ts';
import { lead } from '../lead.ts';

/**
 * Until `signal`: starts approved requests at their moments, to the second, whatever else the upkeep is busy with. What it misses (it
 * was approved a second before, its target was taken, this process died) is found by the reconciler, which dispatches all that is due.
 */
export async function startOnTimeForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const { reconcileSeconds } = deps.pace;
  const leading = { name: 'starter', everySeconds: reconcileSeconds, leaseSeconds: reconcileSeconds * 2 };
  await lead(deps, leading, () => startOnTime(deps, signal), signal);
}

/** Waits for the moments of the next round, and starts what they are of. */
async function startOnTime(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const now = deps.now();
  const startingBefore = new Date(now.getTime() + deps.pace.reconcileSeconds * 1000);
  const { requests } = await deps.store.requests.list({ startingBefore }, { limit: 1000, offset: 0 });
  const ahead = requests
    .flatMap(({ id, startAt }) => (startAt !== undefined && startAt > now ? [{ id, startAt }] : []))
    .sort((a, b) => a.startAt.getTime() - b.startAt.getTime());
  for (const { id, startAt } of ahead) {
    for (let left = 1; left > 0 && !signal.aborted;) {
      left = startAt.getTime() - deps.now().getTime();
      if (left > 0) await pause(left / 1000, signal);
    }
    if (signal.aborted) return;
    try {
      await dispatch(deps, id);
    } catch (error) {
      deps.log.warn({ err: error, request: id }, 'a request could not be started on time; it is tried again');
    }
  }
}
