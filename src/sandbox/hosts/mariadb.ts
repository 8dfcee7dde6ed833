import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
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

/** The programs of a MariaDB, by their whole paths. */
export type MariadbPrograms = Record<'server' | 'installer' | 'client' | 'dump', string>;

/** How a server is run. */
export type MariadbOptions = {
  programs: MariadbPrograms;
  durable: boolean;
  mark: string;
  /** Lines for its settings, which count more than the sandbox's own. */
  settings?: readonly string[];
};

const NAMES: MariadbPrograms = {
  server: 'mariadbd',
  installer: 'mariadb-install-db',
  client: 'mariadb',
  dump: 'mariadb-dump',
};

const PLACES = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/bin',
  '/opt/homebrew/bin',
  '/usr/local/bin',
];

/** How long a server may take to answer after its start. */
const startSeconds = 60;
const mostAttempts = 6;

/** Where the parts of a host's server lie below the host's root. */
export function mariadbFiles(
  root: string,
): Record<
  'data' | 'log' | 'temporary' | 'administrator' | 'client' | 'settings' | 'accounts' | 'pid',
  string
> {
  const data = join(root, 'var/lib/mysql');
  return {
    data,
    log: join(root, 'var/log/mariadb.log'),
    // A server that starts clears what it finds there, whoever's it is.
    temporary: join(root, 'var/tmp/mysql'),
    administrator: join(root, 'etc/mysql/administrator.password'),
    client: join(root, 'etc/mysql/administrator.cnf'),
    settings: join(root, 'etc/mysql/sandbox.cnf'),
    accounts: join(root, 'etc/mysql/accounts.sql'),
    pid: join(data, 'sandbox.pid'),
  };
}

/** MariaDB's programs: Debian's, or Homebrew's. Throws `Unavailable` without. */
export function findMariadb(): MariadbPrograms {
  const found = Object.entries(NAMES).map(([key, name]) => {
    const place = PLACES.find((folder) => folder !== '' && existsSync(join(folder, name)));
    return [key, place === undefined ? undefined : join(place, name)] as const;
  });
  const programs = Object.fromEntries(found.filter(([, path]) => path !== undefined));
  if (Object.keys(programs).length === found.length) return programs as MariadbPrograms;
  throw unavailable(
    'sandbox-mariadb-missing',
    'There is no MariaDB on this machine.',
    'install mariadb-server (Debian) or mariadb (Homebrew)',
  );
}

/** Makes an empty server, once; a half-made one is made anew. */
export async function ensureMariadb(root: string, options: MariadbOptions): Promise<void> {
  const files = mariadbFiles(root);
  if (existsSync(files.settings)) return;
  await rm(files.data, { recursive: true, force: true });
  for (const file of [files.data, files.log, files.settings, files.temporary]) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  }
  await mkdir(files.temporary, { recursive: true, mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  await writeFile(files.administrator, `${password}\n`, { mode: 0o600 });
  await writeFile(
    files.accounts,
    `CREATE OR REPLACE USER administrator@'127.0.0.1' IDENTIFIED BY '${password}';\n` +
      "GRANT ALL PRIVILEGES ON *.* TO administrator@'127.0.0.1' WITH GRANT OPTION;\n",
    { mode: 0o600 },
  );
  await run(
    [
      ...(await asDatabaseUser(files.data, [files.log, files.temporary])),
      options.programs.installer,
      '--no-defaults',
      `--datadir=${files.data}`,
      `--tmpdir=${files.temporary}`,
      // Root of the socket only: there is no socket.
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
      '--skip-name-resolve',
    ],
    { cwd: '/' },
  );
  // Last: it marks the server as whole.
  await writeFile(files.settings, '', { mode: 0o600 });
}

/** Starts the server, or finds it running; returns its port: `wanted` where that is free. TCP on 127.0.0.1 only. */
export async function startMariadb(root: string, options: MariadbOptions, wanted?: number): Promise<number> {
  const files = mariadbFiles(root);
  const running = await mariadbd(root);
  if (running !== undefined) {
    if (await answers(root, running.port)) return running.port;
    await stopMariadb(root);
  }
  await mkdir(files.temporary, { recursive: true, mode: 0o700 });
  const user = await asDatabaseUser(files.data, [files.log, files.temporary]);
  for (let attempt = 1; ; attempt++) {
    const isWanted = wanted !== undefined && attempt < mostAttempts && (await portIsFree(wanted));
    const port = isWanted ? wanted : await freePort();
    await writeFile(files.settings, settings(files, port, options), { mode: 0o600 });
    const log = await open(files.log, 'a', 0o600);
    const [program, ...words] = [...user, options.programs.server, `--defaults-file=${files.settings}`];
    const child = spawn(program ?? '', words, {
      cwd: '/',
      detached: true,
      env: { ...process.env, [MARK]: options.mark },
      stdio: ['ignore', log.fd, log.fd],
    });
    const failed = new Promise<'ended'>((resolve) => {
      child.once('error', () => resolve('ended'));
      child.once('exit', () => resolve('ended'));
    });
    child.unref();
    await log.close();
    if ((await Promise.race([failed, answering(root, port)])) === 'answers') return port;
    if (attempt === mostAttempts) {
      const said = (await readFile(files.log, 'utf8')).slice(-2000).trim();
      throw new Error(`${options.programs.server} did not start: ${said}`);
    }
    // A server that was killed a moment ago may still hold the files.
    await sleep(attempt * 500);
  }
}

/** Ends the server: sessions are cut, data is flushed. Nothing happens where none runs. */
export async function stopMariadb(root: string): Promise<void> {
  const running = await mariadbd(root);
  if (running !== undefined) await endProcesses([running.pid], { graceMs: 20_000 });
}

/** kill -9 of the server, as when memory runs out. Start it again with `startMariadb`. */
export async function killMariadb(root: string): Promise<void> {
  const running = await mariadbd(root);
  if (running === undefined) return;
  const all = await processesOf('', [running.pid]);
  await endProcesses(all, { signal: 'SIGKILL' });
  await gone(all, 10_000);
}

/** The running server by its own pid file, when it lives and is really this one. */
export async function mariadbd(root: string): Promise<{ pid: number; port: number } | undefined> {
  const files = mariadbFiles(root);
  if (!existsSync(files.pid)) return undefined;
  const pid = Number((await readFile(files.pid, 'utf8')).trim());
  if (!(pid > 1) || !isAlive(pid) || !(await commandOf(pid))?.includes(files.settings)) return undefined;
  const port = /^port = (\d+)$/m.exec(await readFile(files.settings, 'utf8'))?.[1];
  return { pid, port: Number(port) };
}

/** Connects as the administrator of set-up. The caller ends it. */
export async function administrator(root: string, port: number, database?: string): Promise<Connection> {
  const password = (await readFile(mariadbFiles(root).administrator, 'utf8')).trim();
  const connection = await createConnection({
    host: '127.0.0.1',
    port,
    user: 'administrator',
    password,
    ...(database === undefined ? {} : { database }),
    charset: 'utf8mb4',
    multipleStatements: true,
    connectTimeout: 10_000,
  });
  // A server that is stopped ends its sessions; without a listener that would end this process.
  connection.on('error', () => undefined);
  return connection;
}

/** Runs a text with the client as the administrator of set-up: unlike a server it knows `DELIMITER`, and what else stands in dumps. */
export async function runClient(root: string, port: number, text: string, database?: string): Promise<void> {
  const password = (await readFile(mariadbFiles(root).administrator, 'utf8')).trim();
  const { client } = mariadbFiles(root);
  const login = ['[client]', 'host = 127.0.0.1', `port = ${port}`, 'user = administrator'];
  await writeFile(client, [...login, `password = ${password}`, ''].join('\n'), { mode: 0o600 });
  // Without --comments the client takes comments out of the bodies of routines.
  const words = [`--defaults-file=${client}`, '--comments', '--binary-mode'];
  await run([findMariadb().client, ...words, ...(database === undefined ? [] : [database])], {
    input: text,
    cwd: root,
  });
}

async function answers(root: string, port: number): Promise<boolean> {
  try {
    await (await administrator(root, port)).end();
    return true;
  } catch {
    return false;
  }
}

async function answering(root: string, port: number): Promise<'answers' | 'silent'> {
  const until = Date.now() + startSeconds * 1000;
  while (!(await answers(root, port))) {
    if (Date.now() > until) return 'silent';
    await sleep(50);
  }
  return 'answers';
}

function settings(
  files: ReturnType<typeof mariadbFiles>,
  port: number,
  { durable, settings: more = [] }: MariadbOptions,
): string {
  return [
    '[mariadbd]',
    `datadir = ${files.data}`,
    `tmpdir = ${files.temporary}`,
    `pid-file = ${files.pid}`,
    `init-file = ${files.accounts}`,
    'bind-address = 127.0.0.1',
    `port = ${port}`,
    // Paths of sockets are limited to 107 bytes, and folders are as deep as the user likes.
    'socket =',
    'skip-name-resolve',
    'max_connections = 100',
    'max_allowed_packet = 64M',
    'innodb_buffer_pool_size = 256M',
    'innodb_log_file_size = 256M',
    'character-set-server = utf8mb4',
    'event_scheduler = ON',
    'userstat = ON',
    "default_time_zone = '+00:00'",
    // What was committed outlives the server also then, and not the machine.
    ...(durable ? [] : ['innodb_flush_log_at_trx_commit = 2', 'innodb_doublewrite = 0']),
    // The last of several counts.
    ...more,
    '',
  ].join('\n');
}
