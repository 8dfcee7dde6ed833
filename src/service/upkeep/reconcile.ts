import { isFreshetError } from '../../domain/errors.ts';
import type { RequestId } from '../../domain/ids.ts';
import { stateAfter, targetsOf, type Request } from '../../domain/request.ts';
import { markUnconfigured, scan } from '../backups/catalogue.ts';
import type { ServiceDeps } from '../deps.ts';
import { dispatch, nudge } from '../runs/dispatch.ts';
import { record } from '../effects.ts';
import { noteRound } from '../health/figures.ts';
import { noteHostFault } from './host-alerts.ts';
import { lead } from '../lead.ts';
import { endForLeavers } from '../people/leavers.ts';
import { withPeople } from '../people/people.ts';
import { remindWaiting } from '../approvals/remind.ts';
import { remindHolders } from '../approvals/remind-holders.ts';
import { revise } from '../approvals/revise.ts';
import { runSchedules } from '../schedules/round.ts';
import { startOnTimeForEver } from '../runs/start-on-time.ts';
import { tendHosts, tendHostsForEver } from './tend-hosts.ts';

/** How many that wait for their turn are read at once. */
const duePage = 500;

/** Slack and Jira repeat deliveries for hours at most. */
const forgetAfterDays = 7;

/**
 * Until `signal`: brings back what got lost on the way, and does the upkeep, in one process among all. Each part stands for
 * itself: one that fails or waits for a dead host holds up neither the others nor its own next round elsewhere. All of
 * them bear being done by two processes at once.
 */
export async function reconcileForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const { reconcileSeconds } = deps.pace;
  const underway = new Map<Part, Promise<void>>();
  const perform = performer(deps);
  const begin = () => {
    for (const part of parts) {
      if (underway.has(part)) continue;
      underway.set(
        part,
        perform(part).finally(() => underway.delete(part)),
      );
    }
    return Promise.resolve();
  };
  const leading = { name: 'reconciler', everySeconds: reconcileSeconds, leaseSeconds: reconcileSeconds * 2 };
  await Promise.all([
    startOnTimeForEver(deps, signal),
    runSchedulesForEver(deps, signal),
    tendHostsForEver(deps, signal),
    lead(deps, leading, begin, signal),
  ]);
  await Promise.all(underway.values());
}

type Part = (deps: ServiceDeps) => Promise<void>;
/** What the store alone knows; none asks a host. */
const parts: readonly Part[] = [
  expire,
  endForLeavers,
  reviseWaiting,
  remindWaiting,
  remindHolders,
  lookAhead,
  startApproved,
  bringBackRuns,
  forgetTold,
];

/** One round of all upkeep, to its end. */
export async function reconcile(deps: ServiceDeps): Promise<void> {
  const perform = performer(deps);
  await Promise.all([
    ...parts.map((part) => perform(part)),
    tendHosts(deps),
    runSchedules(await withPeople(deps)),
  ]);
}

/**
 * Does a part; never throws. A round is over, and told, once each part has ended since the last one was: while one of them
 * hangs there is no newer round, however often the others come to their end.
 */
function performer(deps: ServiceDeps): (part: Part) => Promise<void> {
  const owing = new Set(parts);
  let begunAt: number | undefined;
  let failedParts = 0;

  return async function perform(part) {
    begunAt ??= performance.now();
    try {
      await part(await withPeople(deps));
    } catch (error) {
      failedParts += 1;
      deps.log.warn({ err: error, part: part.name }, 'a part of the upkeep failed; it comes again');
    }
    owing.delete(part);
    if (owing.size > 0) return;
    const seconds = (performance.now() - begunAt) / 1000;
    deps.measure?.({ type: 'reconciled', seconds, failedParts });
    for (const one of parts) owing.add(one);
    begunAt = undefined;
    failedParts = 0;
    await noteRound(deps, seconds).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'a round of upkeep could not be written down');
    });
  };
}

/** Until `signal`: asks for what schedules ask for. Looks at hosts beforehand, as every request does, and so stands for itself. */
async function runSchedulesForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const { reconcileSeconds } = deps.pace;
  const leading = { name: 'schedules', everySeconds: reconcileSeconds, leaseSeconds: reconcileSeconds * 2 };
  await lead(deps, leading, async () => runSchedules(await withPeople(deps)), signal);
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
  for (const request of requests) {
    try {
      await revise(deps, request);
    } catch (error) {
      deps.log.warn({ err: error, request: request.id }, 'a request could not be revised; it is tried again');
    }
  }
}

/**
 * Approved requests whose moment is still to come: what is not any more what was approved is void at once and not first in the
 * night, and what of the calendar will stand in the way is told.
 */
async function lookAhead(deps: ServiceDeps): Promise<void> {
  for (let after: RequestId | undefined; ;) {
    const which = { limit: duePage, ...(after === undefined ? {} : { after }) };
    const page = await deps.store.requests.ahead(deps.now(), which);
    for (const { id } of page) {
      try {
        await dispatch(deps, id);
      } catch (error) {
        deps.log.warn(
          { err: error, request: id },
          'a request could not be looked at again; it is tried again',
        );
      }
    }
    after = page.at(-1)?.id;
    if (page.length < duePage) return;
  }
}

/**
 * Approved requests whose target has become free, whose moment has come, or whose dispatch got lost. Oldest first; behind a target
 * that is taken only the first in line is looked at, however many wait.
 */
async function startApproved(deps: ServiceDeps): Promise<void> {
  const taken = new Set<string>();
  const take = (request: Request) => targetsOf(request).forEach((target) => taken.add(target));
  for (let after: RequestId | undefined; ;) {
    const which = { limit: duePage, ...(after === undefined ? {} : { after }) };
    const page = await deps.store.requests.due(deps.now(), which);
    for (const request of page) {
      if (targetsOf(request).some((target) => taken.has(target))) continue;
      try {
        const outcome = await dispatch(deps, request.id);
        if (outcome === 'started') take(request);
        else if (outcome !== 'not-now') {
          // Only what that run holds: for the other targets of this one the next in line is asked.
          const holder = await deps.store.requests.get(outcome.behind);
          if (holder !== undefined) take(holder);
        }
      } catch (error) {
        deps.log.warn(
          { err: error, request: request.id },
          'a request could not be dispatched; it is tried again',
        );
      }
    }
    after = page.at(-1)?.id;
    if (page.length < duePage) return;
  }
}

/** Active runs that nobody has: their worker died, or their job got lost. */
async function bringBackRuns(deps: ServiceDeps): Promise<void> {
  for (const run of await deps.store.runs.active({ unleased: true })) {
    // What is fenced waits for a person.
    if ((await deps.store.requests.get(run.request))?.state !== 'running') continue;
    // A queue that takes none takes no other either, and each may have cost its whole patience.
    if (!(await nudge(deps, run))) return;
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
    Object.values(deps.repositories).map((repository) => {
      const { name, scanEverySeconds } = repository.site;
      const round = async () => {
        try {
          await scan(deps, repository, signal);
        } catch (error) {
          await noteHostFault(deps, repository.site.host, error);
          const known = isFreshetError(error) ? error.code : undefined;
          deps.log.warn({ err: error, repository: name, code: known }, 'a repository could not be scanned');
        }
      };
      const leaseSeconds = Math.max(60, scanEverySeconds);
      return lead(
        deps,
        { name: `scan ${name}`, everySeconds: scanEverySeconds, leaseSeconds },
        round,
        signal,
      );
    }),
  );
}
