import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { asOrdinaryUser, binary, childEnvironment } from './binaries.ts';
import { isServerOf, postmaster, type Postmaster } from './postmaster.ts';

/** Longest path of a socket that every system takes (macOS: 103 bytes). */
const longestSocket = 100;
const keepLogBytes = 10_000_000;

export type Launch = {
  folder: string;
  data: string;
  settings: Readonly<Record<string, string>>;
};

/** A server that was started and may still fail: `failure` is what it said when it ended. */
export type Launched = { pid: number | undefined; failure(): string | undefined };

/**
 * Starts a server in a session of its own: neither Ctrl-C nor our death reaches it. It is reached by a socket
 * in its private folder, or, where that path is too long, by a port of 127.0.0.1.
 */
export async function launch({ folder, data, settings }: Launch): Promise<Launched> {
  const logFile = join(folder, 'server.log');
  const { command, args } = await asOrdinaryUser(binary('postgres'), [
    '-D',
    data,
    ...flags({ ...(await place(folder)), max_connections: '200', ...settings }),
  ]);
  if (sizeOf(logFile) > keepLogBytes) rmSync(logFile, { force: true });
  const begin = sizeOf(logFile);
  const log = openSync(logFile, 'a', 0o600);
  let failure: string | undefined;
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: childEnvironment(),
    cwd: folder,
  });
  closeSync(log);
  child.on('error', (error) => (failure = error.message));
  child.on('exit', (code, signal) => (failure = lastWords(logFile, begin) ?? `ended with ${signal ?? code}`));
  child.unref();
  return { pid: child.pid, failure: () => failure };
}

async function place(folder: string): Promise<Record<string, string>> {
  const sockets = join(folder, 'socket');
  if (process.platform !== 'win32' && Buffer.byteLength(join(sockets, '.s.PGSQL.5432')) <= longestSocket) {
    mkdirSync(sockets, { recursive: true, mode: 0o700 });
    return { listen_addresses: '', unix_socket_directories: sockets, port: '5432' };
  }
  return { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(await freePort()) };
}

function flags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port of 127.0.0.1');
  return address.port;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastWords(logFile: string, begin: number): string | undefined {
  // Its folder may have been removed as soon as it was gone.
  if (!existsSync(logFile)) return undefined;
  const said = readFileSync(logFile).subarray(begin).toString('utf8');
  const fatal = said.split('\n').filter((line) => /(?:FATAL|PANIC|ERROR|unshare):/.test(line));
  return fatal.at(-1)?.replace(/^.*?(?=FATAL|PANIC|ERROR|unshare)/, '');
}

/** How to reach the server; the database may not be there yet. `host` in the query counts; a URL without a host is none. */
export function connectionStringFor(
  server: Postmaster,
  user: string,
  password: string,
  database: string,
): string {
  const credentials = `${user}:${encodeURIComponent(password)}`;
  return server.socketFolder === ''
    ? `postgresql://${credentials}@127.0.0.1:${server.port}/${database}`
    : `postgresql://${credentials}@localhost:${server.port}/${database}?host=${encodeURIComponent(server.socketFolder)}`;
}

/** Ends the server of `data`: sessions are cut, what was committed is kept. Resolves when it is gone. */
export async function shutDown(data: string): Promise<void> {
  const server = postmaster(data);
  if (server === undefined) return;
  for (const [signal, seconds] of [
    ['SIGINT', 20],
    ['SIGQUIT', 10],
    ['SIGKILL', 5],
  ] as const) {
    try {
      process.kill(server.pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until) {
      // Not `isAlive`: a dead child that nobody waited for still has its number.
      if (!isServerOf(server.pid, data)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
