import { isFreshetError } from '../domain/errors.ts';
import { stateAfter } from '../domain/request.ts';
import { markUnconfigured, scan } from './catalogue.ts';
import type { ServiceDeps } from './deps.ts';
import { dispatch, nudge } from './dispatch.ts';
import { record } from './effects.ts';
import { pause } from './feed.ts';
import { revise } from './revise.ts';
import { startOnTimeForEver } from './start-on-time.ts';

/** Nothing of ours is idle for so long. */
const sweepAfterSeconds = 3600;
/** Messages of the tools that made a run fail, for who looks into it. */
const keepFailedSeconds = 7 * 86_400;

/** Slack and Jira repeat deliveries for hours at most. */
const forgetAfterDays = 14;

/**
 * Until `signal`: brings back what got lost on the way, and does the upkeep. One leader among all processes, by a
 * lease in the store; each part stands for itself, so that one that fails does not hold up the others.
 */
export async function reconcileForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const onTime = startOnTimeForEver(deps, signal);
  while (!signal.aborted) {
    try {
      if (await deps.store.lease('reconciler', deps.worker, deps.pace.reconcileSeconds * 2))
        await reconcile(deps);
    } catch (error) {
      deps.log.warn({ err: error }, 'the reconciler could not work; it comes again');
    }
    await pause(deps.pace.reconcileSeconds, signal);
  }
  await onTime;
}

/** One round of upkeep. */
export async function reconcile(deps: ServiceDeps): Promise<void> {
  for (const part of [
    expire,
    reviseWaiting,
    startApproved,
    bringBackRuns,
    dropKept,
    sweepHosts,
    forgetTold,
  ]) {
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

/** Requests that wait under rules that are no longer those of the site file. */
async function reviseWaiting(deps: ServiceDeps): Promise<void> {
  const { requests } = await deps.store.requests.list({ states: ['pending'] }, { limit: 1000, offset: 0 });
  for (const request of requests) await revise(deps, request);
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
  for (const run of await deps.store.runs.active({ leaseExpiredAt: deps.now() })) {
    // What is fenced waits for a person.
    if ((await deps.store.requests.get(run.request))?.state === 'running') await nudge(deps, run);
  }
}

/** Copies that a swap kept, when their time is over. */
async function dropKept(deps: ServiceDeps): Promise<void> {
  for (const swap of await deps.store.swaps.dueForDrop(deps.now())) {
    try {
      await deps.engine(swap.server).dropKept(deps.access(swap.server), swap);
      await deps.store.write(async (tx) => {
        await tx.swaps.dropped(swap.run, swap.database, deps.now());
        const { database, environment, keptName: name, request, run } = swap;
        await record(tx, { type: 'old-dropped', database, environment, name, request, run });
      });
    } catch (error) {
      deps.log.warn(
        { err: error, kept: swap.keptName },
        'a kept copy could not be dropped; it is tried again',
      );
    }
  }
}

/**
 * Folders that runs and readings left on hosts, such as a fetched backup whose run died: removed after a grace period, and only
 * by the host program, which knows its own. What a failed run left for whoever looks into it stays longer.
 */
async function sweepHosts(deps: ServiceDeps): Promise<void> {
  const now = deps.now().getTime();
  for (const host of Object.keys(deps.site.hosts)) {
    const program = deps.program(host);
    for (const left of await program.runs()) {
      const run = await deps.store.runs.get(left.run);
      if (left.running || run?.active === true) continue;
      const idleSeconds = (now - left.changedAt.getTime()) / 1000;
      const failed =
        run === undefined ? false : (await deps.store.requests.get(run.request))?.state === 'failed';
      if (idleSeconds < (failed ? keepFailedSeconds : sweepAfterSeconds)) continue;
      await program.sweep(left.run, run?.fence ?? 0);
      deps.log.info({ host, run: left.run }, 'what a run had left on a host was removed');
    }
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
          const known = isFreshetError(error) ? error.code : undefined;
          deps.log.warn({ err: error, repository: name, code: known }, 'a repository could not be scanned');
        }
        await pause(scanEverySeconds, signal);
      }
    }),
  );
}
