import { readdirSync, readFileSync } from 'node:fs';
import type { Rig } from './rig.ts';

/** A process of a step, its process group and its run. */
export type StepProcess = { pid: number; group: number; run: string };

/** Processes of steps that run on the rig's hosts now: that of a backup being read is nobody's. */
export function stepProcesses(rig: Pick<Rig, 'sandbox'>): StepProcess[] {
  return processesWith(`FRESHET_SANDBOX=${rig.sandbox.hosts.folder}`);
}

/** Those of all steps on this machine whose environment has this in it. */
export function processesWith(variable: string): StepProcess[] {
  const found: StepProcess[] = [];
  for (const pid of readdirSync('/proc').map(Number)) {
    if (!(pid > 0)) continue;
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const run = /(?:^|\0)FRESHET_MARK=\/([a-z2-7]{8})\//.exec(environ)?.[1];
      if (run === undefined || !environ.includes(variable)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.push({ pid, group: Number(group), run });
    } catch {
      // It ended.
    }
  }
  return found;
}
