import { word } from './dictionary.ts';
import type { Measure } from './measure.ts';

type Range = { first: number; last: number };

/** SQL: what customers wrote and what the shop wrote to them, row numbers of each table as given. */
export function contactSql(m: Measure, reviews: Range, tickets: Range, emails: Range): string {
  return `
    INSERT INTO shop.review (review_id, product_id, customer_id, stars, author, body, written_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, l.product_id, c.customer_id, 1 + ${m.pick('n', 91, 5)}, c.first_name || ' ' || c.last_name, b.value,
           ${m.momentOf('review', 'n')}
    ${aboutAnOrder(m, 'review', reviews)}
    JOIN shop.order_line l ON l.order_id = o.order_id AND l.line_number = 1
    ${word('b', 'praise', (size) => m.pick('n', 92, size))};

    INSERT INTO shop.support_ticket (ticket_id, customer_id, order_id, subject, state, opened_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, c.customer_id, o.order_id, 'Order ' || o.order_number || ': ' || p.value,
           (CASE WHEN ${m.pick('n', 93, 10)} = 0 THEN 'waiting' ELSE 'solved' END)::shop.ticket_state,
           ${m.momentOf('support_ticket', 'n')}
    ${aboutAnOrder(m, 'support_ticket', tickets)}
    ${word('p', 'problem', (size) => m.pick('n', 94, size))};

    INSERT INTO shop.support_message (message_id, ticket_id, from_customer, body, sent_at)
    OVERRIDING SYSTEM VALUE
    SELECT 3 * t.ticket_id - 2 + k, t.ticket_id, k % 2 = 0,
      CASE k % 2
        WHEN 0 THEN 'Hello, ' || p.value || '. My address is ' || a.street || ' ' || a.house_number || ', ' || a.postcode
          || ' ' || a.city || '. Kind regards, ' || c.first_name || ' ' || c.last_name || coalesce(', ' || c.phone, '')
        ELSE 'Dear ' || c.first_name || ' ' || c.last_name || ', ' || r.value END,
      t.opened_at + make_interval(mins => k * (20 + ${m.pick('t.ticket_id', 96, 30)}))
    FROM shop.support_ticket t
    JOIN shop.customer c USING (customer_id)
    JOIN shop.address a ON a.address_id = c.default_address_id
    CROSS JOIN generate_series(0, 2) k
    ${word('p', 'problem', (size) => m.pick('t.ticket_id', 94, size))}
    ${word('r', 'answer', (size) => m.pick('t.ticket_id', 95, size))}
    WHERE t.ticket_id BETWEEN ${tickets.first} AND ${tickets.last}
      AND k <= ${m.pick('t.ticket_id', 97, 3)};

    INSERT INTO shop.email_message (email_id, customer_id, recipient, subject, body, sent_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, c.customer_id, c.email, 'Your order ' || o.order_number,
           'Dear ' || c.first_name || ' ' || c.last_name || ', thank you for your order ' || o.order_number
             || '. We send it to ' || a.street || ' ' || a.house_number || ', ' || a.city
             || ' as soon as your payment of ' || o.total || ' has come in.',
           ${m.momentOf('email_message', 'n')}
    ${aboutAnOrder(m, 'email_message', emails)}
    JOIN shop.address a ON a.address_id = o.ship_to_id;`;
}

/** SQL: row numbers `n`, each with an order `o` that existed by then and its customer `c`. */
function aboutAnOrder(
  m: Measure,
  table: 'review' | 'support_ticket' | 'email_message',
  range: Range,
): string {
  const orders = `greatest(1, floor(n * ${m.total('orders')}::numeric / ${m.total(table)}))::int`;
  return `FROM generate_series(${range.first}::int, ${range.last}::int) n
    JOIN shop.orders o ON o.order_id = 1 + ${m.pick('n', 90, orders)}
    JOIN shop.customer c USING (customer_id)`;
}
