import { join } from 'node:path';
import type { Client } from 'pg';
import type { Backup } from '../../domain/backup.ts';
import { readFile } from 'node:fs/promises';
import { contentHash, type ContentHash, type ContentOptions } from '../hosts/content-hash.ts';
import { clusterFiles } from '../hosts/cluster.ts';
import type { Sandbox } from '../sandbox.ts';
import { takenInto } from '../taking.ts';

/** Connects to a database of the test host as its local administrator would. */
async function within<T>(
  sandbox: Sandbox,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await sandbox.hosts.hosts['test-db'].connect(database);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Digest of what a database of the test host holds. */
export function hashOf(
  sandbox: Sandbox,
  database: string,
  options: ContentOptions = {},
): Promise<ContentHash> {
  return within(sandbox, database, (client) => contentHash(client, options));
}

/** New databases that runs have left on the test server. */
export function newDatabases(sandbox: Sandbox): Promise<{ name: string; open: boolean }[]> {
  return within(sandbox, 'postgres', async (client) => {
    const { rows } = await client.query<{ name: string; open: boolean }>(
      `select datname as name, datallowconn as open from pg_database where datname like '%\\_\\_new\\_%'`,
    );
    return rows;
  });
}

/** A few rows that a person recognises. */
export async function someRows(sandbox: Sandbox, database: string): Promise<string> {
  return within(sandbox, database, async (client) => {
    const { rows: counts } = await client.query<{
      customers: string;
      orders: string;
      newest: string;
      cases: string;
    }>(`
      select (select count(*) from shop.customer)::text as customers,
             (select count(*) from shop.orders)::text as orders,
             (select to_char(max(placed_at) at time zone 'utc', 'YYYY-MM-DD') from shop.orders) as newest,
             (select count(*) from shop.customer where preferences ? 'qa')::text as cases`);
    const { rows } = await client.query<{ line: string }>(`
      select format('%-6s %-26s %-32s', customer_id, first_name || ' ' || last_name, email) as line
      from shop.customer order by preferences ? 'qa' desc, customer_id desc limit 4`);
    const [count] = counts;
    return [
      `${count?.customers} customers, ${count?.orders} orders, the newest of ${count?.newest}; ${count?.cases} of QA’s own`,
      ...rows.map(({ line }) => line),
    ].join('\n');
  });
}

/** Roles that may use the database, its owner and settings: what a refresh must carry over. */
export async function rightsOf(sandbox: Sandbox, database: string): Promise<string> {
  return within(sandbox, 'postgres', async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select concat_ws(' | ', pg_get_userbyid(d.datdba), d.datconnlimit, d.datallowconn,
                (select string_agg(a::text, ',' order by a::text) from unnest(d.datacl) a),
                (select string_agg(coalesce(r.rolname, '') || ':' || s.setconfig::text, ',' order by r.rolname)
                   from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole where s.setdatabase = d.oid)) as line
         from pg_database d where d.datname = $1`,
      [database],
    );
    return rows[0]?.line ?? '';
  });
}

/**
 * Restores a backup without Freshet, with PostgreSQL's own tools as an operator would, runs the environment's scripts
 * on it, and answers its digest: what a refresh must come to.
 */
export async function independently(
  sandbox: Sandbox,
  backup: Backup,
  scripts: readonly string[],
  options: ContentOptions = {},
): Promise<ContentHash> {
  const { 'prod-db': source, 'test-db': target } = sandbox.hosts.hosts;
  const name = 'independent_restore';
  const folders: Record<string, string> = { ...source.files.backups, [takenInto]: target.files.taken };
  const file = join(folders[backup.repository] ?? '', backup.path);
  await target.sql('postgres', `drop database if exists ${name} with (force)`);
  await target.sql('postgres', `create database ${name} template template0`);
  try {
    const tool = [
      join(target.pgBin, 'pg_restore'),
      '--no-owner',
      '--no-acl',
      '--exit-on-error',
      '-d',
      name,
      file,
    ];
    const password = (await readFile(clusterFiles(target.root).superuser, 'utf8')).trim();
    const env = {
      PGHOST: '127.0.0.1',
      PGPORT: String(target.pgPort),
      PGUSER: 'postgres',
      PGPASSWORD: password,
    };
    await target.exec(tool, { env });
    for (const script of scripts) await target.sql(name, await readFile(script, 'utf8'));
    return await hashOf(sandbox, name, options);
  } finally {
    await target.sql('postgres', `drop database if exists ${name} with (force)`);
  }
}
