import { type Measure, text } from './measure.ts';
import { word } from './dictionary.ts';

const WHOLE_PAST = '-infinity';

/** SQL: orders with the moments of what became of them; everything follows from number and placing. */
function milestones(m: Measure, asOf: string): string {
  return `(
    SELECT t.*, CASE
        WHEN ${asOf} < paid_at THEN 'placed'
        WHEN cancelled THEN 'cancelled'
        WHEN ${asOf} < sent_at - interval '6 hours' THEN 'paid'
        WHEN ${asOf} < sent_at THEN 'packed'
        WHEN ${asOf} < delivered_at THEN 'shipped'
        WHEN returned AND ${asOf} >= returned_at THEN 'returned'
        ELSE 'delivered' END::shop.order_status AS status_then
    FROM (
      SELECT o.order_id, o.customer_id, o.order_number, o.total, o.placed_at,
             ${m.pick('o.order_id', 60, 100)} < 4 AS cancelled,
             ${m.pick('o.order_id', 61, 100)} < 4 AS returned,
             o.placed_at + make_interval(mins => 3 + ${m.pick('o.order_id', 62, 170)}) AS paid_at,
             o.placed_at + make_interval(hours => 20 + ${m.pick('o.order_id', 63, 50)}) AS sent_at,
             o.placed_at + make_interval(hours => 20 + ${m.pick('o.order_id', 63, 50)} + 18 + ${m.pick('o.order_id', 64, 80)}) AS delivered_at,
             o.placed_at + make_interval(hours => 300 + ${m.pick('o.order_id', 65, 200)}) AS returned_at
      FROM shop.orders o) t)`;
}

/** SQL: orders number `first` to `last` with their lines, as freshly placed. */
export function ordersSql(m: Measure, first: number, last: number): string {
  const customers = `greatest(1, floor(n * ${m.total('customer')}::numeric / ${m.total('orders')}))::int`;
  return `
    DROP TABLE IF EXISTS pg_temp.new_line;
    CREATE TEMPORARY TABLE new_line AS
      SELECT n, k, p.product_id, 1 + ${m.pick('n * 5 + k', 71, 3)} AS quantity, p.price::numeric AS unit_price
      FROM generate_series(${first}::int, ${last}::int) n
      CROSS JOIN LATERAL generate_series(1, 1 + ${m.pick('n', 70, 3)}) k
      JOIN shop.product p ON p.product_id = 1 + ${m.pick('n * 5 + k', 72, m.fixed('product'))};
    INSERT INTO shop.orders (order_id, order_number, customer_id, ship_to_id, coupon_code, total, note,
                             placed_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, 'SO-' || (100000 + n), c.customer_id, c.default_address_id,
           CASE WHEN ${m.pick('n', 74, 12)} = 0 THEN
             'SAVE-' || upper(to_hex(100000 + (1 + ${m.pick('n', 75, m.fixed('coupon'))}) * 7919)) END,
           t.total,
           CASE WHEN ${m.pick('n', 76, 15)} = 0 THEN 'Gift from ' || c.first_name || ' ' || c.last_name END,
           ${m.momentOf('orders', 'n')}, ${m.momentOf('orders', 'n')}
    FROM (SELECT n, sum(quantity * unit_price) AS total FROM new_line GROUP BY n) t
    JOIN shop.customer c ON c.customer_id = 1 + ${m.pick('n', 73, customers)}
    ORDER BY n;
    INSERT INTO shop.order_line (order_id, line_number, product_id, quantity, unit_price)
      SELECT n, k, product_id, quantity, unit_price FROM new_line ORDER BY n, k;
    DROP TABLE pg_temp.new_line;`;
}

/** SQL: what happened to all orders after `from` (undefined: from the beginning) until `to`. */
export function progressSql(m: Measure, from: Date | undefined, to: Date): string {
  const asOf = `timestamptz ${text(to.toISOString())}`;
  const since = `timestamptz ${text(from?.toISOString() ?? WHOLE_PAST)}`;
  const within = (moment: string) => `${moment} > ${since} AND ${moment} <= ${asOf}`;
  return `
    DROP TABLE IF EXISTS pg_temp.milestone;
    CREATE TEMPORARY TABLE milestone AS SELECT * FROM ${milestones(m, asOf)} x
      WHERE x.placed_at > ${since} - interval '30 days';
    ANALYZE milestone;
    UPDATE shop.orders o SET status = x.status_then, updated_at = CASE x.status_then
        WHEN 'returned' THEN x.returned_at WHEN 'delivered' THEN x.delivered_at WHEN 'shipped' THEN x.sent_at
        WHEN 'packed' THEN x.sent_at - interval '6 hours' ELSE x.paid_at END
      FROM pg_temp.milestone x WHERE x.order_id = o.order_id AND o.status <> x.status_then;

    INSERT INTO shop.payment (payment_id, order_id, kind, method, amount, account_holder, iban, card_last4, booked_at)
    SELECT 2 * x.order_id - 1, x.order_id, 'charge', method, x.total, c.first_name || ' ' || c.last_name,
           CASE WHEN method <> 'card' THEN c.iban END,
           CASE WHEN method = 'card' THEN lpad(${m.pick('x.order_id', 81, 10_000)}::text, 4, '0') END, x.paid_at
    FROM pg_temp.milestone x JOIN shop.customer c USING (customer_id)
    CROSS JOIN LATERAL (SELECT CASE WHEN c.iban IS NULL OR ${m.pick('x.order_id', 80, 10)} < 4 THEN 'card'
      WHEN ${m.pick('x.order_id', 80, 10)} < 8 THEN 'bank_transfer' ELSE 'direct_debit' END::shop.payment_method AS method) w
    WHERE ${within('x.paid_at')};
    INSERT INTO shop.payment (payment_id, order_id, kind, method, amount, account_holder, iban, card_last4, booked_at)
    SELECT 2 * x.order_id, x.order_id, 'refund', p.method, p.amount, p.account_holder, p.iban, p.card_last4, x.returned_at
    FROM pg_temp.milestone x JOIN shop.payment p ON p.payment_id = 2 * x.order_id - 1
    WHERE x.returned AND NOT x.cancelled AND ${within('x.returned_at')};
    INSERT INTO shop.return_request (return_id, order_id, reason, refund_payment_id, requested_at)
    SELECT x.order_id, x.order_id, r.value, 2 * x.order_id, x.returned_at
    FROM pg_temp.milestone x ${word('r', 'reason', (size) => m.pick('x.order_id', 82, size))}
    WHERE x.returned AND NOT x.cancelled AND ${within('x.returned_at')};

    INSERT INTO shop.shipment (shipment_id, order_id, warehouse_id, carrier, tracking_code, sent_at)
    SELECT x.order_id, x.order_id, 1 + ${m.pick('x.order_id', 83, 6)}, k.value,
           upper(left(md5('track' || x.order_id || '-' || ${m.seed}), 14)), x.sent_at
    FROM pg_temp.milestone x ${word('k', 'carrier', (size) => m.pick('x.order_id', 84, size))}
    WHERE NOT x.cancelled AND ${within('x.sent_at')};
    UPDATE shop.shipment s SET delivered_at = x.delivered_at
    FROM pg_temp.milestone x WHERE x.order_id = s.order_id AND ${within('x.delivered_at')};

    INSERT INTO shop.order_event (event_id, order_id, kind, detail, happened_at)
    SELECT 4 * x.order_id - 4 + e.k, x.order_id, e.kind, e.detail, e.at
    FROM pg_temp.milestone x JOIN shop.customer c USING (customer_id)
    CROSS JOIN LATERAL (VALUES
      (1, 'placed', jsonb_build_object('by', c.email, 'total', x.total), x.placed_at, true),
      (2, 'shipped', jsonb_build_object('by', 'warehouse'), x.sent_at, NOT x.cancelled),
      (3, 'returned', jsonb_build_object('by', c.email), x.returned_at, x.returned AND NOT x.cancelled)
    ) e (k, kind, detail, at, happens)
    WHERE e.happens AND ${within('e.at')}
    ORDER BY 1;
    DROP TABLE pg_temp.milestone;`;
}
