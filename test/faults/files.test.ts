import { some } from './durations.ts';
import { onOneRig } from '../rig/suites.ts';
import { confined, covered } from './confinement.ts';
import { backupFiles } from './files.ts';

onOneRig(
  'files on the hosts',
  { needed: ['zstd'], serve: [], unread: true, before: covered },
  some([confined, backupFiles], 1),
);
