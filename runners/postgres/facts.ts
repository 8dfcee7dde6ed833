import type { ServerAccess } from '../engine.ts';
import type { Session } from './connection.ts';
import type { Database } from './records.ts';
import {
  copiesThere,
  type CopyThere,
  databaseByName,
  preparedTransactions,
  replicationSlots,
} from './sql.ts';

/** What the admin identity can see and do on its server. Only read. */
export type ServerFacts = {
  version: string;
  major: number;
  identity: { superuser: boolean; createdb: boolean; createrole: boolean };
  /** Roles whose rights the identity has, of those that were asked for. */
  memberOf: Readonly<Record<string, boolean>>;
  /** Schema freshet and its tables are there and ours. */
  setUp: boolean;
  loader?: {
    superuser: boolean;
    createdb: boolean;
    createrole: boolean;
    replication: boolean;
    bypassrls: boolean;
    login: boolean;
    /** Roles that it is a member of, also where it would have to say SET ROLE. */
    dangerous: string[];
    owns: string[];
    /** Settings that every session of it begins with, wherever or in the database that was asked. */
    settings: string[];
    /** Who has its rights beside the admin identity, and could not give them to itself. */
    members: string[];
  };
  live?: Database & {
    bytes: number;
    settingsOfRoles: number;
    prepared: number;
    slots: string[];
    superusers: number;
    /** Where it lies, and so its new copy, if not in the default one; whether the identity may create there. */
    tablespace?: { name: string; usable: boolean };
  };
  sessions: { user: string; application: string; count: number }[];
  /** Extension -> whether the identity could create it; absent where the server does not have it. */
  extensions: Readonly<Record<string, boolean>>;
  /** Whoever holds the name of the new database now. */
  newName?: Database;
  /** What becomes free when the run begins: copies that are kept of this database, and what the run itself has made. */
  reclaimableBytes: number;
};

export async function readFacts(
  session: Session,
  access: ServerAccess,
  names: { databaseName: string; newName: string },
): Promise<ServerFacts> {
  const { site } = access;
  const me = await session.row<ServerFacts['identity'] & { version: string; number: number; set: boolean }>(
    `SELECT rolsuper AS superuser, rolcreatedb AS createdb, rolcreaterole AS createrole,
      current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
      coalesce((SELECT bool_and(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
          AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')) AND count(*) = 3
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'freshet' AND c.relname IN ('fence', 'copy', 'swap')), false) AS set
     FROM pg_roles WHERE rolname = current_user`,
  );
  const live = await session.row<Database>(databaseByName, [names.databaseName]);
  const asked = [
    site.loader.user,
    'pg_signal_backend',
    'pg_read_all_stats',
    ...(live === undefined ? [] : [live.owner]),
  ];
  const members = await session.rows<{ name: string; member: boolean }>(
    `SELECT rolname AS name, pg_has_role(oid, 'USAGE') AS member FROM pg_roles WHERE rolname = ANY ($1)`,
    [asked],
  );
  const reclaimable = ((me?.set ?? false) ? await session.rows<CopyThere>(copiesThere) : []).filter(
    ({ databaseName, name, open }) =>
      databaseName === names.databaseName && (!open || name === names.newName),
  );
  const newName = await session.row<Database>(databaseByName, [names.newName]);
  const loader = await session.row<NonNullable<ServerFacts['loader']>>(loaderFacts, [
    site.loader.user,
    site.admin.user,
  ]);
  const sessions =
    live === undefined
      ? []
      : await session.rows<ServerFacts['sessions'][number]>(
          `SELECT coalesce(usename, '') AS "user", application_name AS application, count(*)::int AS count
           FROM pg_stat_activity WHERE datid = $1 AND backend_type = 'client backend' AND pid <> pg_backend_pid()
           GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 20`,
          [live.oid],
        );
  return {
    version: (me?.version ?? '').split(' ')[0] ?? '',
    major: Math.floor((me?.number ?? 0) / 10_000),
    identity: me ?? { superuser: false, createdb: false, createrole: false },
    memberOf: Object.fromEntries(members.map(({ name, member }) => [name, member])),
    setUp: me?.set ?? false,
    ...(loader === undefined ? {} : { loader }),
    ...(live === undefined ? {} : { live: { ...live, ...(await liveFacts(session, live)) } }),
    sessions,
    extensions: await extensionFacts(session, site.extensions, me?.superuser ?? false),
    ...(newName === undefined ? {} : { newName }),
    reclaimableBytes: reclaimable.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** $1 loader, $2 admin identity. */
export const loaderFacts = `
  SELECT rolsuper AS superuser, rolcreatedb AS createdb, rolcreaterole AS createrole, rolcanlogin AS login,
    rolreplication AS replication, rolbypassrls AS bypassrls,
    ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE (r.rolname IN ('pg_execute_server_program', 'pg_read_server_files',
      'pg_write_server_files', 'pg_read_all_data', 'pg_write_all_data', 'pg_signal_backend') OR r.rolname = $2)
      AND pg_has_role(l.oid, r.oid, 'MEMBER') ORDER BY 1) AS dangerous,
    ARRAY(SELECT d.datname::text FROM pg_database d WHERE pg_has_role(l.oid, d.datdba, 'MEMBER') ORDER BY 1 LIMIT 5) AS owns,
    ARRAY(SELECT split_part(s, '=', 1) FROM pg_db_role_setting g, unnest(g.setconfig) s
      WHERE g.setrole = l.oid AND g.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY 1) AS settings,
    ARRAY(SELECT m.rolname::text FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
      WHERE a.roleid = l.oid AND m.rolname <> $2 AND NOT m.rolsuper AND NOT m.rolcreaterole ORDER BY 1 LIMIT 5) AS members
  FROM pg_roles l WHERE l.rolname = $1`;

async function liveFacts(session: Session, live: Database) {
  const row = await session.row<{ bytes: number; settingsOfRoles: number; superusers: number }>(
    `SELECT pg_database_size($1::oid)::float8 AS bytes,
       (SELECT count(*)::int FROM pg_db_role_setting WHERE setdatabase = $1 AND setrole <> 0) AS "settingsOfRoles",
       (SELECT count(*)::int FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
         WHERE a.datid = $1 AND r.rolsuper AND a.backend_type = 'client backend') AS superusers`,
    [live.oid],
  );
  const prepared = await session.row<{ n: number }>(preparedTransactions, [live.name]);
  const slots = await session.rows<{ name: string }>(replicationSlots, [live.name]);
  const tablespace = await session.row<{ name: string; usable: boolean }>(
    `SELECT t.spcname AS name, has_tablespace_privilege(t.oid, 'CREATE') AS usable
     FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
     WHERE d.oid = $1 AND t.spcname <> 'pg_default'`,
    [live.oid],
  );
  return {
    ...(row ?? { bytes: 0, settingsOfRoles: 0, superusers: 0 }),
    prepared: prepared?.n ?? 0,
    slots: slots.map(({ name }) => name),
    ...(tablespace === undefined ? {} : { tablespace }),
  };
}

/** Trusted extensions need CREATE on the database only; the others a superuser. */
async function extensionFacts(session: Session, names: readonly string[], superuser: boolean) {
  const rows = await session.rows<{ name: string; trusted: boolean }>(
    `SELECT v.name, bool_or(v.trusted OR NOT v.superuser) AS trusted FROM pg_available_extension_versions v
     JOIN pg_available_extensions e ON e.name = v.name AND e.default_version = v.version
     WHERE v.name = ANY ($1) GROUP BY v.name`,
    [names],
  );
  return Object.fromEntries(rows.map(({ name, trusted }) => [name, trusted || superuser]));
}
