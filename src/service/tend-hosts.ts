import { isFreshetError } from '../domain/errors.ts';
import type { ServiceDeps } from './deps.ts';
import { record } from './effects.ts';
import { pause } from './feed.ts';
import { noteHostFault, noteHostWell } from './host-alerts.ts';

/** Each look costs a host a session, and nothing here is urgent. */
const tendSeconds = 15;
/** Nothing of ours is idle for so long. */
const sweepAfterSeconds = 3600;
/** Messages of the tools that made a run fail, for who looks into it. */
const keepFailedSeconds = 7 * 86_400;

/**
 * Until `signal`: looks after each host by itself, so that one which is away or does not answer holds up no other. One leader
 * for each.
 */
export async function tendHostsForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const seconds = Math.max(tendSeconds, deps.pace.reconcileSeconds);
  await Promise.all(
    Object.keys(deps.site.hosts).map(async (host) => {
      while (!signal.aborted) {
        try {
          if (await deps.store.lease(`host ${host}`, deps.worker, seconds * 2))
            await tend(deps, host);
        } catch (error) {
          deps.log.warn({ err: error, host }, 'a host could not be looked after; it is tried again');
        }
        await pause(seconds, signal);
      }
    }),
  );
}

/** One round over all hosts. */
export async function tendHosts(deps: ServiceDeps): Promise<void> {
  await Promise.all(Object.keys(deps.site.hosts).map((host) => tend(deps, host)));
}

async function tend(deps: ServiceDeps, host: string): Promise<void> {
  try {
    await sweep(deps, host);
    await noteHostWell(deps, host);
  } catch (error) {
    const code = isFreshetError(error) ? error.code : undefined;
    deps.log.warn({ err: error, host, code }, 'a host could not be swept; it is tried again');
    await noteHostFault(deps, host, error);
    return;
  }
  await dropKept(deps, host);
}

/**
 * Folders that runs and readings left on a host, such as a fetched backup whose run died: removed after a grace period, and only
 * by the host program, which knows its own. What a failed run left for whoever looks into it stays longer. How long is told by the
 * host's own clock.
 */
async function sweep(deps: ServiceDeps, host: string): Promise<void> {
  const program = deps.program(host);
  const { now, runs } = await program.runs();
  for (const left of runs) {
    const run = await deps.store.runs.get(left.run);
    if (left.running || run?.active === true) continue;
    const idleSeconds = (now.getTime() - left.changedAt.getTime()) / 1000;
    const failed =
      run === undefined ? false : (await deps.store.requests.get(run.request))?.state === 'failed';
    if (idleSeconds < (failed ? keepFailedSeconds : sweepAfterSeconds)) continue;
    await program.sweep(left.run, run?.fence ?? 0);
    deps.log.info({ host, run: left.run }, 'what a run had left on a host was removed');
  }
}

/** Copies that a swap kept, when their time is over. */
async function dropKept(deps: ServiceDeps, host: string): Promise<void> {
  for (const swap of await deps.store.swaps.dueForDrop(deps.now())) {
    if (deps.site.servers[swap.server]?.host !== host) continue;
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
