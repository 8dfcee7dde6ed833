import { readFile } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { CANARIES } from '../shop/canaries.ts';
import { dictionarySql, word } from '../shop/dictionary.ts';
import { Measure, type ShopOptions, text } from '../shop/measure.ts';

/**
 * Builds the billing (schema `billing`) in an empty database, as it was at `asOf`: an account for each of the shop's
 * customers, an invoice for each of its orders. The session's role becomes the owner. The same options give the same rows.
 */
export async function generateBilling(
  client: ClientBase,
  options: ShopOptions & { asOf?: Date },
): Promise<void> {
  const m = new Measure(options);
  await client.query(await readFile(new URL('tables.sql', import.meta.url), 'utf8'));
  await client.query(periodSql(m, undefined, options.asOf ?? m.fullAt));
  await client.query('ANALYZE');
}

/** Lets the billing go on from one moment to a later one. */
export async function advanceBilling(
  client: ClientBase,
  options: ShopOptions & { from: Date; to: Date },
): Promise<void> {
  await client.query(`BEGIN; ${periodSql(new Measure(options), options.from, options.to)} COMMIT;`);
}

function periodSql(m: Measure, from: Date | undefined, to: Date): string {
  const range = (table: 'customer' | 'orders') =>
    `generate_series(${from === undefined ? 1 : m.countAt(table, from) + 1}::int, ${m.countAt(table, to)}::int) n`;
  const canaries = CANARIES.map(({ first, last }, i) => `(${i + 1}, ${text(`${first} ${last}`)})`);
  return `
    ${dictionarySql()}
    INSERT INTO billing.account (customer_id, holder, iban, opened_at)
    SELECT n, coalesce(c.holder, f.value || ' ' || l.value),
           'NL00FRSH' || lpad(${m.pick('n', 47, 1_000_000_000)}::text, 10, '0'), ${m.momentOf('customer', 'n')}
    FROM ${range('customer')}
    ${word('f', 'first', (size) => m.pick('n', 40, size))}
    ${word('l', 'last', (size) => m.pick('n', 41, size))}
    LEFT JOIN (VALUES ${canaries.join(', ')}) c (nr, holder) ON c.nr = n
    ORDER BY n;

    INSERT INTO billing.invoice (account_id, order_id, amount, state, issued_at, due_on)
    SELECT a.account_id, i.n, (500 + ${m.pick('i.n', 71, 40_000)}) / 100.0,
           (ARRAY['open', 'paid', 'paid', 'paid', 'paid', 'reminded'])[1 + ${m.pick('i.n', 72, 6)}]::billing.invoice_state,
           i.issued_at, (i.issued_at + interval '14 days')::date
    FROM (SELECT n, ${m.momentOf('orders', 'n')} AS issued_at FROM ${range('orders')}) i
    JOIN billing.account a
      ON a.customer_id = 1 + ${m.pick('i.n', 73, 1_000_000)} % (SELECT max(customer_id) FROM billing.account)
    ORDER BY i.n;

    INSERT INTO billing.reminder (invoice_id, body, sent_at)
    SELECT invoice_id, 'Dear ' || holder || ', please pay invoice ' || invoice_id || '.', issued_at + interval '15 days'
    FROM billing.invoice JOIN billing.account USING (account_id)
    WHERE state = 'reminded'
      AND issued_at + interval '15 days' > ${from === undefined ? `'-infinity'` : moment(from)}
      AND issued_at + interval '15 days' <= ${moment(to)}
    ORDER BY invoice_id;`;
}

function moment(at: Date): string {
  return `timestamptz ${text(at.toISOString())}`;
}
