import { some } from './durations.ts';
import { onOneRig } from '../rig/suites.ts';
import { addStock } from '../rig/second-database.ts';
import { frozen } from './frozen.ts';
import { retried, siteToRetry } from './retried.ts';

onOneRig(
  'processes with a worker inside',
  { serve: [], prepare: addStock, backups: 12, site: siteToRetry },
  some([frozen, retried], 1),
);
