import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { postmaster, stopCluster } from './cluster.ts';
import { mariadbd, stopMariadb } from './mariadb.ts';
import { endProcesses, processesOf } from './process.ts';
import { sshdPid } from './sshd.ts';

export const HOST_NAMES = ['prod-db', 'test-db'] as const;
export type HostName = (typeof HOST_NAMES)[number];

/** The root of a host below the sandbox's folder. */
export function hostRoot(folder: string, name: HostName): string {
  return join(folder, name);
}

/** Ends everything that runs on the hosts below `folder`: sshd, its sessions, what they started, the servers. */
export async function endHosts(folder: string): Promise<void> {
  const roots = HOST_NAMES.map((name) => hostRoot(folder, name)).filter((root) => existsSync(root));
  const databases: number[] = [];
  const daemons: number[] = [];
  for (const root of roots) {
    const server = await postmaster(root);
    if (server !== undefined) databases.push(...(await processesOf('', [server.pid])));
    const other = await mariadbd(root);
    if (other !== undefined) databases.push(...(await processesOf('', [other.pid])));
    const sshd = await sshdPid(root);
    if (sshd !== undefined) daemons.push(sshd);
  }
  const others = (await processesOf(folder, daemons)).filter((pid) => !databases.includes(pid));
  await Promise.all([endProcesses(others), ...roots.map(stopCluster), ...roots.map(stopMariadb)]);
  await endProcesses(await processesOf(folder), { signal: 'SIGKILL' });
}
