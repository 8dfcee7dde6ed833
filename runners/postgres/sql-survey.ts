import { schemaLimits } from '../../src/domain/schema.ts';

// What a database is made of, by names, as pg_dump tells it: what belongs to an extension is the extension's. Pure. One more than the
// limit is asked for, so that too many can be told from just so many.

const ours = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** Not made by an extension; $ of the alias and its catalogue. */
function own(alias: string, catalogue: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalogue}'::regclass AND x.objid = ${alias}.oid AND x.deptype = 'e')`;
}

export const tables = `
  SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind, n.nspname || '.' || c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND ${ours} AND ${own('c', 'pg_class')}
  ORDER BY 2 LIMIT ${schemaLimits.table + schemaLimits.view + 1}`;

export const columns = `
  SELECT n.nspname || '.' || c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND ${ours} AND ${own('c', 'pg_class')} AND (a.attislocal OR c.relispartition)
  LIMIT ${schemaLimits.column + 1}`;

/** With the types that they are called by, as in the headings of a dump. */
export const routines = `
  SELECT n.nspname || '.' || p.proname || '(' || coalesce((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY o)
    FROM unnest(p.proargtypes) WITH ORDINALITY AS one(t, o)), '') || ')' AS name
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE ${ours} AND ${own('p', 'pg_proc')} LIMIT ${schemaLimits.routine + 1}`;

/** With their tables, as in the headings of a dump; those of a partition come with its table's. */
export const triggers = `
  SELECT n.nspname || '.' || c.relname || ' ' || t.tgname AS name
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND ${ours} AND ${own('t', 'pg_trigger')} LIMIT ${schemaLimits.trigger + 1}`;

/** Those of constraints come and go with them. */
export const indexes = `
  SELECT n.nspname || '.' || c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${ours} AND ${own('c', 'pg_class')} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
  LIMIT ${schemaLimits.index + 1}`;

/**
 * $1: names of tables. The admin identity reads them, of a live database and of what a backup brought: only plain tables, and of these
 * columns of the server's own types, as a cast, a view or a foreign table could be code of somebody else's.
 */
export const migrationTables = `
  SELECT n.nspname AS schema, c.relname AS "table",
    ARRAY(SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'b' AND t.typnamespace = 'pg_catalog'::regnamespace
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relname = ANY ($1) AND ${ours} ORDER BY 1, 2 LIMIT 50`;

/** Rows that were inserted, changed and deleted, by table, those with most first. A restore counts as well. */
export const writes = `
  SELECT schemaname || '.' || relname AS name, (n_tup_ins + n_tup_upd + n_tup_del)::float8 AS rows
  FROM pg_stat_user_tables ORDER BY 2 DESC, 1`;
