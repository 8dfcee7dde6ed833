import type { KeptColumn } from '../keeping.ts';
import { identifier, qualified } from './quote.ts';

// Rows of the live database that a refresh keeps. Pure.

/** A table as one database has it, and the columns of its primary key; none where that is of parts of columns. */
export type TableShape = { columns: readonly KeptColumn[]; key: readonly { name: string }[] };

/** ? schema, table. One row where it is a table of rows: what is written to a view could go anywhere. */
export const tableNamed = `
  SELECT table_name AS name FROM information_schema.tables
  WHERE table_schema = ? AND table_name = ? AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')`;

/** ? schema, table. `generated` is a word that MySQL has reserved. */
export const columnsOf = `
  SELECT column_name AS name, COALESCE(generation_expression, '') <> '' OR extra LIKE '%GENERATED%' AND extra NOT LIKE '%DEFAULT_GENERATED%' AS is_generated,
    is_nullable = 'NO' AND column_default IS NULL AND extra NOT LIKE '%auto_increment%' AS is_required
  FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`;

/** ? schema, table. */
export const keyOf = `
  SELECT column_name AS name, sub_part AS part FROM information_schema.statistics
  WHERE table_schema = ? AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index`;

/** Whether a condition can be asked, and how many rows it is true of: no more than \`most\`. */
export function countKept(table: string, where: string | undefined, most: number): string {
  return `SELECT CAST(COUNT(*) AS SIGNED) AS n FROM (SELECT 1 FROM ${table} AS kept_rows${conditionOf(where)} LIMIT ${most}) counted`;
}

/** The rows on their way, beside the table that they belong to; gone with the session. */
export function takeKept(
  staging: string,
  table: string,
  { columns, key }: TableShape,
  where: string | undefined,
): string {
  const index = key.length === 0 ? '' : ` (INDEX (${list(key)}))`;
  return `CREATE TEMPORARY TABLE ${staging}${index} SELECT ${list(columns)} FROM ${table} AS kept_rows${conditionOf(where)}`;
}

/** What the backup has and the live table had not; of a table without a key everything. */
export function removeOthers(staging: string, table: string, key: TableShape['key']): string {
  if (key.length === 0) return `DELETE FROM ${table}`;
  return `DELETE t FROM ${table} AS t LEFT JOIN ${staging} AS k ON ${same(key)} WHERE k.${first(key)} IS NULL`;
}

/** Foreign keys that take or change rows when what they refer to goes. ? schema. */
export const followingKeys = `
  SELECT constraint_name AS name, table_name AS tab FROM information_schema.referential_constraints
  WHERE constraint_schema = ? AND delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')`;

/** A row where rows of another table would follow what `removeOthers` removes. `refers`: columns there and here. */
export function followed(
  staging: string,
  table: string,
  key: TableShape['key'],
  follower: { table: string; refers: readonly { col: string; parentCol: string }[] },
): string {
  const refers = follower.refers.map(
    ({ col, parentCol }) => `t.${identifier(parentCol)} = c.${identifier(col)}`,
  );
  const others =
    key.length === 0 ? '' : ` LEFT JOIN ${staging} AS k ON ${same(key)} WHERE k.${first(key)} IS NULL`;
  return `SELECT 1 AS yes FROM ${follower.table} AS c JOIN ${table} AS t ON ${refers.join(' AND ')}${others} LIMIT 1`;
}

/** The rows of the live table in those with the same key. Also the key: what counts as the same need not be written the same. */
export function changeKept(staging: string, table: string, { columns, key }: TableShape): string {
  const set = columns.map(({ name }) => `t.${identifier(name)} = k.${identifier(name)}`);
  return `UPDATE ${table} AS t JOIN ${staging} AS k ON ${same(key)} SET ${set.join(', ')}`;
}

/** Those that the backup has not. An insert that changes what is in its way could change a row with another key. */
export function putKept(staging: string, table: string, { columns, key }: TableShape): string {
  const cells = columns.map(({ name }) => `k.${identifier(name)}`).join(', ');
  const others =
    key.length === 0 ? '' : ` LEFT JOIN ${table} AS t ON ${same(key)} WHERE t.${first(key)} IS NULL`;
  return `INSERT INTO ${table} (${list(columns)}) SELECT ${cells} FROM ${staging} AS k${others}`;
}

/** A name that no dump has. */
export function stagingName(schema: string, at: number): string {
  return qualified(schema, `freshet kept ${at}`);
}

export function dropTrigger(schema: string, name: string): string {
  return `DROP TRIGGER IF EXISTS ${qualified(schema, name)}`;
}

function conditionOf(where: string | undefined): string {
  // It may end with a comment.
  return where === undefined ? '' : ` WHERE (${where}\n)`;
}

function list(columns: readonly { name: string }[]): string {
  return columns.map(({ name }) => identifier(name)).join(', ');
}

function first([one]: TableShape['key']): string {
  return identifier(one?.name ?? '');
}

function same(key: TableShape['key']): string {
  return key.map(({ name }) => `k.${identifier(name)} = t.${identifier(name)}`).join(' AND ');
}
