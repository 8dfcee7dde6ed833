import { readdirSync, readFileSync } from 'node:fs';
import type { Rig } from './rig.ts';

/** Processes of steps that run on the rig's hosts now, each with its process group. */
export function stepProcesses(rig: Pick<Rig, 'sandbox'>): { pid: number; group: number }[] {
  const found: { pid: number; group: number }[] = [];
  for (const pid of readdirSync('/proc').map(Number)) {
    if (!(pid > 0)) continue;
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!environ.includes('FRESHET_MARK=')) continue;
      if (!environ.includes(`FRESHET_SANDBOX=${rig.sandbox.hosts.folder}`)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.push({ pid, group: Number(group) });
    } catch {
      // It ended.
    }
  }
  return found;
}
