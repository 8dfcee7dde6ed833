import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Pool, types as pgTypes, type CustomTypesConfig, type PoolClient } from 'pg';
import type { Clock } from './clock.ts';
import { isLost, translated } from './faults.ts';
import type { StoreLog } from './log.ts';

const int8 = 20;

/** 64-bit numbers as JavaScript's, checked: none that would lose a digit ever gets through. */
const types: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8 && format !== 'binary') return safeInteger;
    return pgTypes.getTypeParser(oid, format);
  },
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number can hold exactly`);
  return value;
}

/**
 * A pool as Kysely wants it. Errors come translated (`faults.ts`); a connection that broke is closed, not used again; no
 * error event is left without a listener, because that would end the process. The clock is measured before a connection is handed
 * out, so that whoever has read a row knows what time it is there.
 */
export function openPool(connectionString: string, log: StoreLog, max: number, clock: Clock): PostgresPool {
  const pool = new Pool({
    connectionString,
    application_name: 'freshet',
    max,
    types,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    lock_timeout: 10_000,
    statement_timeout: 15_000,
    // Ours, for a server that does not answer at all: a little later than its own limit.
    query_timeout: 20_000,
    // A process that was frozen inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: 30_000,
  });
  pool.on('error', (error) => log.warn({ error: error.message }, 'A connection to the store broke'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    async connect() {
      const client = await pool.connect().catch(rethrow);
      if (clock.isStale()) await clock.measure(client);
      return wrap(client);
    },
    end: () => pool.end(),
  };
}

function wrap(client: PoolClient): PostgresPoolClient {
  let broken = false;
  const wrapped = {
    async query(text: string, parameters: readonly unknown[]) {
      try {
        return await client.query(text, [...parameters]);
      } catch (error) {
        broken ||= isLost(error);
        throw translated(error);
      }
    },
    release: () => client.release(broken),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without cursors, which are not used
  return wrapped as unknown as PostgresPoolClient;
}

function rethrow(error: unknown): never {
  throw translated(error);
}
