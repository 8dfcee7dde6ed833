import type { ProductionDatabase } from '../../hosts/production.ts';

/** What is asked of a database, so that a person recognises it: columns as in `Count` and `Row`. */
export type Portrait = { engine: Engine; counts: string; headings: readonly string[]; rows: string };

/** Whose servers the page can look at. */
export type Engine = 'postgres' | 'mysql';

/** By the name of the database in the site file. */
export const portraits: Readonly<Record<string, Portrait>> = {
  orders: {
    engine: 'postgres',
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
    engine: 'postgres',
    counts: `
      select 'accounts' as what, count(*)::int, null::timestamptz as "newestAt" from billing.account
      union all select 'invoices', count(*)::int, max(issued_at) from billing.invoice
      union all select 'unpaid', count(*)::int, null from billing.invoice where state in ('open', 'reminded')`,
    headings: ['Account', 'Holder', 'IBAN'],
    rows: `
      select array[account_id::text, holder, coalesce(iban, '')] as cells, false as "isCase"
        from billing.account order by account_id desc limit 5`,
  },
  catalog: {
    engine: 'mysql',
    counts: `
      SELECT 'products' AS what, COUNT(*) AS count, MAX(updated_at) AS newestAt FROM product
      UNION ALL SELECT 'mails queued', COUNT(*), NULL FROM mail_queue
      UNION ALL SELECT 'accounts of testers', COUNT(*), NULL FROM account WHERE is_test HAVING COUNT(*) > 0`,
    headings: ['Number', 'Name', 'Detail'],
    rows: `
      SELECT CAST(cells AS CHAR) AS cells, isCase FROM (
        SELECT 1 AS place, account_id AS n, JSON_ARRAY(CAST(account_id AS CHAR), display_name, email) AS cells, 1 AS isCase
          FROM account WHERE is_test
        UNION ALL SELECT 2, 0, JSON_ARRAY('flags', GROUP_CONCAT(name ORDER BY name SEPARATOR ', '), CONCAT(COUNT(*), ' are on')), 0
          FROM feature_flag WHERE enabled
        UNION ALL SELECT 3, -product_id, JSON_ARRAY(CAST(product_id AS CHAR), name, CONCAT('€ ', CAST(price AS CHAR), ', ', CONVERT(sku USING utf8mb4))), 0 FROM product
      ) shown ORDER BY place, n LIMIT 5`,
  },
} satisfies Record<ProductionDatabase, Portrait>;
