import { isFreshetError } from '../../domain/errors.ts';
import type { ServiceDeps } from '../deps.ts';
import { record } from '../effects.ts';
import { noteHostFault, noteHostWell } from './host-alerts.ts';
import { lead } from '../lead.ts';
import { sweepHost, sweepServer } from './sweep.ts';

/** Each look costs a host a session, and nothing here is urgent. */
const tendSeconds = 15;

/**
 * Until `signal`: looks after each host by itself, so that one which is away or does not answer holds up no other. One leader
 * for each.
 */
export async function tendHostsForEver(deps: ServiceDeps, signal: AbortSignal): Promise<void> {
  const seconds = Math.max(tendSeconds, deps.pace.reconcileSeconds);
  await Promise.all(
    Object.keys(deps.site.hosts).map((host) => {
      const leading = { name: `host ${host}`, everySeconds: seconds, leaseSeconds: seconds * 2 };
      return lead(deps, leading, () => tend(deps, host), signal);
    }),
  );
}

/** One round over all hosts. */
export async function tendHosts(deps: ServiceDeps): Promise<void> {
  await Promise.all(Object.keys(deps.site.hosts).map((host) => tend(deps, host)));
}

async function tend(deps: ServiceDeps, host: string): Promise<void> {
  try {
    await sweepHost(deps, host);
    await noteHostWell(deps, host);
  } catch (error) {
    const code = isFreshetError(error) ? error.code : undefined;
    deps.log.warn({ err: error, host, code }, 'a host could not be swept; it is tried again');
    await noteHostFault(deps, host, error);
    return;
  }
  await dropReplaced(deps, host);
  for (const server of Object.values(deps.site.servers)) {
    if (server.host === host && server.onlyRead !== true) await sweepServer(deps, server.name);
  }
}

/** Copies that a swap kept, when their time is over. */
async function dropReplaced(deps: ServiceDeps, host: string): Promise<void> {
  for (const swap of await deps.store.swaps.dueForDrop(deps.now())) {
    if (deps.site.servers[swap.server]?.host !== host) continue;
    try {
      await deps.engine(swap.server).dropReplaced(deps.access(swap.server), swap);
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
