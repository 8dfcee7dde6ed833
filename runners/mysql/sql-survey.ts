import { schemaLimits } from '../../src/domain/schema.ts';

// What a schema is made of, by names, as mysqldump tells it. Pure. One more than the limit is asked for, so that too many can be told
// from just so many. ? is the schema in all of them.

const tableTypes = `('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')`;

export const tables = `
  SELECT IF(table_type = 'VIEW', 'view', 'table') AS kind, table_name AS name FROM information_schema.tables
  WHERE table_schema = ? AND (table_type = 'VIEW' OR table_type IN ${tableTypes})
  ORDER BY 2 LIMIT ${schemaLimits.table + schemaLimits.view + 1}`;

export const columns = `
  SELECT c.table_name AS tab, c.column_name AS name, c.column_type AS type
  FROM information_schema.columns c JOIN information_schema.tables t
    ON t.table_schema = c.table_schema AND t.table_name = c.table_name
  WHERE c.table_schema = ? AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  ORDER BY c.table_name, c.ordinal_position LIMIT ${schemaLimits.column + 1}`;

export const routines = `
  SELECT CONCAT(LOWER(routine_type), ' ', routine_name) AS name FROM information_schema.routines
  WHERE routine_schema = ? LIMIT ${schemaLimits.routine + 1}`;

export const triggers = `
  SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = ? LIMIT ${schemaLimits.trigger + 1}`;

export const events = `
  SELECT event_name AS name FROM information_schema.events WHERE event_schema = ? LIMIT ${schemaLimits.event + 1}`;

export const indexes = `
  SELECT DISTINCT table_name AS tab, index_name AS name FROM information_schema.statistics
  WHERE table_schema = ? AND index_name <> 'PRIMARY' LIMIT ${schemaLimits.index + 1}`;

/** Whether the server counts what is written to its tables, by which of its two ways, and since when it runs. */
export const counting = `
  SELECT (SELECT variable_value FROM information_schema.global_variables WHERE variable_name = 'USERSTAT') AS userstat,
    @@performance_schema AS instruments, CAST(UNIX_TIMESTAMP() - variable_value AS SIGNED) AS since
  FROM information_schema.global_status WHERE variable_name = 'UPTIME'`;

/** MySQL has these two elsewhere, and no userstat. */
export const countingOfMysql = `
  SELECT NULL AS userstat, @@performance_schema AS instruments, CAST(UNIX_TIMESTAMP() - variable_value AS SIGNED) AS since
  FROM performance_schema.global_status WHERE variable_name = 'Uptime'`;

/** Of tables that are there: the counters go by names, and outlive what had them. */
const there = `EXISTS (SELECT 1 FROM information_schema.tables t WHERE t.table_schema = s.db AND t.table_name = s.name)`;

/** Rows that were inserted, changed and deleted by table, those with most first, as \`userstat\` of MariaDB counts. */
export const writesByUserstat = `
  SELECT s.name, s.n AS n FROM (SELECT table_schema AS db, table_name AS name, CAST(rows_changed AS DOUBLE) AS n
    FROM information_schema.table_statistics WHERE table_schema = ?) s
  WHERE ${there} ORDER BY 2 DESC, 1`;

/** The same as the performance schema counts. */
export const writesByInstruments = `
  SELECT s.name, s.n AS n FROM (SELECT object_schema AS db, object_name AS name, CAST(count_write AS DOUBLE) AS n
    FROM performance_schema.table_io_waits_summary_by_table WHERE object_schema = ?) s
  WHERE ${there} ORDER BY 2 DESC, 1`;

/** One row where the performance schema counts what is done with tables. */
export const instrumentsCount = `
  SELECT 1 AS yes FROM performance_schema.setup_instruments i, performance_schema.setup_consumers c
  WHERE i.name = 'wait/io/table/sql/handler' AND i.enabled = 'YES' AND c.name = 'global_instrumentation' AND c.enabled = 'YES'`;
