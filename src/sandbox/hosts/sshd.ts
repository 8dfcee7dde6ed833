import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unavailable } from '../../domain/errors.ts';
import { commandOf, endProcesses, freePort, isAlive, MARK, portIsFree, run } from './process.ts';

/** A machine that does much else is slow. */
const startSeconds = 60;

const SSHD_PLACES = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd', '/sbin/sshd'];

/** Where the parts of a host's sshd lie below the host's root. */
export function sshdFiles(
  root: string,
): Record<'config' | 'hostKey' | 'authorizedKeys' | 'transferKeys' | 'pid' | 'log', string> {
  return {
    config: join(root, 'etc/ssh/sshd_config'),
    hostKey: join(root, 'etc/ssh/ssh_host_ed25519_key'),
    authorizedKeys: join(root, 'etc/ssh/authorized_keys'),
    transferKeys: join(root, 'opt/freshet/keys/grants'),
    pid: join(root, 'run/sshd.pid'),
    log: join(root, 'var/log/sshd.log'),
  };
}

/** Makes an ed25519 key pair without a passphrase, once; returns the public half without its comment. */
export async function ensureKey(file: string, comment: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  }
  const [type, key] = (await readFile(`${file}.pub`, 'utf8')).trim().split(' ');
  return `${type} ${key}`;
}

/**
 * Starts the host's own sshd, or finds it running; returns its port: `wanted` where that is free. Anything else than
 * public keys of the host's own `authorized_keys` is refused. `lines` go before its usual configuration, and so before its rules.
 */
export async function startSshd(
  root: string,
  mark: string,
  wanted?: number,
  lines: readonly string[] = [],
): Promise<number> {
  const files = sshdFiles(root);
  const running = await sshdPid(root);
  if (running !== undefined && wanted !== undefined) return wanted;
  if (running !== undefined) await endProcesses([running]);
  if (!existsSync(files.authorizedKeys)) await writeFile(files.authorizedKeys, '', { mode: 0o600 });
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && wanted && (await portIsFree(wanted)) ? wanted : await freePort();
    const text = [...lines, await sshdConfig(root, port, mark)].join('\n');
    await writeFile(files.config, text, { mode: 0o600 });
    await rm(files.pid, { force: true });
    if (await launch(files, mark)) return port;
    if (attempt === 4) {
      throw unavailable(
        'sandbox-sshd-failed',
        `The sandbox's sshd below "${root}" did not start.`,
        `read ${files.log}`,
      );
    }
  }
}

/** The listening sshd of this host, when it lives and is really ours. */
export async function sshdPid(root: string): Promise<number | undefined> {
  const files = sshdFiles(root);
  const pid = existsSync(files.pid) ? Number((await readFile(files.pid, 'utf8')).trim()) : 0;
  if (!(pid > 1) || !isAlive(pid)) return undefined;
  return (await commandOf(pid))?.includes(files.config) ? pid : undefined;
}

/** Puts a line into the host's authorized_keys; replaces an earlier line of the same key. Atomic, may be repeated. */
export async function authoriseKey(root: string, line: string): Promise<void> {
  const { authorizedKeys } = sshdFiles(root);
  const key = /\b(?:ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/=]+/.exec(line)?.[0];
  if (key === undefined) throw new Error('The line for authorized_keys holds no public key');
  const kept = (await readFile(authorizedKeys, 'utf8'))
    .split('\n')
    .filter((other) => other !== '' && !other.includes(key));
  await writeFile(`${authorizedKeys}.new`, [...kept, line.trim(), ''].join('\n'), { mode: 0o600 });
  await rename(`${authorizedKeys}.new`, authorizedKeys);
}

async function launch(files: ReturnType<typeof sshdFiles>, mark: string): Promise<boolean> {
  const sshd = SSHD_PLACES.find((place) => existsSync(place));
  if (sshd === undefined) {
    throw unavailable('sandbox-sshd-missing', 'There is no sshd on this machine.', 'install openssh-server');
  }
  const argv = await wrapped([sshd, '-D', '-E', files.log, '-f', files.config]);
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd: '/',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', [MARK]: mark },
    detached: true,
    stdio: 'ignore',
  });
  child.on('error', () => undefined);
  child.unref();
  const until = Date.now() + startSeconds * 1000;
  // sshd writes its pid once it listens.
  while (child.pid !== undefined && child.exitCode === null && Date.now() < until) {
    if (existsSync(files.pid) && (await readFile(files.pid, 'utf8')).trim() !== '') return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

/**
 * Under root sshd wants the folder /run/sshd, which only its own service makes. A private mount of /run gives it one
 * without leaving a trace; where that is forbidden (some containers) the folder is made.
 */
async function wrapped(argv: readonly string[]): Promise<readonly string[]> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux' || existsSync('/run/sshd')) return argv;
  const mount = 'mount -t tmpfs -o mode=755,size=1m none /run && mkdir /run/sshd';
  try {
    await run(['unshare', '--mount', 'sh', '-c', mount]);
  } catch {
    await mkdir('/run/sshd', { mode: 0o755, recursive: true });
    return argv;
  }
  return ['unshare', '--mount', 'sh', '-c', `${mount} && exec "$@"`, 'sh', ...argv];
}

async function sshdConfig(root: string, port: number, mark: string): Promise<string> {
  const files = sshdFiles(root);
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${quoted(files.hostKey)}`,
    `PidFile ${quoted(files.pid)}`,
    // The second one is freshet-host's: keys that last for one transfer.
    `AuthorizedKeysFile ${[files.authorizedKeys, files.transferKeys].map((file) => quoted(file.replaceAll('%', '%%'))).join(' ')}`,
    // The folders above may belong to a temporary place that everybody may write to.
    'StrictModes no',
    `UsePAM ${(await rootIsLocked()) ? 'yes' : 'no'}`,
    'PermitRootLogin prohibit-password',
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AuthenticationMethods publickey',
    'PermitUserEnvironment no',
    'PermitTTY no',
    'X11Forwarding no',
    'AllowAgentForwarding no',
    'AllowTcpForwarding local',
    'PermitTunnel no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 100',
    // A host is a machine of its own: the shell of whoever plays on this one must not run their start-up files in each session.
    `SetEnv ${quoted(`${MARK}=${mark}`)} ${quoted(`HOME=${root}`)}`,
    'LogLevel INFO',
    '',
  ].join('\n');
}

function quoted(value: string): string {
  return `"${value}"`;
}

/** Without PAM sshd refuses accounts whose password is locked, as root's is on some systems. */
async function rootIsLocked(): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/shadow')) return false;
  return /^root:!/m.test(await readFile('/etc/shadow', 'utf8'));
}
