import { account, type Account, everythingIn, identifier, qualified } from './quote.ts';

// Statements of the journal, and of whole schemas. Pure. Values that the driver can put in are left as `?`.

/** Raises the fence of a live database unless it has seen a larger one. ? database, fence, run. */
export const raiseFence = `
  INSERT INTO freshet.fence (database_name, fence, run) VALUES (?, ?, ?)
  ON DUPLICATE KEY UPDATE run = IF(VALUES(fence) >= fence, VALUES(run), run),
    raised_at = IF(VALUES(fence) >= fence, CURRENT_TIMESTAMP, raised_at), fence = GREATEST(fence, VALUES(fence))`;
export const fenceOf = 'SELECT fence, run FROM freshet.fence WHERE database_name = ?';

export const schemaByName = `
  SELECT schema_name AS name, default_character_set_name AS charset, default_collation_name AS collation
  FROM information_schema.schemata WHERE schema_name = ?`;

/** Tables and sequences with what they hold. ? schema. */
export const tablesOf = `
  SELECT table_name AS name, table_type AS type, engine AS engine, table_comment AS comment,
    CAST(COALESCE(data_length + index_length, 0) AS DOUBLE) AS bytes
  FROM information_schema.tables WHERE table_schema = ? AND table_type NOT IN ('VIEW', 'SYSTEM VIEW', 'TEMPORARY')
  ORDER BY table_name`;

/** A table in each copy that says whose it is. It never goes live. */
export const markName = 'freshet copy';

export function makeCopy(schema: string, like: { charset: string; collation: string }): string {
  return `CREATE DATABASE IF NOT EXISTS ${identifier(schema)} CHARACTER SET ${plain(like.charset)} COLLATE ${plain(like.collation)}`;
}

export function makeMark(schema: string, ref: string): string {
  return `CREATE TABLE IF NOT EXISTS ${qualified(schema, markName)} (nothing int) ENGINE=InnoDB COMMENT='${plain(ref)}'`;
}

export function dropSchema(schema: string): string {
  return `DROP DATABASE IF EXISTS ${identifier(schema)}`;
}

/** All that a dump can hold, in one schema; nothing anywhere else. */
const loaderRights =
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, ' +
  'CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, EVENT, TRIGGER';

export function openTo(loader: Account, schema: string): string {
  return `GRANT ${loaderRights} ON ${everythingIn(schema)} TO ${account(loader)}`;
}

export function closeTo(loader: Account, schema: string): string {
  return `REVOKE ${loaderRights} ON ${everythingIn(schema)} FROM ${account(loader)}`;
}

/** Whether an account has rights on exactly this schema. ? user, host, schema as GRANT has it. */
export const schemaRights = 'SELECT 1 AS yes FROM mysql.db WHERE user = ? AND host = ? AND db = ?';

export type Move = { from: readonly [string, string]; to: readonly [string, string] };

/** One statement: all of it or nothing, in MariaDB 10.6 and MySQL 8 also over a crash. */
export function renameTables(moves: readonly Move[]): string {
  return `RENAME TABLE ${moves.map(({ from, to }) => `${qualified(...from)} TO ${qualified(...to)}`).join(', ')}`;
}

/** Sessions that use a schema, but our own. ? schema. */
export const sessions = `
  SELECT p.id AS id, p.user AS user, t.trx_started AS began
  FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
  WHERE p.db = ? AND p.id <> CONNECTION_ID() AND p.command <> 'Daemon' ORDER BY p.id`;

/** A word that the server itself gave: a character set, a collation, one of our refs. */
function plain(word: string): string {
  if (!/^\w+$/.test(word)) throw new Error(`"${word}" is no plain word`);
  return word;
}
