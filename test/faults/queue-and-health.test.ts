import { onOneRig } from '../rig/suites.ts';
import { some } from './durations.ts';
import { health, siteWithMetrics } from './health.ts';
import { redisFaults } from './redis.ts';

onOneRig(
  'the queue, and what is told of every part',
  { needed: ['redis'], redis: true, proxies: true, site: siteWithMetrics },
  some([redisFaults, health], 1),
);
