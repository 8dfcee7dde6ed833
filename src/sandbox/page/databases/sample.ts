import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { passwordFile } from '../../hosts/accounts.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import type { Sample } from './state.ts';

/** How the page shows in `pg_stat_activity`, so that it can leave itself out. */
export const pageName = 'sandbox page';

const counts = `
  select (select count(*)::int from shop.customer) as customers,
         (select count(*)::int from shop.orders) as orders,
         (select max(placed_at) from shop.orders) as newest,
         (select count(*)::int from shop.customer where preferences ? 'qa') as cases`;
const rows = `
  select customer_id::int as id, concat_ws(' ', first_name, last_name) as name, email::text, preferences ? 'qa' as "isCase"
    from shop.customer order by preferences ? 'qa' desc, customer_id desc limit 5`;

/**
 * Reads a few rows that a person recognises, as the shop's own application would, over a connection that is gone
 * a moment later: one that stayed would be in the way of a swap, and a superuser's could not even be ended by it.
 */
export async function sampleOf(host: SandboxHost, database: string, account: string): Promise<Sample> {
  const client = new Client({
    host: host.address,
    port: host.pgPort,
    database,
    user: account,
    password: (await readFile(passwordFile(host.root, account), 'utf8')).trim(),
    application_name: pageName,
    connectionTimeoutMillis: 2000,
    query_timeout: 5000,
    statement_timeout: 5000,
  });
  // Without a listener a session that a swap ends would end the whole process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const [count] = (
      await client.query<{ customers: number; orders: number; newest: Date | null; cases: number }>(counts)
    ).rows;
    const some = await client.query<Sample['rows'][number]>(rows);
    return {
      customers: count?.customers ?? 0,
      orders: count?.orders ?? 0,
      newestOrderAt: count?.newest?.getTime(),
      cases: count?.cases ?? 0,
      rows: some.rows,
    };
  } finally {
    await client.end();
  }
}
