import { type Connection, createConnection } from 'mysql2/promise';
import type { ServerSite } from '../../src/domain/site.ts';
import type { ServerAccess } from '../engine.ts';
import { loginRefused, missingReader, sessionLost } from '../refusals.ts';

/** One session on a server, over a forwarded port of its host. */
export type Session = {
  /** Rows of one statement; `?` stands for a value. */
  rows<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The first row, or undefined. */
  row<T extends object>(text: string, values?: readonly unknown[]): Promise<T | undefined>;
  /** Answers how many rows a statement has changed. */
  changed(text: string): Promise<number>;
  /** `work` in one transaction; rolled back when it throws. Definitions commit it: there must be none in it. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
};

export type Login = {
  identity: 'loader' | 'admin' | 'reader';
  /** The schema that names without one belong to. */
  database?: string;
  /** Ends the session at once, whatever it does. */
  signal?: AbortSignal;
};

/** What every session of ours has, whatever the server's own settings are. */
export const ownMode =
  'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO';

const begin =
  `SET SESSION sql_mode = '${ownMode}', time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1,` +
  // A worker that is frozen must not hold the lock of a database for ever: the next one waits for it.
  ' sql_safe_updates = 0, lock_wait_timeout = 5, innodb_lock_wait_timeout = 15, wait_timeout = 30' +
  // MySQL tells next numbers and sizes of tables as they were up to a day ago.
  ' /*!80000 , information_schema_stats_expiry = 0 */';

/**
 * Opens a session, hands it to `work`, and ends it. `Unavailable` (`database-unreachable`, `connection-lost`) when the
 * server can't be reached or goes away: what was asked last is unknown. `Config` (`login-refused`) when the server
 * does not know the identity or its password. Errors of statements come as the driver has them, with their number.
 */
export async function withSession<T>(
  access: ServerAccess,
  login: Login,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  login.signal?.throwIfAborted();
  const identity = access.site[login.identity] ?? missingReader(access.site);
  const password = await access.password(login.identity);
  const stream = await access.host.forward(access.site.port);
  // A channel whose far end is gone says "end" and stays half open: what is asked then would never be answered.
  stream.once('end', () => stream.destroy());
  const stop = () => {
    stream.destroy();
  };
  login.signal?.addEventListener('abort', stop, { once: true });
  let connection: Connection | undefined;
  try {
    connection = await createConnection({
      stream,
      user: identity.user,
      password,
      ...(login.database === undefined ? {} : { database: login.database }),
      charset: 'utf8mb4',
      // The driver would have names of functions read otherwise than whoever wrote them.
      flags: ['-IGNORE_SPACE'],
      supportBigNumbers: true,
      dateStrings: true,
      connectTimeout: 20_000,
    });
    // Without a listener the loss of an idle connection would end the process.
    connection.on('error', () => undefined);
    await connection.query(begin);
    if (login.identity === 'reader') await connection.query('SET SESSION TRANSACTION READ ONLY');
    return await work(sessionOf(connection));
  } catch (error) {
    login.signal?.throwIfAborted();
    throw translated(error, access.site, identity.user, login.identity);
  } finally {
    login.signal?.removeEventListener('abort', stop);
    await Promise.race([
      connection?.end().catch(() => undefined),
      new Promise((resolve) => {
        setTimeout(resolve, 2000).unref();
      }),
    ]);
    stream.destroy();
  }
}

function sessionOf(connection: Connection): Session {
  const session: Session = {
    async rows<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]> {
      const [rows] = await connection.query(text, values === undefined ? undefined : [...values]);
      return Array.isArray(rows) ? (rows as T[]) : [];
    },
    async row<T extends object>(text: string, values?: readonly unknown[]): Promise<T | undefined> {
      return (await session.rows<T>(text, values))[0];
    },
    async changed(text) {
      const [result] = await connection.query(text);
      return 'affectedRows' in result ? result.affectedRows : 0;
    },
    async transaction(work) {
      await connection.query('START TRANSACTION');
      try {
        const result = await work();
        await connection.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that is gone has rolled back by itself.
        await connection.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
  return session;
}

/** The number of a server's error; undefined for all others. */
export function errorNumber(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('sqlState' in error) || !('errno' in error)) return undefined;
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
}

/** The server ends the session, is going down, or takes no more. */
const ending = [1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1317, 1927, 4031];
const refusals = [1045, 1130, 1698, 1862, 3118, 4151];

function translated(error: unknown, site: ServerSite, user: string, identity: Login['identity']): unknown {
  const number = errorNumber(error);
  if (number !== undefined && refusals.includes(number)) {
    return loginRefused(
      site,
      user,
      identity,
      `Check its password, and that the account may come from 127.0.0.1, on host "${site.host}".`,
    );
  }
  if (number !== undefined && !ending.includes(number)) return error;
  if (!(error instanceof Error) || 'kind' in error) return error;
  const lost =
    number !== undefined ||
    ('fatal' in error && error.fatal === true) ||
    /PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|closed state|socket|stream|Connection lost/i.test(
      `${'code' in error ? String(error.code) : ''} ${error.message}`,
    );
  if (!lost) return error;
  return sessionLost(site);
}
