import { appendFile, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postmaster } from '../../src/sandbox/hosts/cluster.ts';
import { killMariadb } from '../../src/sandbox/hosts/mariadb.ts';
import type { SandboxHost } from '../../src/sandbox/hosts/hosts.ts';
import { endProcesses } from '../../src/sandbox/hosts/process.ts';
import { ensureKey, sshdFiles, sshdPid, startSshd } from '../../src/sandbox/hosts/sshd.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { Rig } from './rig.ts';
import { until } from '../until.ts';
import { restartCluster, restartMariadb } from './vendors.ts';

// What happens to a host: its processes die, its sshd stands still, it is booted anew, another one answers in its place.

/** An sshd of a host key of its own that takes the same keys as `host`: a second way to the same machine, or an impostor. */
export async function secondSshd(
  host: SandboxHost,
  root: string,
  lines: readonly string[] = [],
): Promise<{ port: number; hostKey: string; log: string }> {
  const files = sshdFiles(root);
  for (const below of ['etc/ssh', 'run', 'var/log'])
    await mkdir(join(root, below), { recursive: true, mode: 0o700 });
  const hostKey = await ensureKey(files.hostKey, 'second');
  await copyFile(host.files.authorizedKeys, files.authorizedKeys);
  const port = await startSshd(root, join(host.root, '..'), undefined, lines);
  started.push(root);
  return { port, hostKey, log: files.log };
}

const started: string[] = [];

/** Ends them: an sshd writes its title over the mark by which the sandbox would find it. */
export async function stopSecondSshds(): Promise<void> {
  for (const root of started.splice(0)) {
    const pid = await sshdPid(root);
    if (pid !== undefined) await endProcesses([pid]);
  }
}

/** kill -9 for the whole process group of a step, supervisor and all, as the kernel does when memory is short. */
export async function killStep(rig: Rig, run: string, step: string): Promise<void> {
  const pids = await until(`processes of ${step}`, async () => {
    const found = await processesOf(rig, `FRESHET_MARK=/${run}/${step}/`);
    return found.length > 0 && found;
  });
  await endProcesses(pids, { signal: 'SIGKILL' });
}

/** Processes of this rig that have the words in their environment. */
async function processesOf(rig: Rig, words: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter((one) => one > 0)) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environ.includes(words) && environ.includes(`FRESHET_SANDBOX=${rig.sandbox.hosts.folder}`))
      found.push(pid);
  }
  return found;
}

/** The sshd processes that serve connections of a host now; the one that listens is not among them. */
export async function sshdSessions(host: SandboxHost): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const pid of (await readdir('/proc')).map(Number).filter((one) => one > 0)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name = '', parent = ''] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name.startsWith('sshd')) parents.set(pid, Number(parent));
  }
  const found = new Set([(await sshdPid(host.root)) ?? 0]);
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found].slice(1);
}

export const bootIdOf = ({ folder }: Sandbox) => join(folder, 'boot-id');

/** Lets a file stand for the boot id of `test-db`, so that it can be booted anew. */
export async function keepBootId(sandbox: Sandbox): Promise<void> {
  const file = bootIdOf(sandbox);
  await writeFile(file, 'booted-first\n');
  await appendFile(join(sandbox.hosts.hosts['test-db'].root, 'opt/freshet/host.conf'), `boot-id ${file}\n`);
}

/** As after a power cut: nothing of before runs, the database servers recover, and the boot id that `bootId` stands for is another one. */
export async function reboot(rig: Rig, bootId: string): Promise<void> {
  const host = rig.sandbox.hosts.hosts['test-db'];
  const steps = await processesOf(rig, 'FRESHET_MARK=/');
  await endProcesses([...(await sshdSessions(host)), ...steps], { signal: 'SIGKILL' });
  const server = await postmaster(host.root);
  if (server !== undefined) await endProcesses([server.pid], { signal: 'SIGQUIT', graceMs: 20_000 });
  await writeFile(bootId, `booted-anew-${process.hrtime.bigint()}\n`);
  await killMariadb(host.root);
  await restartCluster(rig.sandbox);
  await restartMariadb(rig.sandbox);
}
