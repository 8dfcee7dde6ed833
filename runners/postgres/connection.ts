import type { Duplex } from 'node:stream';
import { Client, DatabaseError, type QueryResult } from 'pg';
import type { ServerSite } from '../../src/domain/site.ts';
import type { ServerAccess } from '../engine.ts';
import { loginRefused, missingReader, sessionLost } from '../refusals.ts';

/** One session on a server, over a forwarded port of its host. */
export type Session = {
  /** Rows of one statement with bound values; of several statements in one text, the rows of the last. */
  rows<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The first row, or undefined. */
  row<T extends object>(text: string, values?: readonly unknown[]): Promise<T | undefined>;
  /** How many rows one statement changed; 0 where it is of another kind. */
  changed(text: string): Promise<number>;
  /** `work` in one transaction; rolled back when it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
};

export type Login = {
  identity: 'loader' | 'admin' | 'reader';
  database: string;
  /** Ends the session at once, whatever it does. */
  signal?: AbortSignal;
  /** Names the session in pg_stat_activity. */
  run?: string;
};

/** What pg wants of a socket and an SSH channel has no need of. */
function asSocket(stream: Duplex): Duplex {
  const ready = () => {
    setImmediate(() => stream.emit('connect'));
    return stream;
  };
  // A channel whose far end is gone says "end" and stays half open: what is asked then would never be answered.
  stream.once('end', () => stream.destroy());
  return Object.assign(stream, {
    connect: ready,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}

/** How a session shows in pg_stat_activity. */
export function applicationOf(run: string | undefined): string {
  return `freshet${run === undefined ? '' : `-${run}`}`;
}

/**
 * Opens a session, hands it to `work`, and ends it. `Unavailable` (`database-unreachable`, `connection-lost`) when the
 * server can't be reached or goes away: what was asked last is unknown. `Config` (`login-refused`) when the server
 * does not know the identity or its password. Errors of statements come as the driver has them, with their SQLSTATE.
 */
export async function withSession<T>(
  access: ServerAccess,
  login: Login,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  login.signal?.throwIfAborted();
  const identity = access.site[login.identity] ?? missingReader(access.site);
  const stream = asSocket(await access.host.forward(access.site.port));
  const client = new Client({
    stream: () => stream,
    user: identity.user,
    password: await access.password(login.identity),
    database: login.database,
    application_name: applicationOf(login.run),
    // libpq's variables of this process must not reach into a session on another machine.
    host: '127.0.0.1',
    port: access.site.port,
    ssl: false,
    connectionTimeoutMillis: 20_000,
  });
  // Without a listener the loss of an idle connection would end the process.
  client.on('error', () => undefined);
  const stop = () => {
    stream.destroy();
  };
  login.signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query(
      // A worker that is frozen inside a transaction must not hold the fence and the catalogue for ever: the next one waits for them.
      // What is told as done must have been written, on a server that is set to lose a moment as well.
      "SET search_path TO ''; SET statement_timeout TO 0; SET client_min_messages TO error; SET idle_in_transaction_session_timeout TO '10s'; SET synchronous_commit TO on",
    );
    return await work(sessionOf(client));
  } catch (error) {
    login.signal?.throwIfAborted();
    throw translated(error, access.site, identity.user, login.identity);
  } finally {
    login.signal?.removeEventListener('abort', stop);
    await Promise.race([
      client.end().catch(() => undefined),
      new Promise((resolve) => {
        setTimeout(resolve, 2000).unref();
      }),
    ]);
    stream.destroy();
  }
}

function sessionOf(client: Client): Session {
  const session: Session = {
    async rows<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]> {
      const result = (await client.query(text, values === undefined ? undefined : [...values])) as
        QueryResult | QueryResult[];
      const last = Array.isArray(result) ? result.at(-1) : result;
      return (last?.rows ?? []) as T[];
    },
    async row<T extends object>(text: string, values?: readonly unknown[]): Promise<T | undefined> {
      return (await session.rows<T>(text, values))[0];
    },
    async changed(text) {
      const { command, rowCount } = await client.query(text);
      return ['UPDATE', 'DELETE', 'INSERT'].includes(command) ? (rowCount ?? 0) : 0;
    },
    async transaction(work) {
      await client.query('BEGIN');
      try {
        const result = await work();
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that is gone has rolled back by itself.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
  return session;
}

/** The SQLSTATE of a server's error; undefined for all others. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

function translated(error: unknown, site: ServerSite, user: string, identity: Login['identity']): unknown {
  const state = sqlState(error);
  if (state !== undefined) {
    if (state.startsWith('28')) {
      const look = `Check its password and pg_hba.conf on host "${site.host}".`;
      return loginRefused(site, user, identity, look);
    }
    return /^(?:57P0|08|53300|25P03)/.test(state) ? sessionLost(site) : error;
  }
  if (!(error instanceof Error) || 'kind' in error) return error;
  const lost = /Connection terminated|ECONN|EPIPE|timeout|socket|stream|closed|not queryable/i.test(
    error.message,
  );
  return lost ? sessionLost(site) : error;
}
