import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { passwordFile } from '../../hosts/accounts.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import type { ProductionDatabase } from '../../hosts/production.ts';
import type { Row, Sample } from './state.ts';

/** How the page shows in `pg_stat_activity`, so that it can leave itself out. */
export const pageName = 'sandbox page';

/** What is asked of a database, so that a person recognises it: columns as in `Count` and `Row`. */
export type Portrait = { counts: string; headings: readonly string[]; rows: string };

/** By the name of the database in the site file. */
export const portraits: Readonly<Record<string, Portrait>> = {
  orders: {
    counts: `
      select 'customers' as what, count(*)::int, null::timestamptz as "newestAt" from shop.customer
      union all select 'orders', count(*)::int, max(placed_at) from shop.orders
      union all select 'of QA’s own', count(*)::int, null from shop.customer where preferences ? 'qa' having count(*) > 0`,
    headings: ['Customer', 'Name', 'E-mail'],
    rows: `
      select array[customer_id::text, concat_ws(' ', first_name, last_name), email::text] as cells,
             preferences ? 'qa' as "isCase"
        from shop.customer order by preferences ? 'qa' desc, customer_id desc limit 5`,
  },
  billing: {
    counts: `
      select 'accounts' as what, count(*)::int, null::timestamptz as "newestAt" from billing.account
      union all select 'invoices', count(*)::int, max(issued_at) from billing.invoice
      union all select 'unpaid', count(*)::int, null from billing.invoice where state in ('open', 'reminded')`,
    headings: ['Account', 'Holder', 'IBAN'],
    rows: `
      select array[account_id::text, holder, coalesce(iban, '')] as cells, false as "isCase"
        from billing.account order by account_id desc limit 5`,
  },
} satisfies Record<ProductionDatabase, Portrait>;

/**
 * Reads a few rows of a database, as the shop's own application would, over a connection that is gone
 * a moment later: one that stayed would be in the way of a swap, and a superuser's could not even be ended by it.
 */
export async function sampleOf(
  host: SandboxHost,
  database: string,
  account: string,
  { counts, headings, rows }: Portrait,
): Promise<Sample> {
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
    const counted = await client.query<{ what: string; count: number; newestAt: Date | null }>(counts);
    const some = await client.query<Row>(rows);
    return {
      counts: counted.rows.map((row) => ({ ...row, newestAt: row.newestAt?.getTime() })),
      headings,
      rows: some.rows,
    };
  } finally {
    await client.end();
  }
}
