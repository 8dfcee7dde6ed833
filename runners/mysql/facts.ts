import type { ServerAccess } from '../engine.ts';
import type { Session } from './connection.ts';
import { errorNumber } from './connection.ts';
import type { Account } from './quote.ts';
import { liveRefOf, schemaNamed, tablesIn } from './records.ts';

/** What the admin identity can see and do on its server. Only read. */
export type ServerFacts = {
  version: string;
  product: 'MariaDB' | 'MySQL';
  /** `[10, 11]`. */
  release: readonly [number, number];
  /** Schema freshet and its tables are there and ours. */
  setUp: boolean;
  live?: { ref: string; bytes: number };
  sessions: { user: string; application: string; count: number }[];
  /** What the identity's own grants say, a line each. */
  grants: readonly string[];
  /** Accounts of the loader's name, with the lines of theirs that are more than a login. */
  loaders: readonly { account: Account; grants: readonly string[] }[];
  /** Definers of what hangs on the live tables who have SYSTEM_USER of MySQL: nobody without it may name them. */
  mightyDefiners: readonly string[];
  /** The server refuses routines and triggers of accounts without SUPER. */
  distrustsRoutines: boolean;
  /** Tables of other schemas whose foreign keys point into the live one. */
  pointedAtBy: readonly string[];
  /** What becomes free when the run begins: copies that are kept of this database, and what the run itself has made. */
  reclaimableBytes: number;
};

export async function readFacts(
  session: Session,
  access: ServerAccess,
  names: { databaseName: string; newName: string },
): Promise<ServerFacts> {
  const server = await session.row<{ version: string; log: number; trust: number }>(
    'SELECT VERSION() AS version, @@log_bin AS log, @@log_bin_trust_function_creators AS trust',
  );
  const version = server?.version ?? '';
  const isMariadb = /mariadb/i.test(version);
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const setUp = await isSetUp(session);
  const schema = await schemaNamed(session, names.databaseName);
  const ref = setUp ? ((await liveRefOf(session, names.databaseName)) ?? '') : '';
  const live = schema === undefined ? undefined : { ref, bytes: await bytesOf(session, names.databaseName) };
  const copies = setUp
    ? await session.rows<{ name: string }>(
        'SELECT copy_name AS name FROM freshet.copy WHERE database_name = ? AND (closed = 1 OR copy_name = ?)',
        [names.databaseName, names.newName],
      )
    : [];
  let reclaimableBytes = 0;
  for (const { name } of copies) reclaimableBytes += await bytesOf(session, name);
  return {
    version: version.split('-')[0] ?? '',
    product: isMariadb ? 'MariaDB' : 'MySQL',
    release: [Number(major), Number(minor)],
    setUp,
    ...(live === undefined ? {} : { live }),
    sessions: await session.rows(
      `SELECT user AS user, '' AS application, CAST(COUNT(*) AS SIGNED) AS count FROM information_schema.processlist
       WHERE db = ? AND id <> CONNECTION_ID() GROUP BY user ORDER BY 3 DESC, 1 LIMIT 20`,
      [names.databaseName],
    ),
    grants: await grantsOf(session, 'CURRENT_USER()'),
    loaders: await loadersOf(session, access),
    mightyDefiners: isMariadb ? [] : await mightyDefinersIn(session, names.databaseName),
    distrustsRoutines: server?.log === 1 && server.trust === 0,
    pointedAtBy: (
      await session.rows<{ name: string }>(
        `SELECT DISTINCT CONCAT(constraint_schema, '.', table_name) AS name FROM information_schema.key_column_usage
         WHERE referenced_table_schema = ? AND constraint_schema <> ? ORDER BY 1 LIMIT 5`,
        [names.databaseName, names.databaseName],
      )
    ).map(({ name }) => name),
    reclaimableBytes,
  };
}

async function mightyDefinersIn(session: Session, schema: string): Promise<string[]> {
  try {
    const found = await session.rows<{ definer: string }>(
      `SELECT DISTINCT d.definer AS definer FROM (
         SELECT definer FROM information_schema.views WHERE table_schema = ?
         UNION ALL SELECT definer FROM information_schema.triggers WHERE trigger_schema = ?
         UNION ALL SELECT definer FROM information_schema.routines WHERE routine_schema = ?
         UNION ALL SELECT definer FROM information_schema.events WHERE event_schema = ?) d
       JOIN mysql.global_grants g ON g.priv = 'SYSTEM_USER' AND d.definer = CONCAT(g.user, '@', g.host)
       ORDER BY 1 LIMIT 5`,
      [schema, schema, schema, schema],
    );
    return found.map(({ definer }) => definer);
  } catch (error) {
    // Not set up: that is told by itself.
    if (errorNumber(error) === undefined) throw error;
    return [];
  }
}

async function isSetUp(session: Session): Promise<boolean> {
  try {
    for (const table of ['fence', 'live', 'copy', 'program', 'swap'])
      await session.rows(`SELECT 1 FROM freshet.${table} LIMIT 1`);
    return true;
  } catch (error) {
    if (errorNumber(error) === undefined) throw error;
    return false;
  }
}

async function bytesOf(session: Session, schema: string): Promise<number> {
  return (await tablesIn(session, schema)).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function grantsOf(session: Session, who: string): Promise<string[]> {
  const rows = await session.rows<Record<string, string>>(`SHOW GRANTS FOR ${who}`);
  return rows.map((row) => Object.values(row)[0] ?? '');
}

async function loadersOf(session: Session, access: ServerAccess): Promise<ServerFacts['loaders']> {
  try {
    const accounts = await session.rows<Account>(
      'SELECT user AS user, host AS host FROM mysql.user WHERE user = ?',
      [access.site.loader.user],
    );
    const rights = await session.rows<{ what: string }>(
      `SELECT CONCAT(privilege_type, ' ON *.*') AS what FROM information_schema.user_privileges
         WHERE grantee LIKE ? AND privilege_type <> 'USAGE'
       UNION ALL SELECT CONCAT('rights ON ', db) FROM mysql.db WHERE user = ? AND db NOT RLIKE ?`,
      [
        `'${access.site.loader.user.replaceAll(/[\\_%]/g, '\\$&')}'@%`,
        access.site.loader.user,
        // Exactly a new schema of a run, as GRANT has it; another run may be at work, or its schema gone.
        '^.*[\\\\]_[\\\\]_new[\\\\]_[a-z2-7]{8}$',
      ],
    );
    return accounts.map((account) => ({ account, grants: rights.map(({ what }) => what) }));
  } catch (error) {
    // Not set up: that is told by itself.
    if (errorNumber(error) === undefined) throw error;
    return [];
  }
}
