import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { text } from '../shop/measure.ts';

/** Who owns and who uses the catalogue in one environment. */
export type CatalogAccounts = { owner: string; app: string; readers: string };

/** The defaults file of the backup jobs, with their password. */
export function backupDefaults(root: string): string {
  return join(root, 'etc/mysql/backup.cnf');
}

/** The host's own defaults file for the tools that log in as Freshet's loader, and as its reader. */
export function freshetDefaults(root: string): string {
  return join(root, 'etc/freshet/loader.cnf');
}

/** Makes an account of this host, or finds it, with the password in its own file: 0600, one line. Returns its quoted name. */
export async function ensureAccount(root: string, connection: Connection, name: string): Promise<string> {
  const file = accountFile(root, name);
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  const account = quoted(name);
  await connection.query(
    `CREATE USER IF NOT EXISTS ${account}; ALTER USER ${account} IDENTIFIED BY ${text(await passwordOf(root, name))}`,
  );
  return account;
}

/** Works in a schema under the name of its owner: what is made there is defined by that account. */
export async function asAccount(
  root: string,
  at: { port: number; database: string; name: string },
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await loginOf(root, at);
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}

/** Connects as an account of this host, to several statements at once. The caller ends it. */
export async function loginOf(
  root: string,
  at: { port: number; database: string; name: string },
): Promise<Connection> {
  return createConnection({
    host: '127.0.0.1',
    port: at.port,
    user: at.name,
    password: await passwordOf(root, at.name),
    database: at.database,
    charset: 'utf8mb4',
    timezone: 'Z',
    multipleStatements: true,
    connectTimeout: 10_000,
  });
}

/** Makes an empty schema for a catalogue, with the rights of its three accounts. */
export async function createCatalog(
  root: string,
  connection: Connection,
  schema: string,
  { owner, app, readers }: CatalogAccounts,
): Promise<void> {
  await connection.query(
    `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema} CHARACTER SET utf8mb4`,
  );
  // Names of schemas are patterns in a GRANT.
  const everything = `\`${schema.replaceAll('_', '\\_')}\`.*`;
  const [own, use, look] = [
    await ensureAccount(root, connection, owner),
    await ensureAccount(root, connection, app),
    await ensureAccount(root, connection, readers),
  ];
  await connection.query(`
    GRANT ALL ON ${everything} TO ${own};
    GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON ${everything} TO ${use};
    GRANT SHOW VIEW ON ${everything} TO ${look}`);
}

/** What the readers may see, table by table; once there are tables. */
export async function grantReaders(connection: Connection, schema: string, readers: string): Promise<void> {
  const look = quoted(readers);
  await connection.query(`
    GRANT SELECT ON ${schema}.product TO ${look};
    GRANT SELECT ON ${schema}.sellable TO ${look};
    GRANT SELECT (account_id, role) ON ${schema}.account TO ${look};
    GRANT EXECUTE ON FUNCTION ${schema}.price_with_vat TO ${look}`);
}

/** The account of the backup jobs: reads everything, and owns scratch copies. */
export async function createBackupAccount(root: string, connection: Connection, port: number): Promise<void> {
  const account = await ensureAccount(root, connection, 'backup_operator');
  await connection.query(`
    GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT, PROCESS ON *.* TO ${account};
    GRANT SET USER ON *.* TO ${account};
    GRANT ALL ON \`catalog\\_scratch\`.* TO ${account}`);
  await writeDefaults(root, port);
}

/** Freshet's two accounts on the test server; what they may do, the SQL of `npx freshet host install` says. */
export async function ensureFreshet(root: string, connection: Connection): Promise<void> {
  for (const name of ['freshet_admin', 'freshet_loader']) await ensureAccount(root, connection, name);
  const password = await passwordOf(root, 'freshet_loader');
  await mkdir(dirname(freshetDefaults(root)), { recursive: true, mode: 0o755 });
  await writeFile(freshetDefaults(root), `[client]\npassword="${password}"\n`, { mode: 0o600 });
}

/** Whom backups of the test server are taken under. What it may read, the SQL of `npx freshet host install` says. */
export async function ensureReader(root: string, connection: Connection): Promise<void> {
  await ensureAccount(root, connection, 'freshet_reader');
  const groups = { client: 'freshet_loader', client_reader: 'freshet_reader' };
  const lines: string[] = [];
  for (const [group, name] of Object.entries(groups))
    lines.push(`[${group}]`, `password="${await passwordOf(root, name)}"`, '');
  await writeFile(freshetDefaults(root), lines.join('\n'), { mode: 0o600 });
}

/** Anew at each start, as ports may change. */
export async function writeDefaults(root: string, port: number): Promise<void> {
  const lines = ['[client]', 'host = 127.0.0.1', `port = ${port}`, 'user = backup_operator'];
  lines.push(`password = ${await passwordOf(root, 'backup_operator')}`, '');
  await writeFile(backupDefaults(root), lines.join('\n'), { mode: 0o600 });
}

/** An account's password file below a host's root: 0600, one line. */
export function accountFile(root: string, name: string): string {
  return join(root, 'etc/mysql', `${name}.password`);
}

async function passwordOf(root: string, name: string): Promise<string> {
  return (await readFile(accountFile(root, name), 'utf8')).trim();
}

function quoted(name: string): string {
  return `\`${name}\`@'127.0.0.1'`;
}
