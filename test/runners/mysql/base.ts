import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { identifier } from '../../../runners/mysql/quote.ts';
import {
  administrator,
  ensureMariadb,
  mariadbFiles,
  type MariadbOptions,
  startMariadb,
  stopMariadb,
} from '../../../src/sandbox/hosts/mariadb.ts';

/** A server before anything of the tests is in it, and the account that may do all there. */
export type BaseServer = {
  port: number;
  user: string;
  secret: string;
  /** Its data folder, where that lies on this machine. */
  data?: string;
  connect(database?: string): Promise<Connection>;
  stop(): Promise<void>;
};

/** `mysql://root:password@127.0.0.1:3306`: the suites use that server, of MySQL or MariaDB, and start none. */
export const named = process.env.MYSQL_TEST_URL;

/** `MYSQL_TEST_CLIENTS=/usr/bin`: client and dump tool of MySQL there, as people have them who run MySQL; MariaDB's without. */
export function namedClients(): { client?: string; dump?: string } {
  const folder = process.env.MYSQL_TEST_CLIENTS;
  return folder === undefined ? {} : { client: join(folder, 'mysql'), dump: join(folder, 'mysqldump') };
}

/** A MariaDB of our own. */
export async function startBase(folder: string, options: MariadbOptions): Promise<BaseServer> {
  await mkdir(join(folder, 'var/log'), { recursive: true });
  await ensureMariadb(folder, options);
  const port = await startMariadb(folder, options);
  const files = mariadbFiles(folder);
  return {
    port,
    user: 'administrator',
    secret: (await readFile(files.administrator, 'utf8')).trim(),
    data: files.data,
    connect: (database) => administrator(folder, port, database),
    stop: () => stopMariadb(folder),
  };
}

/** In a server that was named: all that is there beside this belongs to the tests. */
export const ownMark = 'freshet_tests_own_this_server';

const system = ['mysql', 'sys', 'information_schema', 'performance_schema'];

/**
 * A server that somebody named, empty: what an earlier file, or a run that was broken off, has left in it is dropped. Throws where
 * others have databases in it, or where its clients would not come from 127.0.0.1, as our accounts do.
 */
export async function takeNamed(url: string, users: readonly string[]): Promise<BaseServer> {
  const { hostname, port, username, password } = new URL(url);
  if (hostname !== '127.0.0.1') {
    throw new Error(
      `MYSQL_TEST_URL names "${hostname}"; expected 127.0.0.1, as the host program connects there`,
    );
  }
  const base = {
    port: Number(port === '' ? '3306' : port),
    user: decodeURIComponent(username),
    secret: decodeURIComponent(password),
  };
  const connect = async (database?: string) => {
    const connection = await createConnection({
      host: hostname,
      port: base.port,
      user: base.user,
      password: base.secret,
      ...(database === undefined ? {} : { database }),
      charset: 'utf8mb4',
      multipleStatements: true,
    });
    connection.on('error', () => undefined);
    return connection;
  };
  const clear = () => cleared(connect, url, users);
  await clear();
  return { ...base, connect, stop: clear };
}

async function cleared(
  connect: () => Promise<Connection>,
  url: string,
  users: readonly string[],
): Promise<void> {
  const server = await connect();
  try {
    const [rows] = await server.query('SELECT schema_name AS name FROM information_schema.schemata');
    const names = (rows as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !system.includes(name));
    if (names.length > 0 && !names.includes(ownMark)) {
      throw new Error(
        `The server at ${new URL(url).host} has databases (${names.join(', ')}); the tests drop all that is there, and want an empty one`,
      );
    }
    await server.query(`CREATE DATABASE IF NOT EXISTS ${ownMark}`);
    for (const name of names.filter((one) => one !== ownMark)) {
      await server.query(`DROP DATABASE ${identifier(name)}`);
    }
    for (const user of users) await server.query(`DROP USER IF EXISTS ${user}`);
    await server.query("SET GLOBAL time_zone = '+00:00'");
  } finally {
    await server.end();
  }
}
