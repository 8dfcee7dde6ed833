import type { EngineSetup } from '../engine.ts';
import { identifier } from './quote.ts';

export const setup: EngineSetup = {
  programs: ['pg_restore', 'psql'],
  takes: { programs: ['pg_dump'], sql: sourceSql },
  sql: setupSql,
  run: (file, database) =>
    `psql -f ${file} as a superuser, connected to database "${database}", then \\password for each of the roles`,
  passfile: '/etc/freshet/pgpass',
  passwordLine: '127.0.0.1:PORT:*:USER:PASSWORD, as libpq reads it',
  dataFolderQuery: 'show data_directory',
};

/**
 * SQL that prepares a server once, run by a superuser with psql in the server's maintenance database. Repeatable.
 * Makes both roles where they are missing (without passwords: `\password`, or peer login), schema `freshet` with the
 * fence, and nothing else. `owners` are the roles that own the live databases (and objects in them that shall keep
 * their owner): the admin identity must be a member of each, to rename them and to hand over what it restored. Of
 * `databases`, which are live ones, the owners are looked up on the server; membership of a superuser is never given.
 */
export function setupSql(roles: {
  admin: string;
  loader: string;
  /** Whom backups are taken under; absent: none are. */
  reader?: string;
  owners: readonly string[];
  databases?: readonly string[];
}): string {
  const admin = identifier(roles.admin);
  const loader = identifier(roles.loader);
  const role = (name: string) =>
    `DO $make$ BEGIN CREATE ROLE ${name}; EXCEPTION WHEN duplicate_object THEN NULL; END $make$;`;
  return [
    "-- The loader restores backups. It owns the new database's objects while they are loaded, and nothing live.",
    role(loader),
    `ALTER ROLE ${loader} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;`,
    '-- The admin identity creates, applies settings and swaps. It need not be a superuser: CREATEROLE is for',
    '-- ALTER ROLE ... IN DATABASE ... SET, the two pg_ roles are for seeing and ending sessions and for progress.',
    role(admin),
    `ALTER ROLE ${admin} LOGIN INHERIT CREATEDB CREATEROLE;`,
    `GRANT ${loader} TO ${admin};`,
    `GRANT pg_signal_backend, pg_read_all_stats TO ${admin};`,
    ...roles.owners.map((owner) => `GRANT ${identifier(owner)} TO ${admin};`),
    ...ownersSql(roles.admin, roles.databases ?? []),
    '-- Both must be let in where CONNECT was taken from PUBLIC: the maintenance database is enough.',
    `DO $grant$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), ${text(roles.admin)}); END $grant$;`,
    ...readerSql(roles.reader, roles.databases ?? []),
    ...fenceSql(admin),
    '',
  ].join('\n');
}

/** Of a server that backups are taken of, and nothing else. */
function sourceSql(reader: string, databases: readonly string[]): string {
  return [...readerSql(reader, databases), ''].join('\n');
}

/** Reads every table, also where rows are shown to some only: half of a database is no backup of it. */
function readerSql(name: string | undefined, databases: readonly string[]): string[] {
  if (name === undefined) return [];
  const reader = identifier(name);
  return [
    '-- The reader takes backups. It reads everything and can write nothing.',
    `DO $make$ BEGIN CREATE ROLE ${reader}; EXCEPTION WHEN duplicate_object THEN NULL; END $make$;`,
    `ALTER ROLE ${reader} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;`,
    `ALTER ROLE ${reader} SET default_transaction_read_only = on;`,
    `GRANT pg_read_all_data TO ${reader};`,
    ...databases.map((database) => `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${reader};`),
  ];
}

/** Who owns the databases is on the server only. A superuser's membership would make the admin identity one. */
function ownersSql(admin: string, databases: readonly string[]): string[] {
  if (databases.length === 0) return [];
  return [
    '-- It must be a member of the owners of the live databases, to rename them and to hand over what it restored.',
    `DO $owners$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT d.datname, r.rolname, r.rolsuper FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
    WHERE d.datname IN (${databases.map((name) => text(name)).join(', ')}) AND r.rolname <> ${text(admin)}
  LOOP
    IF found.rolsuper THEN
      RAISE WARNING 'database "%" belongs to the superuser "%": give it to a role that is none, then run this again',
        found.datname, found.rolname;
    ELSE
      EXECUTE format('GRANT %I TO %I', found.rolname, ${text(admin)});
    END IF;
  END LOOP;
END $owners$;`,
  ];
}

function fenceSql(admin: string): string[] {
  return [
    `CREATE SCHEMA IF NOT EXISTS freshet AUTHORIZATION ${admin};`,
    '-- The largest fence that each database has seen; every change of a live database checks it in its own transaction.',
    `CREATE TABLE IF NOT EXISTS freshet.fence (
  database_name text PRIMARY KEY,
  fence bigint NOT NULL,
  run text NOT NULL,
  raised_at timestamptz NOT NULL DEFAULT now()
);`,
    '-- Databases that runs made, by oid: only what is recorded here is ever dropped.',
    `CREATE TABLE IF NOT EXISTS freshet.copy (
  run text NOT NULL,
  database_name text NOT NULL,
  copy_name text NOT NULL,
  copy_oid oid,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, database_name)
);`,
    '-- Swaps, with both oids recorded before anything is closed: a repeated swap decides by them.',
    `CREATE TABLE IF NOT EXISTS freshet.swap (
  run text NOT NULL,
  database_name text NOT NULL,
  new_oid oid NOT NULL,
  new_name text NOT NULL,
  live_oid oid,
  old_name text NOT NULL,
  closed_at timestamptz,
  swapped_at timestamptz,
  put_back_at timestamptz,
  not_carried jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (run, database_name)
);`,
    ...['fence', 'copy', 'swap'].map((table) => `ALTER TABLE freshet.${table} OWNER TO ${admin};`),
  ];
}

/** A literal inside of a dollar-quoted block. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''").replaceAll('$', "'||chr(36)||'")}'`;
}
