import type { Probe } from '../../domain/probe.ts';
import type { Canary } from './canary.ts';
import type { ServiceDeps } from '../deps.ts';

/**
 * What is looked at all the time, and not once as by `check`: cheap, and in words that anybody may read. A probe throws where
 * something does not answer; why is for the log.
 */
export type Vitals = { store: Probe; queue: Probe; hosts: Probe[] };

/** With `canary` a worker must take a job; without, the queue's server must answer. */
export function vitals(deps: ServiceDeps, canary?: Canary): Vitals {
  return {
    store: {
      name: 'store',
      async run() {
        await deps.store.ping();
        return { ok: true, says: 'answers' };
      },
    },
    queue: {
      name: 'queue',
      async run() {
        if (canary !== undefined) return canary.look();
        await deps.queue.ping();
        return { ok: true, says: 'answers' };
      },
    },
    hosts: Object.keys(deps.site.hosts).map((name) => ({
      name: `host ${name}`,
      async run() {
        await deps.program(name).runs();
        return { ok: true, says: 'freshet-host answers' };
      },
    })),
  };
}
