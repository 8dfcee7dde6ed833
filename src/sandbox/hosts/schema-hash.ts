import type { Connection, RowDataPacket } from 'mysql2/promise';
import { contentOf, type ContentHash, digest } from './content-hash.ts';
import { SCHEMA_LINES, TABLES_OF } from './schema-queries.ts';

export type SchemaOptions = { grants?: boolean; eventStates?: boolean };

type Column = { name: string; type: string };

/**
 * Digests a schema of MySQL or MariaDB: every table's rows (in any physical order) and their next numbers, and the definitions of
 * tables, views, routines, triggers and events. Neither the schema's name nor definers count, so that a copy can be compared;
 * `grants: true` adds who may do what, and who defined what; `eventStates: false` leaves out whether events are enabled, as an
 * environment may keep them from running. Reads in one snapshot with fixed settings. The session must be able to read everything
 * and have no transaction open; its schema and settings are others afterwards.
 */
export async function schemaHash(
  connection: Connection,
  schema: string,
  options: SchemaOptions = {},
): Promise<ContentHash> {
  const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
    const [found] = await connection.query<RowDataPacket[]>(sql);
    return found;
  };
  const lines = async (sql: string) =>
    (await rows(sql)).map((row) => plain(JSON.stringify(Object.values(row)), schema)).sort();
  const parts: Record<string, string> = {};
  await rows(`USE ${quoted(schema)}`);
  // How values become text; and whether the server shows numbers that it remembers from earlier.
  for (const setting of [
    'NAMES utf8mb4',
    `SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION', time_zone = '+00:00'`,
    'SESSION sql_quote_show_create = 1, /*!80000 information_schema_stats_expiry = 0, */ sql_big_selects = 1',
  ]) {
    await rows(`SET ${setting}`);
  }
  await rows('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  try {
    for (const { name, type } of (await rows(TABLES_OF)) as { name: string; type: string }[]) {
      if (type === 'VIEW') {
        parts[`view ${name}`] = await definition(rows, 'VIEW', name, schema);
        continue;
      }
      parts[`definition ${name}`] = await definition(rows, 'TABLE', name, schema);
      parts[`table ${name}`] = await rowsOf(rows, name);
    }
    for (const row of await rows(
      'SELECT routine_type AS kind, routine_name AS name FROM information_schema.routines WHERE routine_schema = DATABASE()',
    )) {
      const { kind, name } = row as { kind: string; name: string };
      parts[`${kind.toLowerCase()} ${name}`] = await definition(rows, kind, name, schema);
    }
    for (const [part, sql] of Object.entries(SCHEMA_LINES)) {
      if (part === 'grants' && options.grants !== true) continue;
      if (part === 'event states' && options.eventStates === false) continue;
      parts[part] = digest(await lines(sql));
    }
  } finally {
    await rows('ROLLBACK');
  }
  return contentOf(parts);
}

type Rows = (sql: string) => Promise<Record<string, unknown>[]>;

/** As the server shows it, without next number and definer. */
async function definition(rows: Rows, kind: string, name: string, schema: string): Promise<string> {
  const [shown = {}] = await rows(`SHOW CREATE ${kind} ${quoted(name)}`);
  // MySQL keeps the ";" behind a body that was made as one of several statements, and its dump does not.
  const said = Object.values(shown).map((one) => (typeof one === 'string' ? one.replace(/;\s*$/, '') : one));
  const text = plain(JSON.stringify(said), schema);
  return digest([text.replace(/ AUTO_INCREMENT=\d+/, '').replaceAll(/DEFINER=`[^`]*`(?:@`[^`]*`)? /g, '')]);
}

/** Their number, and the sum of their digests: equal whatever their order, and not when one of two equal rows is gone. */
async function rowsOf(rows: Rows, table: string): Promise<string> {
  const columns = (await rows(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = ${literal(table)} ORDER BY ordinal_position`,
  )) as Column[];
  const each = columns.map(({ name, type }) => `COALESCE(SHA2(${asBytes(quoted(name), type)}, 256), '-')`);
  const half = (from: number) => `CAST(SUM(CAST(CONV(SUBSTR(d, ${from}, 15), 16, 10) AS UNSIGNED)) AS CHAR)`;
  const [sums = {}] = await rows(
    `SELECT COUNT(*), ${half(1)}, ${half(16)} FROM (SELECT SHA2(CONCAT(${each.join(', ')}), 256) AS d FROM ${quoted(table)}) r`,
  );
  return Object.values(sums).join(' ');
}

/** A value without loss: text of all numbers and strings, bytes of what is no text. */
function asBytes(column: string, type: string): string {
  if (/blob|binary/.test(type)) return column;
  if (type === 'bit') return `CONVERT(${column} + 0 USING utf8mb4)`;
  // A float shows six digits of its own, and all of them as a double.
  if (type === 'float') return `CONVERT(${column} * 1e0 USING utf8mb4)`;
  if (/^(?:geometry|point|linestring|polygon|multi.*|geom.*)$/.test(type)) return `ST_AsWKB(${column})`;
  return `CONVERT(${column} USING utf8mb4)`;
}

function plain(text: string, schema: string): string {
  return text.replaceAll(`${quoted(schema)}.`, '');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
