import { onOneRig } from '../rig/suites.ts';
import { health, siteWithMetrics } from './health.ts';
import { redisFaults } from './redis.ts';

onOneRig(
  'the queue, and what is told of every part',
  { needed: ['redis'], redis: true, proxies: true, site: siteWithMetrics },
  [redisFaults, health],
);
