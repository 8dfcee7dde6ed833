import type { Keeps } from '../engine-bench.ts';
import type { PostgresServer } from './server.ts';

const tables = `
  CREATE SCHEMA "Odd Shop"; CREATE TYPE mood AS ENUM ('fine', 'it''s ok');
  CREATE TABLE flags (name citext PRIMARY KEY, is_on bool);
  CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text CONSTRAINT one_name UNIQUE, flag citext CONSTRAINT of_flag REFERENCES flags,
    data jsonb, raw bytea, at timestamptz, total numeric, code char(5), tags text[], mood mood, day daterange, twice int GENERATED ALWAYS AS (length(name)) STORED);
  CREATE TABLE orders (id int PRIMARY KEY, "user" int CONSTRAINT of_user REFERENCES users, note text);
  CREATE TABLE "Odd Shop"."No Key" (line text, at int);
  CREATE TABLE log (line text);
  CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES ('fired'); RETURN NEW; END $$;
  CREATE TRIGGER noted AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION noted();`;

/** Code of the owner, which nobody may run who reads what is kept. */
const castOfTheirs = `
  CREATE TYPE word AS ENUM ('a', 'b'); ALTER TABLE users ADD word word DEFAULT 'b';
  CREATE FUNCTION sly(word) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'ran'; END $$; CREATE CAST (word AS text) WITH FUNCTION sly(word)`;

export const keeps: Keeps<PostgresServer> = {
  async make(server, source, live) {
    await server.sql('postgres', `CREATE DATABASE ${source}`);
    await server.sql(
      source,
      `CREATE EXTENSION citext; ${tables} ALTER TABLE users ADD plan text NOT NULL DEFAULT 'free'; ALTER TABLE users DROP COLUMN mood;
       INSERT INTO flags VALUES ('beta', true), ('used', false);
       INSERT INTO users (name, flag) SELECT 'user ' || n, 'used' FROM generate_series(1, 5) n;
       INSERT INTO orders SELECT n, n FROM generate_series(1, 5) n; INSERT INTO "Odd Shop"."No Key" VALUES ('of the backup', 1); TRUNCATE log;
       CREATE TYPE word AS ENUM ('a', 'b'); ALTER TABLE users ADD word word`,
    );
    await server.sql(live, 'CREATE EXTENSION citext; GRANT CREATE ON DATABASE ' + live + ' TO shop_owner');
    await server.sql(
      live,
      `SET ROLE shop_owner; ${tables} ALTER TABLE users ADD gone text;
       INSERT INTO flags VALUES ('USED', true), ('dark', NULL);
       INSERT INTO users (id, name, flag, data, raw, at, total, code, tags, day, gone) OVERRIDING SYSTEM VALUE VALUES
         (2, E'qa ''\\\\ "two"\\n\\tÜ', 'dark', 'null', '\\x00ff', '2026-11-20 01:02:03.456789+02', 12345678901234567890.1234567890, 'a ', '{"a,b",NULL,"NULL"}', '[2026-01-01,)', 'x'),
         (9001, 'qa new', NULL, NULL, NULL, 'infinity', 'NaN', NULL, '{}', 'empty', NULL), (9002, 'nobody''s', NULL, '{"a": null}', NULL, NULL, 1, NULL, NULL, NULL, NULL);
       INSERT INTO "Odd Shop"."No Key" VALUES ('of the target', 2), ('of the target', 2);
       ${castOfTheirs}`,
    );
  },
  flags: 'public.flags',
  withoutKey: '"Odd Shop"."No Key"',
  withoutKeyQuoted: '"Odd Shop"."No Key"',
  // A null of JSON is none of SQL.
  users: `SELECT concat(id, ' ', to_jsonb(u) - '{mood,gone,plan}'::text[], coalesce(data::text, 'nothing')) FROM users u ORDER BY id`,
};
