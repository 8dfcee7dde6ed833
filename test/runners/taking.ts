import type { ItemContext } from '../../runners/engine.ts';
import type { Rig } from './engine-rig.ts';
import { hostSite } from './measured.ts';

/** A take of a database of the rig, into the root of one of its hosts. */
export function taking(rig: Rig, target: string, to: 'near' | 'far' = 'near'): ItemContext {
  const host = hostSite(rig[to]);
  return rig.context(target, {
    kind: 'take',
    into: {
      environment: 'uat',
      host,
      program: (to === 'far' ? rig.there : rig.here).program,
      request: 'REQ-1',
      repository: {
        name: 'taken',
        host: host.name,
        root: 'nightly',
        environment: 'uat',
        anonymisation: 'raw',
        scope: 'full',
        scanEverySeconds: 60,
        takes: true,
      },
    },
  });
}
