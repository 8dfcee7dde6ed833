import { onOneRig } from '../rig/suites.ts';
import { ORDERS_BACKUPS } from '../../src/sandbox/hosts/production.ts';
import { addNear, tellOfNear } from '../rig/near-repository.ts';
import { some } from './durations.ts';
import { cancelled } from './cancelled.ts';
import { killedWorkers } from './killed-workers.ts';
import { stoppedWorkers } from './stopped.ts';
import { ownStore } from './store.ts';

onOneRig(
  'workers and their store',
  {
    proxies: true,
    // So that a swap waits for who has a transaction open, and can be met in its middle.
    site: (site) => {
      site.environments.dev!.drain = '600s';
      tellOfNear(site);
    },
    prepare: addNear,
    backups: ORDERS_BACKUPS + 1,
  },
  some([killedWorkers, cancelled, ownStore, stoppedWorkers], 2),
);
