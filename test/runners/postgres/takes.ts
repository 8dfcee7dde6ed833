import type { Takes } from '../engine-bench.ts';
import { type PostgresServer, roles } from './server.ts';

/** A table of `makeOdd` with rows. */
const oddTable = `"sch ""ema"."ta'b;le"`;

/** Of every table that holds rows itself. */
const counts = `SELECT json_object_agg(format('%I.%I', n.nspname, c.relname),
    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname), true, true, '')))[1]::text::int)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`;

export const takes: Takes<PostgresServer> = {
  open: async (server, name) =>
    void (await server.sql(name, `GRANT SELECT ON LARGE OBJECT 4711 TO ${roles.reader}`)),
  rows: async (server, name) => (await server.value(name, counts)) as Record<string, number>,
  grow: async (server, name) =>
    void (await server.sql(name, `INSERT INTO ${oddTable} ("ü\n") VALUES ('more')`)),
  change: async (server, name) => void (await server.sql(name, `ALTER TABLE ${oddTable} ADD COLUMN d int`)),
  async blind(server, name) {
    await server.sql(name, `ALTER TABLE ${oddTable} ENABLE ROW LEVEL SECURITY`);
    await server.sql(
      'postgres',
      `REVOKE pg_read_all_data FROM ${roles.reader}; ALTER ROLE ${roles.reader} NOBYPASSRLS`,
    );
    return ['reader-denied', 'reader-row-security'];
  },
  see: async (server) =>
    void (await server.sql(
      'postgres',
      `GRANT pg_read_all_data TO ${roles.reader}; ALTER ROLE ${roles.reader} BYPASSRLS`,
    )),
};
