import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { installLocally } from '../../../runners/host-program/install.ts';
import type { HostFile } from '../../../runners/host-program/install.ts';
import type { HostAddress } from '../../../runners/transport/host.ts';

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
  sshdPid: number;
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
      roots: [{ name: 'nightly', path: root }],
      tools: {},
      path,
      shell,
      bootId,
      ...options.file,
    },
    publicKey: await readFile(join(folder, 'bot_key.pub'), 'utf8'),
    ports: options.ports ?? [],
  });
  const port = await freePort();
  await writeFile(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${folder}/host_key`,
      `AuthorizedKeysFile ${installed.authorizedKeys} ${installed.grants}`,
      `PidFile ${folder}/sshd.pid`,
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'MaxStartups 100',
      // The start-up files of whoever runs the tests may be slow, or wait for one another.
      `SetEnv HOME=${folder}`,
      '',
    ].join('\n'),
  );
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  await listening(port, child);
  return {
    folder,
    root,
    bootId,
    state: installed.state,
    conf: installed.conf,
    sshdPid: child.pid!,
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

/** For busybox a folder of links, so that every tool of the program is busybox's too, and only what it lacks is not. */
async function shellFor(folder: string, kind: TestShell): Promise<{ path: string; shell: string }> {
  if (kind !== 'busybox') return { path: '/usr/sbin:/usr/bin:/sbin:/bin', shell: `/usr/bin/${kind}` };
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const { stdout } = await run('/usr/bin/busybox', ['--list']);
  for (const applet of stdout.trim().split('\n')) {
    if (/^[a-z0-9_[]+$/.test(applet)) await symlink('/usr/bin/busybox', join(bin, applet));
  }
  for (const tool of ['ssh', 'ssh-keygen']) await symlink(`/usr/bin/${tool}`, join(bin, tool));
  await chmod(bin, 0o755);
  return { path: bin, shell: join(bin, 'sh') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (answered) return;
    await sleep(20);
  }
  throw new Error('sshd did not start');
}

/** Waits until `check` holds; fails with its name after `seconds`. */
export async function until(
  name: string,
  check: () => boolean | Promise<boolean>,
  seconds = 10,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} s: ${name}`);
    await sleep(20);
  }
}
