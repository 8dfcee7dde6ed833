import { onOneRig } from '../rig/suites.ts';
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
    site: (site) => void (site.environments.dev!.drain = '600s'),
  },
  some([killedWorkers, cancelled, ownStore, stoppedWorkers], 2),
);
