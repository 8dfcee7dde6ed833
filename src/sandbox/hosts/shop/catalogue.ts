import { word } from './dictionary.ts';
import { type Measure, text } from './measure.ts';
import { COUNTRIES, WORDS } from './words.ts';

/** SQL: what the shop sells and where: tables that don't grow with time. Countries first, stock last. */
export function catalogueSql(m: Measure): string {
  const opened = `timestamptz ${text(m.openedAt().toISOString())}`;
  const countries = COUNTRIES.map(
    ([code, name, currency, vat]) => `(${text(code)},${text(name)},${text(currency)},${vat})`,
  );
  const groups = WORDS.category!.length;
  return `
    INSERT INTO shop.country VALUES ${countries.join(',')};
    INSERT INTO shop.warehouse VALUES (1,'Venlo','NL'), (2,'Gent','BE'), (3,'Kassel','DE'),
      (4,'Lille','FR'), (5,'Krakow','PL'), (6,'Odense','DK');
    INSERT INTO shop.category (category_id, parent_id, name) OVERRIDING SYSTEM VALUE
    SELECT nr + 1, NULL, value FROM pg_temp.word WHERE kind = 'category'
    UNION ALL
    SELECT ${groups} + 4 * w.nr + k, w.nr + 1, w.value || ' ' || (ARRAY['basics','favourites','clearance','gifts'])[k]
    FROM pg_temp.word w CROSS JOIN generate_series(1, 4) k WHERE w.kind = 'category';

    INSERT INTO shop.supplier (supplier_id, name, contact_name, contact_email, country_code)
    OVERRIDING SYSTEM VALUE
    SELECT n, s.value || ' ' || n, f.value || ' ' || l.value,
           lower(f.value || '.' || l.value) || '@supplier' || n || '.example',
           (ARRAY['NL','BE','DE','PL','IT'])[1 + ${m.pick('n', 13, 5)}]
    FROM generate_series(1, ${m.fixed('supplier')}) n
    ${word('s', 'supplier', (size) => m.pick('n', 10, size))}
    ${word('f', 'first', (size) => m.pick('n', 11, size))}
    ${word('l', 'last', (size) => m.pick('n', 12, size))};

    INSERT INTO shop.product (product_id, sku, name, description, category_id, supplier_id, price, weight_grams,
                              attributes, discontinued_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, 'SKU-' || lpad(n::text, 7, '0'), a.value || ' ' || w.value || ' ' || t.value,
           'A ' || lower(a.value) || ' ' || t.value || ' made of ' || w.value || ', in ' || c.value
             || '. Tested for daily use. Weighs less than you think and cleans with a damp cloth.',
           ${groups} + 1 + ${m.pick('n', 20, groups * 4)}, 1 + ${m.pick('n', 21, m.fixed('supplier'))},
           (${m.pick('n', 22, 18_000)} + 299) / 100.0, 50 + ${m.pick('n', 23, 9_000)},
           jsonb_build_object('colour', c.value, 'material', w.value, 'warranty_months', 12 * (1 + ${m.pick('n', 24, 4)})),
           CASE WHEN ${m.pick('n', 25, 100)} < 7 THEN ${opened} + make_interval(days => 30 + ${m.pick('n', 26, 500)}) END,
           ${opened} + make_interval(days => ${m.pick('n', 27, 600)})
    FROM generate_series(1, ${m.fixed('product')}) n
    ${word('a', 'adjective', (size) => m.pick('n', 14, size))}
    ${word('w', 'material', (size) => m.pick('n', 15, size))}
    ${word('t', 'thing', (size) => m.pick('n', 16, size))}
    ${word('c', 'colour', (size) => m.pick('n', 17, size))};

    INSERT INTO shop.price_change (price_change_id, product_id, old_price, new_price, valid)
    SELECT 2 * product_id - 2 + k, product_id, price + (3 - k) * 1.50, price + (2 - k) * 1.50,
           tstzrange(${opened} + make_interval(days => 120 * k), ${opened} + make_interval(days => 120 * (k + 1)))
    FROM shop.product CROSS JOIN generate_series(1, 2) k;

    INSERT INTO shop.stock_level (warehouse_id, product_id, quantity, reorder_below)
    SELECT w.warehouse_id, p.product_id, ${m.pick('p.product_id * 7 + w.warehouse_id', 30, 400)},
           10 * (1 + ${m.pick('p.product_id', 31, 5)})
    FROM shop.product p CROSS JOIN shop.warehouse w;

    INSERT INTO shop.coupon (code, percent, valid)
    SELECT 'SAVE-' || upper(to_hex(100000 + n * 7919)), 5 + 5 * ${m.pick('n', 32, 5)},
           daterange((${opened})::date + n % 700, (${opened})::date + n % 700 + 30)
    FROM generate_series(1, ${m.fixed('coupon')}) n;`;
}
