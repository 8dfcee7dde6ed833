/** What holds rows, and views; sequences of MariaDB hold one row. */
export const TABLES_OF = `
  SELECT table_name AS name, table_type AS type FROM information_schema.tables
  WHERE table_schema = DATABASE() ORDER BY table_name`;

/** A schema is granted by a pattern: its own name, or that with its wildcards escaped. */
const OF_SCHEMA = `(table_schema = DATABASE() OR table_schema = REPLACE(REPLACE(DATABASE(), '_', CHAR(92, 95)), '%', CHAR(92, 37)))`;

/** Queries over the catalogue of the chosen schema that give one row for each object. */
export const SCHEMA_LINES: Readonly<Record<string, string>> = {
  schema: `
    SELECT default_character_set_name, default_collation_name FROM information_schema.schemata
    WHERE schema_name = DATABASE()`,
  'auto-increments': `
    SELECT table_name, CAST(auto_increment AS CHAR) FROM information_schema.tables
    WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL`,
  triggers: `
    SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, action_statement, sql_mode,
      character_set_client, collation_connection
    FROM information_schema.triggers WHERE trigger_schema = DATABASE()`,
  events: `
    SELECT event_name, event_type, event_definition, time_zone, execute_at, interval_value, interval_field, sql_mode,
      CAST(starts AS CHAR), CAST(ends AS CHAR), on_completion, event_comment, character_set_client, collation_connection
    FROM information_schema.events WHERE event_schema = DATABASE()`,
  'event states': `
    SELECT event_name, status FROM information_schema.events WHERE event_schema = DATABASE()`,
  grants: `
    SELECT 'schema', grantee, '' AS t, '' AS c, privilege_type, is_grantable FROM information_schema.schema_privileges
    WHERE ${OF_SCHEMA}
    UNION ALL
    SELECT 'table', grantee, table_name, '', privilege_type, is_grantable FROM information_schema.table_privileges
    WHERE table_schema = DATABASE()
    UNION ALL
    SELECT 'column', grantee, table_name, column_name, privilege_type, is_grantable
    FROM information_schema.column_privileges WHERE table_schema = DATABASE()
    UNION ALL
    SELECT 'routine', CONCAT(user, '@', host), routine_name, routine_type, proc_priv, '' FROM mysql.procs_priv
    WHERE db = DATABASE()
    UNION ALL
    SELECT 'definer', definer, trigger_name, 'trigger', '', '' FROM information_schema.triggers
    WHERE trigger_schema = DATABASE()
    UNION ALL
    SELECT 'definer', definer, table_name, 'view', '', '' FROM information_schema.views WHERE table_schema = DATABASE()
    UNION ALL
    SELECT 'definer', definer, routine_name, 'routine', '', '' FROM information_schema.routines
    WHERE routine_schema = DATABASE()
    UNION ALL
    SELECT 'definer', definer, event_name, 'event', '', '' FROM information_schema.events WHERE event_schema = DATABASE()`,
};
