import type { Impacts } from '../engine-bench.ts';
import { type PostgresServer, roles } from './server.ts';

const made = (marked: string) => `
  CREATE EXTENSION citext; CREATE SCHEMA shop; CREATE SCHEMA "Odd ""schema.x";
  CREATE TABLE orders (id serial PRIMARY KEY, total numeric(10,2) DEFAULT 7, note varchar(200)[] COLLATE "C", mail citext,
    at timestamptz NOT NULL DEFAULT now(), twice int GENERATED ALWAYS AS (2) STORED, CONSTRAINT positive CHECK (id > 0));
  COMMENT ON TABLE orders IS E'-- Name: ${marked}; Type: TABLE; Schema: public; Owner: x';
  CREATE TABLE "Odd ""schema.x"."Order ""lines" ("select" int, "a, b" text, "DEFAULT x" interval);
  CREATE UNLOGGED TABLE shop.log (line text) WITH (fillfactor = 50);
  CREATE TABLE shop.parts (id int, day date) PARTITION BY RANGE (day);
  CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE INDEX orders_note ON orders (lower(note[1])); CREATE INDEX "odd index" ON shop.parts (day);
  CREATE VIEW open_orders AS SELECT id FROM orders; CREATE MATERIALIZED VIEW shop.sums AS SELECT 1 AS one;
  CREATE FUNCTION shop.pay(one int, OUT two text, VARIADIC rest text[]) LANGUAGE plpgsql AS $body$ BEGIN
CREATE TABLE public.never (
    ${marked.replaceAll('-', '_')} text
);
  END $body$;
  CREATE PROCEDURE tidy() LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE most (int) (sfunc = int4larger, stype = int);
  CREATE TABLE flyway_schema_history (installed_rank int, version text, description text, script text);
  INSERT INTO flyway_schema_history VALUES (1, '1', 'first', '${marked}'), (2, '2.1', 'Übung', ''), (3, NULL, 'again and again', '');
  CREATE TABLE databasechangelog (id text, author text, filename text); INSERT INTO databasechangelog VALUES ('7', '${marked}', 'db/a.xml');
  CREATE TABLE shop.schema_migrations (version text); INSERT INTO shop.schema_migrations VALUES ('20260101');
  CREATE TABLE django_migrations (id int, app text, name text); INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial');
  CREATE TABLE _prisma_migrations (id text, migration_name text, logs text); INSERT INTO _prisma_migrations VALUES ('x', '2026_init', '${marked}');
  CREATE TABLE knex_migrations (id int, name text); INSERT INTO knex_migrations VALUES (1, '001_first.js');
  CREATE TABLE migrations (id int, "timestamp" bigint, name text); INSERT INTO migrations VALUES (1, 1700000000000, 'First1700000000000');
  CREATE TABLE shop.migrations (id int, name text); INSERT INTO shop.migrations VALUES (1, '${marked}');
  CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('ae10');
  INSERT INTO orders (note, mail) SELECT ARRAY[E'-- Name: ${marked}; Type: TABLE; Schema: public; Owner: x'], '${marked}' FROM generate_series(1, 50);
  CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TRIGGER "noted ""it" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION noted();
  CREATE TRIGGER noted AFTER INSERT ON shop.parts FOR EACH ROW EXECUTE FUNCTION noted();`;

export const impacts: Impacts<PostgresServer> = {
  async make(server, name, marked) {
    await server.sql('postgres', `CREATE DATABASE ${name}`);
    await server.sql(name, made(marked));
    // The admin is no superuser, and owns nothing here: names are for all to see, and rows only where they may be read.
    await server.sql(
      name,
      `GRANT USAGE ON SCHEMA shop TO ${roles.admin}; GRANT SELECT ON ALL TABLES IN SCHEMA public, shop TO ${roles.admin}`,
    );
  },
  found: {
    migration: [
      'alembic ae10',
      'django shop 0001_initial',
      'flyway 1 first',
      'flyway 2.1 ??bung',
      'flyway again and again',
      'knex 001_first.js',
      'liquibase db/a.xml 7',
      'prisma 2026_init',
      'rails 20260101',
      'typeorm First1700000000000',
    ],
    routine: ['shop.pay(integer, text[])'],
    trigger: ['orders noted "it', 'shop.parts noted'],
  },
  total: 'numeric(10,2)',
  index: (_table, name) => name,
  forget: async (server, name) => Boolean(await server.sql(name, 'SELECT pg_stat_reset()')),
};
