import { stopSecondSshds } from '../rig/host-faults.ts';
import { onOneRig } from '../rig/suites.ts';
import { onMariadb, vendors } from '../rig/vendors.ts';
import { some } from './durations.ts';
import { connection, withLargeScript } from './connection.ts';
import { hostFaults, withSecondHost } from './hosts.ts';
import { serverFaults } from './servers.ts';

const drawn = some(vendors, 1);
const hasMariadb = drawn.includes(onMariadb);

onOneRig(
  'database hosts and the way to them',
  {
    proxies: true,
    catalog: hasMariadb,
    needed: hasMariadb ? ['mariadb-server'] : [],
    stop: stopSecondSshds,
    async site(site, sandbox) {
      await withLargeScript(site, sandbox);
      await withSecondHost(site, sandbox);
    },
  },
  [...some([connection, hostFaults], 1), ...drawn.map(serverFaults)],
);
