import type { Client } from 'pg';
import { text } from './shop/measure.ts';

/** The QA manager's own test cases in uat: customers that a refresh takes away and an undo brings back. */
export const QA_CASES: readonly { code: string; title: string }[] = [
  { code: 'QA-101', title: 'Partial refund of a split order' },
  { code: 'QA-102', title: 'Coupon on its last day' },
  { code: 'QA-103', title: 'Address changed after packing' },
  { code: 'QA-104', title: 'Direct debit refused by the bank' },
  { code: 'QA-105', title: 'Return after 30 days' },
  { code: 'QA-106', title: 'Name with an apostrophe: O’Brien' },
  { code: 'QA-107', title: 'Order of 99 pieces' },
  { code: 'QA-108', title: 'Ticket reopened twice' },
];

/** Adds a customer, an address and an order for each case, through the shop's own defaults and triggers. */
export async function addQaCases(client: Client, at: Date): Promise<void> {
  const cases = QA_CASES.map(({ code, title }, n) => `(${n}, ${text(code)}, ${text(title)})`);
  await client.query(`
    WITH qa (n, code, title) AS (VALUES ${cases.join(',')}),
    person AS (
      INSERT INTO shop.customer (email, first_name, last_name, preferences, password_hash, created_at, updated_at)
      SELECT lower(code) || '@qa.invalid', code, title, '{"qa": true}', '!', ${text(at.toISOString())}, ${text(at.toISOString())}
      FROM qa ORDER BY n
      RETURNING customer_id, first_name, last_name
    ), home AS (
      INSERT INTO shop.address (customer_id, recipient, street, house_number, postcode, city, country_code)
      SELECT customer_id, first_name || ' ' || last_name, 'QA street', '1', '3500 QA', 'Utrecht', 'NL' FROM person
      RETURNING address_id, customer_id
    )
    INSERT INTO shop.orders (customer_id, ship_to_id, note, placed_at, updated_at)
    SELECT customer_id, address_id, first_name || ': keep for the regression run', ${text(at.toISOString())}, ${text(at.toISOString())}
    FROM home JOIN person USING (customer_id);
    UPDATE shop.customer c SET default_address_id = a.address_id
    FROM shop.address a WHERE a.customer_id = c.customer_id AND c.preferences ? 'qa';
    INSERT INTO shop.order_line (order_id, line_number, product_id, quantity, unit_price)
    SELECT o.order_id, 1, p.product_id, 1, p.price
    FROM shop.orders o JOIN shop.customer c USING (customer_id) JOIN shop.product p ON p.product_id = 1
    WHERE c.preferences ? 'qa';`);
}
