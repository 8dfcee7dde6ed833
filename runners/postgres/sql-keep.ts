import type { KeptColumn } from '../keeping.ts';
import { identifier, literal, qualified } from './quote.ts';

// Rows of the live database that a refresh keeps. Pure.

/** A table as one database has it. */
export type TableShape = {
  schema: string;
  name: string;
  owner: string;
  /** In their order. `type` as the server writes it with an empty search path. */
  columns: readonly (KeptColumn & {
    type: string;
    /** It is numbered always: it may be written when a row is made, and not changed. */
    always: boolean;
  })[];
  /** Columns of the primary key, each with the operator by which two values of it are the same. */
  key: readonly KeyColumn[];
};
export type KeyColumn = { name: string; equal: string };

/** $1: name as it stands in the site file. No row where there is no such table. To be asked with the search path of the database. */
export const tableNamed = `
  SELECT n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p')`;

/** $1 schema, $2 name. */
export const columnsOf = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated <> '' AS generated, a.attidentity = 'a' AS always,
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

/** $1 schema, $2 name. */
export const keyOf = `
  SELECT a.attname AS name, format('OPERATOR(%I.%s)', opn.nspname, o.oprname) AS equal
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, at) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    JOIN pg_opclass oc ON oc.oid = i.indclass[k.at - 1]
    JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3 AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
    JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_namespace opn ON opn.oid = o.oprnamespace
  WHERE i.indisprimary AND n.nspname = $1 AND c.relname = $2 ORDER BY k.at`;

/** $1 schemas, $2 names, by position: which of these tables refers to which other, by their positions from 1. */
export const references = `
  SELECT DISTINCT one.at::int AS "from", other.at::int AS "to"
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS one(schema, name, at)
    JOIN pg_namespace n ON n.nspname = one.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = one.name
    JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
    JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace m ON m.oid = f.relnamespace
    JOIN unnest($1::text[], $2::text[]) WITH ORDINALITY AS other(schema, name, at) ON other.schema = m.nspname AND other.name = f.relname`;

/** $1 schema, $2 name: triggers of people's own that fire with a write of ours. */
export const firingTriggers = `
  SELECT t.tgname AS name, t.tgenabled = 'A' AS always FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND n.nspname = $1 AND c.relname = $2`;

export function disableTrigger(table: string, trigger: string): string {
  return `ALTER TABLE ${table} DISABLE TRIGGER ${identifier(trigger)}`;
}
export function enableTrigger(table: string, trigger: { name: string; always: boolean }): string {
  return `ALTER TABLE ${table} ENABLE ${trigger.always ? 'ALWAYS ' : ''}TRIGGER ${identifier(trigger.name)}`;
}

/** $1 schema, $2 name: sequences that feed a column of the table. */
export const sequencesOf = `
  SELECT sn.nspname AS schema, s.relname AS name, a.attname AS "column"
  FROM pg_class s JOIN pg_namespace sn ON sn.oid = s.relnamespace
    JOIN pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0 AND NOT q.seqcycle
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
  WHERE n.nspname = $1 AND c.relname = $2`;

export function moveUp(table: string, sequence: { schema: string; name: string; column: string }): string {
  const named = qualified(sequence.schema, sequence.name);
  return `SELECT setval(${literal(named)}::regclass, most) FROM (SELECT max(${identifier(sequence.column)})::bigint AS most FROM ${table}) t
    WHERE most > (SELECT last_value FROM ${named})`;
}

/**
 * A cursor over what is kept, each value as its type writes it: a cast to text could be a function of whoever owns the type, and the session
 * is the admin identity's. The condition is of the site file.
 */
export function readKept(table: string, columns: readonly string[], where: string | undefined): string {
  const cells = columns
    .map((name) => `CASE num_nulls(${identifier(name)}) WHEN 0 THEN format('%s', ${identifier(name)}) END`)
    .join(', ');
  return `DECLARE kept NO SCROLL CURSOR FOR SELECT ARRAY[${cells}] AS cells FROM ${table} AS kept_rows${where === undefined ? '' : ` WHERE (${where}\n)`}`;
}

/** Rows together, as text: they are never taken apart on the way. */
export function fetchKept(rows: number): string {
  return `FETCH ${rows} FROM kept`;
}

/** The rows on their way in, beside the table that they belong to: only its columns that both databases have. */
export function makeStaging(staging: string, table: string, columns: readonly string[]): string {
  return `CREATE TEMP TABLE ${identifier(staging)} ON COMMIT DROP AS SELECT ${columns.map(identifier).join(', ')} FROM ${table} WITH NO DATA`;
}

/** $1: rows as JSON, each an array of texts in the order of the columns. */
export function fillStaging(staging: string, columns: readonly { name: string; type: string }[]): string {
  const cells = columns.map(({ type }, at) => `(one ->> ${at})::${type}`).join(', ');
  return `INSERT INTO ${stagingName(staging)} SELECT ${cells} FROM json_array_elements($1::json) AS one`;
}

/** What the backup has and the live table had not; of a table without a key everything. */
export function removeOthers(staging: string, table: string, key: readonly KeyColumn[]): string {
  return `DELETE FROM ${table} AS t WHERE ${isOther(staging, key)}`;
}

/** A foreign key of another table that takes or changes rows there when rows of this one go; `refers`: when a row there belongs to one here. */
export type Follower = { constraint: string; schema: string; name: string; refers: string };

/** $1 schema, $2 name of the table that they refer to. */
export const followersOf = `
  SELECT k.conname AS "constraint", n.nspname AS schema, c.relname AS name,
    (SELECT string_agg(format('t.%I OPERATOR(%I.%s) c.%I', theirs.attname, opn.nspname, o.oprname, own.attname), ' AND ')
      FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS part(own, theirs, equal)
        JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = part.own
        JOIN pg_attribute theirs ON theirs.attrelid = k.confrelid AND theirs.attnum = part.theirs
        JOIN pg_operator o ON o.oid = part.equal JOIN pg_namespace opn ON opn.oid = o.oprnamespace) AS refers
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
  WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') AND k.conparentid = 0 AND k.conrelid <> k.confrelid
    AND pn.nspname = $1 AND p.relname = $2 ORDER BY 1`;

/** A row where rows of another table would follow what `removeOthers` removes. */
export function followed(
  staging: string,
  table: string,
  key: readonly KeyColumn[],
  { schema, name, refers }: Follower,
): string {
  return `SELECT 1 AS yes FROM ${qualified(schema, name)} AS c JOIN ${table} AS t ON ${refers} WHERE ${isOther(staging, key)} LIMIT 1`;
}

function isOther(staging: string, key: readonly KeyColumn[]): string {
  if (key.length === 0) return 'true';
  const same = key
    .map(({ name, equal }) => `k.${identifier(name)} ${equal} t.${identifier(name)}`)
    .join(' AND ');
  return `NOT EXISTS (SELECT FROM ${stagingName(staging)} AS k WHERE ${same})`;
}

/** The rows of the live table take the place of those with the same key. */
export function putKept(
  staging: string,
  table: string,
  columns: readonly { name: string; always: boolean }[],
  key: readonly KeyColumn[],
): string {
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  // Also the key: what counts as the same need not be written the same.
  const set = columns
    .filter(({ always }) => !always)
    .map(({ name }) => `${identifier(name)} = excluded.${identifier(name)}`);
  const conflict =
    key.length === 0
      ? ''
      : ` ON CONFLICT (${key.map(({ name }) => identifier(name)).join(', ')}) DO ${set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`}`;
  return `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${stagingName(staging)}${conflict}`;
}

function stagingName(staging: string): string {
  return `pg_temp.${identifier(staging)}`;
}
