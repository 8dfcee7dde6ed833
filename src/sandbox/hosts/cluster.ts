import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { unavailable } from '../../domain/errors.ts';
import { asDatabaseUser } from './database-user.ts';
import {
  commandOf,
  endProcesses,
  freePort,
  gone,
  isAlive,
  MARK,
  portIsFree,
  processesOf,
  run,
} from './process.ts';

/** The last ones come some seconds after the first. */
const mostAttempts = 6;

const BIN_PLACES = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt', '/usr/pgsql-15'];

/** How a cluster is run. `settings`: further lines of its configuration. */
export type ClusterOptions = {
  pgBin: string;
  durable: boolean;
  mark: string;
  settings?: readonly string[];
};

/** Where the parts of a host's cluster lie below the host's root. */
export function clusterFiles(root: string): Record<'data' | 'log' | 'superuser', string> {
  return {
    data: join(root, 'var/lib/postgresql'),
    log: join(root, 'var/log/postgresql.log'),
    superuser: join(root, 'etc/postgresql/superuser.password'),
  };
}

/** PostgreSQL's programs of major version 15 or later: Debian's, or Homebrew's. Throws `Unavailable` without. */
export async function findPgBin(): Promise<string> {
  for (const place of BIN_PLACES) {
    const below = existsSync(place) ? await readdir(place) : [];
    const versions = below
      .map((name) => ({ name, major: Number(/(?:^|@)(\d+)$/.exec(name)?.[1] ?? 0) }))
      .filter(({ major }) => major >= 15)
      .sort((a, b) => a.major - b.major);
    for (const { name } of versions) {
      const bin = join(place, name, 'bin');
      if (existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'pg_dump'))) return bin;
    }
    if (existsSync(join(place, 'bin/initdb'))) return join(place, 'bin');
  }
  throw unavailable(
    'sandbox-postgresql-missing',
    'There is no PostgreSQL 15 or later on this machine.',
    'install postgresql-15 (Debian) or postgresql@15 (Homebrew)',
  );
}

/** Makes an empty cluster, once; a half-made one is made anew. */
export async function ensureCluster(root: string, options: ClusterOptions): Promise<void> {
  const files = clusterFiles(root);
  if (existsSync(join(files.data, 'sandbox.conf'))) return;
  await rm(files.data, { recursive: true, force: true });
  await mkdir(dirname(files.data), { recursive: true, mode: 0o700 });
  await mkdir(dirname(files.superuser), { recursive: true, mode: 0o700 });
  await writeFile(files.superuser, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  await run([
    ...(await asDatabaseUser(files.data, [files.log])),
    join(options.pgBin, 'initdb'),
    `--pgdata=${files.data}`,
    '--username=postgres',
    `--pwfile=${files.superuser}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
    '--no-sync',
    '--no-instructions',
  ]);
  await appendFile(join(files.data, 'postgresql.conf'), "\ninclude 'sandbox.conf'\n");
  // Last: it marks the cluster as whole.
  await writeFile(join(files.data, 'sandbox.conf'), '', { mode: 0o600 });
}

/** Starts the cluster, or finds it running; returns its port: `wanted` where that is free. TCP on 127.0.0.1 only. */
export async function startCluster(root: string, options: ClusterOptions, wanted?: number): Promise<number> {
  const files = clusterFiles(root);
  const running = await postmaster(root);
  if (running !== undefined) {
    if (await answers(root, running.port)) return running.port;
    await stopCluster(root);
  }
  const user = await asDatabaseUser(files.data, [files.log]);
  for (let attempt = 1; ; attempt++) {
    const isWanted = wanted !== undefined && attempt < mostAttempts && (await portIsFree(wanted));
    const port = isWanted ? wanted : await freePort();
    await writeFile(join(files.data, 'sandbox.conf'), configuration(port, options), { mode: 0o600 });
    try {
      await run(
        [
          ...user,
          join(options.pgBin, 'pg_ctl'),
          'start',
          '-w',
          '-s',
          '-t',
          '60',
          '-D',
          files.data,
          '-l',
          files.log,
        ],
        { env: { [MARK]: options.mark }, cwd: '/' },
      );
      return port;
    } catch (error) {
      if (attempt === mostAttempts) throw error;
      // A backend that outlived a killed server for a moment keeps the next one out.
      await sleep(attempt * 500);
    }
  }
}

/** Ends the cluster: sessions are cut, data is flushed. Nothing happens where none runs. */
export async function stopCluster(root: string): Promise<void> {
  const running = await postmaster(root);
  if (running === undefined) return;
  try {
    process.kill(running.pid, 'SIGINT');
  } catch {
    return;
  }
  // A server that was told to stop immediately recovers at its next start.
  if (!(await gone([running.pid], 10_000))) await endProcesses([running.pid], { signal: 'SIGQUIT' });
}

/** kill -9 of the postmaster, as when memory runs out; comes back when its backends have gone, too. Start it again with `startCluster`. */
export async function killCluster(root: string): Promise<void> {
  const running = await postmaster(root);
  if (running === undefined) return;
  const backends = await processesOf(root, [running.pid]);
  process.kill(running.pid, 'SIGKILL');
  // They end by themselves when they miss it; a new server can't be started before.
  if (!(await gone(backends, 10_000))) await endProcesses(backends, { signal: 'SIGKILL' });
  // A zombie that nobody has reaped yet still counts as a running server.
  await rm(join(clusterFiles(root).data, 'postmaster.pid'), { force: true });
}

/** The running server by its own pid file, when it lives and is really this cluster's. */
export async function postmaster(root: string): Promise<{ pid: number; port: number } | undefined> {
  const { data } = clusterFiles(root);
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = (await readFile(file, 'utf8')).split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 1) || !isAlive(pid)) return undefined;
  if (!(await commandOf(pid))?.includes(data)) return undefined;
  return { pid, port: Number(lines[3]) };
}

/** Connects as the superuser of set-up. The caller ends it. */
export async function superuser(root: string, port: number, database: string): Promise<Client> {
  const password = (await readFile(clusterFiles(root).superuser, 'utf8')).trim();
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database });
  // A server that is stopped ends its sessions; without a listener that would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function answers(root: string, port: number): Promise<boolean> {
  try {
    await (await superuser(root, port, 'postgres')).end();
    return true;
  } catch {
    return false;
  }
}

function configuration(port: number, { durable, settings = [] }: ClusterOptions): string {
  return [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    // Paths of sockets are limited to 107 bytes, and folders are as deep as the user likes.
    "unix_socket_directories = ''",
    'max_connections = 100',
    'shared_buffers = 256MB',
    'maintenance_work_mem = 128MB',
    'work_mem = 16MB',
    'max_wal_size = 2GB',
    'checkpoint_timeout = 15min',
    'max_parallel_maintenance_workers = 1',
    // Two-phase commits, as some applications use them: a prepared transaction keeps a database from being swapped.
    'max_prepared_transactions = 5',
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
    ...(durable ? [] : ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off']),
    ...settings,
    '',
  ].join('\n');
}
