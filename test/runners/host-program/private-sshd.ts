import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installLocally } from '../../../runners/host-program/install.ts';
import type { HostFile } from '../../../runners/host-program/host-conf.ts';
import type { HostAddress } from '../../../runners/transport/host.ts';
import { freePort } from '../../../src/sandbox/hosts/process.ts';
import { until } from '../../until.ts';

const run = promisify(execFile);

/** The sh that the program is run by. */
export type TestShell = 'dash' | 'busybox' | 'bash';

/** What the tests below need of the machine; undefined when all is there. */
export function missingForSshd(shell: TestShell): string | undefined {
  const needed = ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', `/usr/bin/${shell}`];
  const missing = needed.filter((file) => !existsSync(file));
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed`;
}

/** A database host of our own: sshd on a free port of 127.0.0.1 with its own keys, and freshet-host behind a forced command. */
export type PrivateHost = {
  folder: string;
  address: HostAddress;
  state: string;
  conf: string;
  /** A backup root, named `nightly`. */
  root: string;
  bootId: string;
  /** How many there are now. */
  connections(): number;
  /** Kills sshd's processes of every connection, and none of what they have started. */
  cut(): void;
  stop(): Promise<void>;
};

export type PrivateHostOptions = {
  shell: TestShell;
  name?: string;
  ports?: number[];
  file?: Partial<HostFile>;
};

export async function startPrivateHost(options: PrivateHostOptions): Promise<PrivateHost> {
  const folder = await mkdtemp(join(tmpdir(), 'freshet-host-'));
  const root = join(folder, 'back ups');
  const bootId = join(folder, 'boot-id');
  await mkdir(root);
  await writeFile(bootId, 'boot-one\n');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host_key')]);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'bot_key')]);
  const { path, shell } = await shellFor(folder, options.shell);
  const installed = await installLocally({
    folder: join(folder, 'host'),
    file: {
      servers: [],
      targets: [],
      roots: [{ name: 'nightly', path: root, takes: true }],
      tools: {},
      path,
      shell,
      bootId,
      ...options.file,
    },
    publicKey: await readFile(join(folder, 'bot_key.pub'), 'utf8'),
    ports: options.ports ?? [],
  });
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const { child, port } = await startSshd(folder, [
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${installed.authorizedKeys} ${installed.grants}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'MaxStartups 100',
    // The start-up files of whoever runs the tests may be slow, or wait for one another.
    `SetEnv HOME=${folder}`,
  ]);
  const connections = () => childrenOf(child.pid!);
  return {
    folder,
    root,
    bootId,
    state: installed.state,
    conf: installed.conf,
    connections: () => connections().length,
    cut: () => connections().forEach(kill),
    address: {
      name: options.name ?? 'db1',
      address: '127.0.0.1',
      port,
      user: userInfo().username,
      privateKey: await readFile(join(folder, 'bot_key'), 'utf8'),
      hostKey: (await readFile(join(folder, 'host_key.pub'), 'utf8')).trim(),
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await gone;
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * For busybox a folder of links, so that every tool of the program is busybox's too, and only what it lacks is not. Dash has the awk that
 * Debian installs with it, though another one may have taken its name; bash has whatever awk is there.
 */
async function shellFor(folder: string, kind: TestShell): Promise<{ path: string; shell: string }> {
  const usual = '/usr/sbin:/usr/bin:/sbin:/bin';
  const mawk = '/usr/bin/mawk';
  if (kind === 'bash' || (kind === 'dash' && !existsSync(mawk))) {
    return { path: usual, shell: `/usr/bin/${kind}` };
  }
  const bin = join(folder, 'bin');
  await mkdir(bin);
  if (kind === 'dash') {
    await symlink(mawk, join(bin, 'awk'));
    return { path: `${bin}:${usual}`, shell: '/usr/bin/dash' };
  }
  const { stdout } = await run('/usr/bin/busybox', ['--list']);
  for (const applet of stdout.trim().split('\n')) {
    if (/^[a-z0-9_[]+$/.test(applet)) await symlink('/usr/bin/busybox', join(bin, applet));
  }
  for (const tool of ['ssh', 'ssh-keygen']) await symlink(`/usr/bin/${tool}`, join(bin, tool));
  await chmod(bin, 0o755);
  return { path: bin, shell: join(bin, 'sh') };
}

/** On a port that is free; another one where somebody takes that before sshd does. */
async function startSshd(
  folder: string,
  lines: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const [config, pidFile] = [join(folder, 'sshd_config'), join(folder, 'sshd.pid')];
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    await writeFile(config, [`Port ${port}`, `PidFile ${pidFile}`, ...lines, ''].join('\n'));
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' });
    // It writes its pid once it listens.
    const listens = () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').trim() === String(child.pid);
    await until('sshd listens, or has ended', () => child.exitCode !== null || listens(), 60, undefined, 10);
    if (child.exitCode === null) return { child, port };
    if (attempt === 4) throw new Error(`sshd ended with ${child.exitCode}`);
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // Its connection has just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
