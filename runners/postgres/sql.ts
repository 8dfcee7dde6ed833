import { integer } from '../quote.ts';
import { identifier, literal } from './quote.ts';

// Statements of the maintenance database: fence, records of ownership and of swaps, making, renaming and dropping
// whole databases. Pure. Values that a driver can bind are bound; here is what only text can say.

/** Raises the fence of a live database; answers no row when it has seen a larger one. $1 database, $2 fence, $3 run. */
export const raiseFence = `
  INSERT INTO freshet.fence AS f (database_name, fence, run) VALUES ($1, $2, $3)
  ON CONFLICT (database_name) DO UPDATE SET fence = excluded.fence, run = excluded.run, raised_at = now()
    WHERE f.fence <= excluded.fence
  RETURNING fence`;

/** Locks the fence of a live database until the end of the transaction. $1 database. */
export const lockFence = 'SELECT fence, run FROM freshet.fence WHERE database_name = $1 FOR UPDATE';

/** A database by its name. $1. */
export const databaseByName = `
  SELECT d.oid::text, d.datname AS name, d.datallowconn AS open, r.rolname AS owner
  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = $1`;

/** A database by its oid. $1. */
export const databaseByOid = `
  SELECT d.oid::text, d.datname AS name, d.datallowconn AS open, r.rolname AS owner
  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.oid = $1`;

/** How a database was made: what a copy beside it must have in common with it. $1 name. */
export const localeOf = `
  SELECT pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
    to_jsonb(d)->>'datlocprovider' AS provider, coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') AS locale,
    t.spcname AS tablespace
  FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1`;

export type Locale = {
  encoding: string;
  collate: string;
  ctype: string;
  /** `c` libc, `i` ICU, `b` builtin; undefined before PostgreSQL 15. */
  provider: string | null;
  locale: string | null;
  tablespace: string;
};

/** Closed, so that nobody gets in by PUBLIC's right to connect. From template0: nothing of template1 gets in, and any encoding and locale may be asked for. */
export function createDatabase(name: string, like: Locale | undefined): string {
  const parts = [`CREATE DATABASE ${identifier(name)} TEMPLATE template0 ALLOW_CONNECTIONS false`];
  if (like !== undefined) {
    parts.push(`ENCODING ${literal(like.encoding)}`);
    parts.push(`LC_COLLATE ${literal(like.collate)} LC_CTYPE ${literal(like.ctype)}`);
    if (like.provider === 'i') parts.push(`LOCALE_PROVIDER icu ICU_LOCALE ${literal(like.locale ?? 'und')}`);
    if (like.provider === 'b') {
      parts.push(`LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(like.locale ?? 'C')}`);
    }
    if (like.tablespace !== 'pg_default') parts.push(`TABLESPACE ${identifier(like.tablespace)}`);
  }
  return parts.join(' ');
}

/**
 * Opens a new database to its owner and the loader alone, who may create schemas in it but does not own it:
 * `REASSIGN OWNED` reaches every database of a role, those of other runs too.
 */
export function openNewDatabase(name: string, loader: string): string[] {
  const database = identifier(name);
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO ${identifier(loader)}`,
    allowConnections(name, true),
  ];
}

/** What speeds a restore up and is gone before the swap: a crash only costs the new database, which is made anew. */
export function loadingSettings(name: string): string[] {
  const database = identifier(name);
  return [
    `ALTER DATABASE ${database} SET synchronous_commit = off`,
    `ALTER DATABASE ${database} SET maintenance_work_mem = '256MB'`,
  ];
}

export function rename(from: string, to: string): string {
  return `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`;
}

export function allowConnections(name: string, allow: boolean): string {
  return `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS ${String(allow)}`;
}

export function dropDatabase(name: string): string {
  return `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`;
}

/**
 * Sessions on a database but our own. `began` is set while a transaction is open. $1 oid. Without pg_read_all_stats the
 * server hides state and times of others. Autovacuum's workers are left out: nobody but a superuser may end them, and
 * RENAME does so by itself (CountOtherDBBackends sends them SIGTERM and looks again after 100 ms).
 */
export const sessions = `
  SELECT a.pid, a.usename AS "user", a.application_name AS application, a.backend_type AS type,
    extract(epoch FROM a.xact_start)::text AS began, a.state, coalesce(r.rolsuper, false) AS superuser
  FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
  WHERE a.datid = $1 AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'`;

/** Ends a session; false when it was gone. $1 pid. Refused (42501) for superusers' sessions unless we are one. */
export const terminate = 'SELECT pg_terminate_backend($1::int) AS ended';

/** Our own sessions that are still at making a database, whoever began it. $1 application name, $2 name of the database. */
export const making = `
  SELECT pid FROM pg_stat_activity
  WHERE application_name = $1 AND pid <> pg_backend_pid() AND state = 'active'
    AND query LIKE 'CREATE DATABASE %' AND strpos(query, $2) > 0`;

/** Prepared transactions keep a database from being renamed or dropped, and no session can be ended for them. $1 name. */
export const preparedTransactions = 'SELECT count(*)::int AS n FROM pg_prepared_xacts WHERE database = $1';

/** Logical slots keep a database from being dropped. $1 name. */
export const replicationSlots =
  'SELECT slot_name AS name FROM pg_replication_slots WHERE database = $1 ORDER BY 1';

/** Rows of a database's new and old copies in our own records. $1 run, $2 database name. */
export const copyRecord =
  'SELECT copy_oid::text AS oid, copy_name AS name FROM freshet.copy WHERE run = $1 AND database_name = $2';
export const recordCopy = `
  INSERT INTO freshet.copy (run, database_name, copy_name) VALUES ($1, $2, $3)
  ON CONFLICT (run, database_name) DO UPDATE SET copy_name = excluded.copy_name, copy_oid = NULL, made_at = now()`;
export const recordCopyOid = 'UPDATE freshet.copy SET copy_oid = $3 WHERE run = $1 AND database_name = $2';
export const forgetCopy = 'DELETE FROM freshet.copy WHERE run = $1 AND database_name = $2';

/**
 * Copies that are there as they were recorded, whoever's: by oid and name. Where the run died before it knew the oid, what has
 * the name must be ours and still closed, as it is made.
 */
export const copiesThere = `
  SELECT c.run, c.database_name AS "databaseName", d.datname AS name, d.oid::text AS oid, d.datallowconn AS open,
    pg_database_size(d.oid)::float8 AS bytes
  FROM freshet.copy c JOIN pg_database d ON d.datname = c.copy_name AND (d.oid = c.copy_oid
    OR c.copy_oid IS NULL AND NOT d.datallowconn AND d.datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user))
  ORDER BY c.made_at, d.datname`;
export type CopyThere = {
  run: string;
  databaseName: string;
  name: string;
  oid: string;
  open: boolean;
  bytes: number;
};
/** $1 run, $2 database, $3 oid, $4 the name under which it is dropped. No row where it is not that one any more. */
export const recordGone = `UPDATE freshet.copy SET copy_oid = $3, copy_name = $4
  WHERE run = $1 AND database_name = $2 AND (copy_oid = $3 OR copy_oid IS NULL) RETURNING run`;
/** $1 run, $2 database, $3 the name under which it was dropped. */
export const forgetGone = 'DELETE FROM freshet.copy WHERE run = $1 AND database_name = $2 AND copy_name = $3';

export const swapRecord = `
  SELECT new_oid::text AS "newOid", new_name AS "newName", live_oid::text AS "liveOid", old_name AS "oldName",
    closed_at IS NOT NULL AS closed, swapped_at IS NOT NULL AS swapped, put_back_at IS NOT NULL AS "putBack",
    extract(epoch FROM swapped_at - closed_at)::float8 AS "outageSeconds", not_carried AS "notCarried"
  FROM freshet.swap WHERE run = $1 AND database_name = $2`;

/** $1 run, $2 database, $3 new oid, $4 new name, $5 live oid or null, $6 old name. Kept as it is once something was closed. */
export const recordSwap = `
  INSERT INTO freshet.swap AS s (run, database_name, new_oid, new_name, live_oid, old_name)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (run, database_name) DO UPDATE SET new_oid = excluded.new_oid, new_name = excluded.new_name,
    live_oid = excluded.live_oid, old_name = excluded.old_name, closed_at = NULL, swapped_at = NULL, put_back_at = NULL
    WHERE s.closed_at IS NULL OR s.put_back_at IS NOT NULL`;
export const recordClosed = `
  UPDATE freshet.swap SET closed_at = coalesce(closed_at, clock_timestamp()) WHERE run = $1 AND database_name = $2`;
export const recordReopened = `
  UPDATE freshet.swap SET closed_at = NULL WHERE run = $1 AND database_name = $2 AND swapped_at IS NULL`;
export const recordSwapped = `
  UPDATE freshet.swap SET swapped_at = clock_timestamp(), not_carried = $3 WHERE run = $1 AND database_name = $2`;
export const recordPutBack = `
  UPDATE freshet.swap SET put_back_at = clock_timestamp() WHERE run = $1 AND database_name = $2`;

/** A condition on one oid, for statements that can't be bound. */
export function oid(value: string): string {
  return integer(value);
}
