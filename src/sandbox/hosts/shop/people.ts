import { CANARIES } from './canaries.ts';
import { place, word } from './dictionary.ts';
import { type Measure, text } from './measure.ts';

/** SQL: customers number `first` to `last` with one or two addresses each. */
export function peopleSql(m: Measure, first: number, last: number): string {
  const canaries = CANARIES.map((c, i) => `(${i + 1},${text(c.first)},${text(c.last)},${text(c.mailhost)})`);
  // An account number with the check digits that IBANs have; F=15 R=27 S=28 H=17, N=23 L=21.
  const account = `lpad(${m.pick('n', 47, 1_000_000_000)}::text, 10, '0')`;
  const check = `lpad((98 - (('15272817' || ${account} || '232100')::numeric % 97))::text, 2, '0')`;
  return `
    CREATE TEMPORARY TABLE IF NOT EXISTS canary AS
      SELECT * FROM (VALUES ${canaries.join(',')}) v (n, first, last, mailhost);
    INSERT INTO shop.customer (customer_id, email, first_name, last_name, phone, date_of_birth, iban,
                               default_address_id, preferences, password_hash, created_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, lower(first_name || '.' || last_name) || CASE WHEN n > ${CANARIES.length} THEN n::text ELSE '' END
                || '@' || mailhost,
           first_name, last_name,
           CASE WHEN ${m.pick('n', 44, 100)} < 88 OR n <= ${CANARIES.length}
             THEN '+31 6 97' || lpad(${m.pick('n', 45, 1_000_000)}::text, 6, '0') END,
           DATE '1948-01-01' + ${m.pick('n', 46, 21_000)},
           CASE WHEN ${m.pick('n', 48, 100)} < 55 OR n <= ${CANARIES.length}
             THEN 'NL' || ${check} || 'FRSH' || ${account} END,
           2 * n - 1,
           jsonb_build_object('newsletter', ${m.pick('n', 49, 2)} = 1, 'language', (ARRAY['nl','en','de','fr'])[1 + ${m.pick('n', 50, 4)}])
             || CASE WHEN ${m.pick('n', 51, 10)} = 0 OR n <= ${CANARIES.length}
                  THEN jsonb_build_object('delivery_note', 'Ring at ' || last_name || ', second bell') ELSE '{}' END,
           'scrypt$' || md5('pw' || n || '-' || ${m.seed}) || md5('salt' || n), created_at, created_at
    FROM (
      SELECT n, coalesce(c.first, f.value) AS first_name, coalesce(c.last, l.value) AS last_name,
             coalesce(c.mailhost, h.value) AS mailhost, ${m.momentOf('customer', 'n')} AS created_at
      FROM generate_series(${first}::int, ${last}::int) n
      ${word('f', 'first', (size) => m.pick('n', 40, size))}
      ${word('l', 'last', (size) => m.pick('n', 41, size))}
      ${word('h', 'mailhost', (size) => m.pick('n', 42, size))}
      LEFT JOIN pg_temp.canary c USING (n)
    ) person ORDER BY n;

    INSERT INTO shop.address (address_id, customer_id, recipient, street, house_number, postcode, city, country_code)
    SELECT 2 * c.customer_id - 1 + k, c.customer_id, c.first_name || ' ' || c.last_name, s.value,
           (1 + ${m.pick('c.customer_id * 2 + k', 52, 240)})::text
             || CASE WHEN ${m.pick('c.customer_id * 2 + k', 53, 6)} = 0 THEN ' b' ELSE '' END,
           p.postcode || lpad(${m.pick('c.customer_id * 2 + k', 54, 100)}::text, 2, '0')
             || CASE WHEN p.country_code = 'NL' THEN ' ' || chr(65 + ${m.pick('c.customer_id', 55, 26)})
                  || chr(65 + ${m.pick('c.customer_id', 56, 26)}) ELSE '' END,
           p.city, p.country_code
    FROM shop.customer c CROSS JOIN generate_series(0, 1) k
    ${word('s', 'street', (size) => m.pick('c.customer_id * 2 + k', 57, size))}
    ${place('p', (size) => m.pick('c.customer_id * 2 + k', 58, size))}
    WHERE c.customer_id BETWEEN ${first} AND ${last}
      AND (k = 0 OR ${m.pick('c.customer_id', 59, 100)} < 31);`;
}
