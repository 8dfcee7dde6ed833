import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Client } from 'pg';
import { text } from './shop/measure.ts';

/** Who owns and who uses the shop in one environment. */
export type ShopRoles = { owner: string; app: string; readers: string; extra: string };

export const PRODUCTION_ROLES: ShopRoles = {
  owner: 'shop',
  app: 'shop_app',
  readers: 'shop_reporting',
  extra: 'shop_support',
};

/** A role's password file below a host's root: 0600, one line. */
export function passwordFile(root: string, role: string): string {
  return join(root, 'etc/postgresql', `${role}.password`);
}

/** The host's own libpq password file for Freshet's identities. */
export function freshetPassfile(root: string): string {
  return join(root, 'etc/freshet/pgpass');
}

/** The production server's roles: the shop's, and the one that the backup jobs run under. */
export async function createProductionRoles(root: string, client: Client): Promise<void> {
  await shopRoles(root, client, PRODUCTION_ROLES);
  await login(root, client, 'backup_operator', 'CREATEDB');
  // Reads everything, and owns what it makes: the scratch copies of the anonymising job.
  await client.query(`GRANT pg_read_all_data, ${PRODUCTION_ROLES.owner} TO backup_operator`);
  await writePassfile(root, join(root, 'etc/postgresql/backup.pgpass'), ['backup_operator']);
}

/**
 * The test server's roles: each environment's, and Freshet's two. `freshet_admin` is no superuser: it creates and
 * renames databases, belongs to their owners, ends sessions and sets roles' settings. `freshet_loader` may log in.
 */
export async function createTestRoles(
  root: string,
  client: Client,
  all: readonly ShopRoles[],
): Promise<void> {
  for (const roles of all) await shopRoles(root, client, roles);
  await login(root, client, 'freshet_loader', '');
  await login(root, client, 'freshet_admin', 'CREATEDB CREATEROLE');
  const owners = all.map(({ owner }) => owner).join(', ');
  await client.query(
    `GRANT pg_signal_backend, pg_monitor, pg_read_all_settings, freshet_loader, ${owners} TO freshet_admin`,
  );
  await mkdir(dirname(freshetPassfile(root)), { recursive: true, mode: 0o755 });
  await writePassfile(root, freshetPassfile(root), ['freshet_admin', 'freshet_loader']);
}

/** Whom backups of the test server are taken under. What it may read, the SQL of `npx freshet host install` says. */
export async function createReader(root: string, client: Client): Promise<void> {
  await login(root, client, 'freshet_reader', '');
  await writePassfile(root, freshetPassfile(root), ['freshet_admin', 'freshet_loader', 'freshet_reader']);
}

async function shopRoles(root: string, client: Client, roles: ShopRoles): Promise<void> {
  await role(client, roles.owner, 'NOLOGIN');
  await login(root, client, roles.app, '');
  await login(root, client, roles.readers, '');
  await role(client, roles.extra, 'NOLOGIN');
}

async function login(root: string, client: Client, name: string, attributes: string): Promise<void> {
  const file = passwordFile(root, name);
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  }
  const password = (await readFile(file, 'utf8')).trim();
  await role(client, name, `LOGIN ${attributes} PASSWORD ${text(password)}`);
}

async function role(client: Client, name: string, attributes: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} ${attributes}`);
}

async function writePassfile(root: string, file: string, roles: readonly string[]): Promise<void> {
  const lines: string[] = [];
  for (const name of roles) {
    // The port may change with each start.
    lines.push(`127.0.0.1:*:*:${name}:${(await readFile(passwordFile(root, name), 'utf8')).trim()}`);
  }
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}
