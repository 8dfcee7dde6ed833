import { isFreshetError } from '../domain/errors.ts';
import { stateAfter } from '../domain/request.ts';
import { markUnconfigured, scan } from './catalogue.ts';
import type { ServiceDeps } from './deps.ts';
import { dispatch, nudge } from './dispatch.ts';
import { record } from './effects.ts';
import { pause } from './feed.ts';
import { startOnTimeForEver } from './start-on-time.ts';
import { noteHostFault } from './host-alerts.ts';
import { tendHosts, tendHostsForEver } from './tend-hosts.ts';

/** Slack and Jira repeat deliveries for hours at most. */
const forgetAfterDays = 14;

/**
 * Until `signal`: brings back what got lost on the way, and does the upkeep. One leader among all processes, by a
 * lease in the store; each part stands for itself, so that one that fails does not hold up the others.
 */
export async function reconcileForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  // Beside it: a host that does not answer must not keep anything else waiting.
  const beside = [startOnTimeForEver(deps, signal), tendHostsForEver(deps, signal)];
  while (!signal.aborted) {
    try {
      if (await deps.store.lease('reconciler', deps.worker, deps.pace.reconcileSeconds * 2))
        await bringBack(deps);
    } catch (error) {
      deps.log.warn({ err: error }, 'the reconciler could not work; it comes again');
    }
    await pause(deps.pace.reconcileSeconds, signal);
  }
  await Promise.all(beside);
}

/** One round of all upkeep. */
export async function reconcile(deps: ServiceDeps): Promise<void> {
  await bringBack(deps);
  await tendHosts(deps);
}

/** One round of what the store alone knows; asks no host. */
async function bringBack(deps: ServiceDeps): Promise<void> {
  for (const part of [expire, startApproved, bringBackRuns, forgetTold]) {
    try {
      await part(deps);
    } catch (error) {
      deps.log.warn({ err: error, part: part.name }, 'a part of the upkeep failed; it comes again');
    }
  }
}

/** Requests that waited too long for an approval or a free target. */
async function expire(deps: ServiceDeps): Promise<void> {
  const { requests } = await deps.store.requests.list(
    { states: ['pending', 'approved'], expiringBefore: deps.now() },
    { limit: 1000, offset: 0 },
  );
  for (const request of requests) {
    const next = stateAfter(request.state, 'expire');
    if (next === undefined) continue;
    await deps.store.write(async (tx) => {
      if (!(await tx.requests.move(request.id, request.state, next))) return;
      await record(tx, { type: 'request-expired', request: request.id });
    });
  }
}

/** Approved requests whose target has become free, whose moment has come, or whose dispatch got lost. Oldest first. */
async function startApproved(deps: ServiceDeps): Promise<void> {
  const { requests } = await deps.store.requests.list({ states: ['approved'] }, { limit: 1000, offset: 0 });
  for (const request of requests.toReversed()) {
    try {
      await dispatch(deps, request.id);
    } catch (error) {
      deps.log.warn(
        { err: error, request: request.id },
        'a request could not be dispatched; it is tried again',
      );
    }
  }
}

/** Active runs that nobody has: their worker died, or their job got lost. */
async function bringBackRuns(deps: ServiceDeps): Promise<void> {
  for (const run of await deps.store.runs.active({ unleased: true })) {
    // What is fenced waits for a person.
    if ((await deps.store.requests.get(run.request))?.state === 'running') await nudge(deps, run);
  }
}

/** Deliveries and effects that are done: kept for a while against late repetitions, and for whoever looks into it. */
async function forgetTold(deps: ServiceDeps): Promise<void> {
  const before = new Date(deps.now().getTime() - forgetAfterDays * 86_400_000);
  await deps.store.inbox.forget(before);
  await deps.store.outbox.forget(before);
}

/** Until `signal`: scans each repository as often as its site entry says; one leader per repository. */
export async function scanForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  await markUnconfigured(deps).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'backups of former repositories could not be marked');
  });
  await Promise.all(
    Object.values(deps.repositories).map(async (repository) => {
      const { name, scanEverySeconds } = repository.site;
      while (!signal.aborted) {
        try {
          if (await deps.store.lease(`scan ${name}`, deps.worker, Math.max(60, scanEverySeconds))) {
            await scan(deps, repository, signal);
          }
        } catch (error) {
          await noteHostFault(deps, repository.site.host, error);
          const known = isFreshetError(error) ? error.code : undefined;
          deps.log.warn({ err: error, repository: name, code: known }, 'a repository could not be scanned');
        }
        await pause(scanEverySeconds, signal);
      }
    }),
  );
}
