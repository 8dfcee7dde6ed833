import { stopSecondSshds } from '../rig/host-faults.ts';
import { onOneRig } from '../rig/suites.ts';
import { some } from './durations.ts';
import { connection, withLargeScript } from './connection.ts';
import { hostFaults, withSecondHost } from './hosts.ts';

onOneRig(
  'database hosts and the way to them',
  {
    proxies: true,
    stop: stopSecondSshds,
    async site(site, sandbox) {
      await withLargeScript(site, sandbox);
      await withSecondHost(site, sandbox);
    },
  },
  some([connection, hostFaults], 1),
);
