import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import type { HostServer } from '../../../runners/host-program/host-conf.ts';
import { identifier } from '../../../runners/mysql/quote.ts';
import { setupSql } from '../../../runners/mysql/setup.ts';
import type { BackupFormat } from '../../../src/domain/backup.ts';
import type { ServerSite } from '../../../src/domain/site.ts';
import { findMariadb } from '../../../src/sandbox/hosts/mariadb.ts';
import { named, namedClients, ownMark, startBase, takeNamed } from './base.ts';

const run = promisify(execFile);

export const accounts = { admin: 'freshet_admin', loader: 'freshet_loader', reader: 'freshet_reader' };

/** All that the tests make in a server. */
const users = [accounts.admin, accounts.loader, accounts.reader, 'shop_app']
  .map((name) => `${name}@'127.0.0.1'`)
  .concat("reporting@'%'");

export type MysqlServer = Awaited<ReturnType<typeof startServer>>;

/** A server, set up for Freshet with these live databases, with accounts of an application, and what its administrator can ask. */
export async function startServer(
  folder: string,
  {
    durable,
    live,
    settings = [],
  }: { durable: boolean; live: readonly string[]; settings?: readonly string[] },
) {
  const programs = { ...findMariadb(), ...namedClients() };
  const base =
    named === undefined
      ? await startBase(folder, { programs, durable, mark: folder, settings })
      : await takeNamed(named, users);
  const { port, user, secret } = base;
  const password = () => randomBytes(12).toString('hex');
  const passwords = { admin: password(), loader: password(), reader: password() };
  const passfile = join(folder, 'loader.cnf');
  await writeFile(
    passfile,
    `[client]\npassword="${passwords.loader}"\n[client_reader]\npassword="${passwords.reader}"\n`,
    { mode: 0o600 },
  );
  const own = join(folder, 'administrator.cnf');
  await writeFile(
    own,
    `[client]\nuser=${user}\npassword="${secret}"\nhost=127.0.0.1\nport=${port}\nprotocol=tcp\n`,
    { mode: 0o600 },
  );

  /** Runs a text as the administrator, with the client. */
  function client(text: string | Buffer, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const words = [
        `--defaults-file=${own}`,
        '--default-character-set=utf8mb4',
        '--binary-mode',
        '--comments',
      ];
      const child = spawn(programs.client, [...words, ...args]);
      let out = '';
      child.stdout.on('data', (chunk) => (out += String(chunk)));
      child.stderr.on('data', (chunk) => (out += String(chunk)));
      child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(out))));
      // A client that has failed reads no further; it says why itself.
      child.stdin.on('error', () => undefined);
      child.stdin.end(text);
    });
  }

  await client(
    `${setupSql({ ...accounts, databases: live })}
     ALTER USER ${accounts.admin}@'127.0.0.1' IDENTIFIED BY '${passwords.admin}' ACCOUNT UNLOCK;
     ALTER USER ${accounts.loader}@'127.0.0.1' IDENTIFIED BY '${passwords.loader}' ACCOUNT UNLOCK;
     ALTER USER ${accounts.reader}@'127.0.0.1' IDENTIFIED BY '${passwords.reader}' ACCOUNT UNLOCK;
     /*!80016 GRANT SYSTEM_USER ON *.* TO ${accounts.admin}@'127.0.0.1' */;
     CREATE USER shop_app@'127.0.0.1' IDENTIFIED BY 'app'; CREATE USER reporting@'%' IDENTIFIED BY 'app';`,
  );

  const site: ServerSite = {
    name: 'my',
    engine: 'mysql',
    host: 'near',
    port,
    maintenanceDatabase: 'freshet',
    admin: { user: accounts.admin, password: 'env:UNUSED' },
    loader: { user: accounts.loader, password: 'env:UNUSED' },
    reader: { user: accounts.reader, password: 'env:UNUSED' },
    extensions: [],
  };
  const hostServer: HostServer = {
    name: 'my',
    engine: 'mysql',
    port,
    passfile,
    loader: accounts.loader,
    reader: accounts.reader,
    ...(base.data === undefined ? {} : { data: base.data }),
  };

  /** As the administrator, in one database or in none. */
  async function inside<T>(
    database: string | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = await base.connect(database);
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  }
  const root = await base.connect();
  /** Rows of the last of several statements, as the administrator. */
  async function sql<T = Record<string, unknown>>(text: string): Promise<T[]> {
    const [rows] = await root.query(text);
    const last = Array.isArray(rows) && Array.isArray(rows.at(-1)) ? rows.at(-1) : rows;
    return (Array.isArray(last) ? last : []) as T[];
  }
  async function value(text: string): Promise<unknown> {
    const [first] = await sql(text);
    return first === undefined ? undefined : Object.values(first)[0];
  }

  const isMariadb = /mariadb/i.test(String(await value('SELECT VERSION()')));

  /** All but the server's own and the records. */
  async function databases(): Promise<string[]> {
    const rows = await sql<{ name: string }>(
      `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name NOT IN
       ('mysql', 'sys', 'information_schema', 'performance_schema', 'freshet', '${ownMark}')`,
    );
    return rows.map(({ name }) => name).sort();
  }
  async function drop(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const inIt = await root.query('SELECT id FROM information_schema.processlist WHERE db = ?', [name]);
      for (const { id } of inIt[0] as { id: number }[]) await root.query(`KILL ${id}`).catch(() => undefined);
      await root.query(`DROP DATABASE IF EXISTS ${identifier(name)}`);
    }
  }

  async function dump(database: string, format: BackupFormat, into: string, stem: string): Promise<string> {
    if (format === 'mydumper') {
      const words = [`--defaults-file=${own}`, '--host=127.0.0.1', `--port=${port}`, `--user=${user}`];
      const whole = ['--triggers', '--events', '--routines', '--compress'];
      await run('mydumper', [...words, '-p', secret, '-B', database, '-o', join(into, stem), ...whole]);
      return stem;
    }
    const plain = join(into, `${stem}.sql`);
    const words = ['--routines', '--events', '--triggers', '--single-transaction', `--result-file=${plain}`];
    await run(programs.dump, [`--defaults-file=${own}`, ...words, database]);
    if (format === 'mysql-plain-gzip') await run('gzip', [plain]);
    if (format === 'mysql-plain-zstd') await run('zstd', ['-q', '--rm', plain]);
    return `${stem}.sql${{ 'mysql-plain-gzip': '.gz', 'mysql-plain-zstd': '.zst' }[format] ?? ''}`;
  }

  /** The text of a dump, taken with words of one's own. */
  async function dumped(...words: readonly string[]): Promise<string> {
    const all = [`--defaults-file=${own}`, '--routines', '--events', '--triggers', ...words];
    return (await run(programs.dump, all, { maxBuffer: 1e8 })).stdout;
  }

  /** Somebody else than the administrator. */
  async function login(user: string, password: string, database: string): Promise<Connection> {
    const connection = await createConnection({ host: '127.0.0.1', port, user, password, database });
    connection.on('error', () => undefined);
    return connection;
  }

  async function stop(): Promise<void> {
    await root.end();
    await base.stop();
  }

  return {
    port,
    site,
    passwords,
    hostServer,
    tools: { mariadb: programs.client, 'mariadb-dump': programs.dump },
    stop,
    own, user, secret, programs, isMariadb, client, inside, sql, value, databases, drop, dump, dumped, login,
  }; // prettier-ignore
}
