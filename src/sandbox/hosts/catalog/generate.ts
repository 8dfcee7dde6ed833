import { readFile } from 'node:fs/promises';
import type { Connection } from 'mysql2/promise';
import { Measure, type ShopOptions, text } from '../shop/measure.ts';
import { WORDS } from '../shop/words.ts';
import { numbers } from './numbers.ts';

/** Flags of the webshop, and for how many of its visitors they hold. */
const FLAGS = { new_checkout: 0, reviews: 100, stock_on_page: 100, gift_wrapping: 25 };
/** What only production may act with. */
const SETTINGS = {
  'payment.key': 'pk_live_4711',
  'supplier.url': 'https://orders.noordzee.example/api',
  'mail.sender': 'shop@webshop.example',
};
const MIGRATIONS: readonly Migration[] = [
  { rank: 1, at: '20240110090000', name: 'begin' },
  { rank: 2, at: '20250304100000', name: 'price changes are kept' },
];

/** A change of the schema, by its number and the moment that is its version. */
type Migration = { rank: number; at: string; name: string };

/**
 * Builds the catalogue of the webshop in an empty schema of MariaDB, as it was at `asOf`: its products are those of the shop by
 * number and SKU. Deterministic: the same options give the same rows. The session needs all rights on the schema.
 */
export async function generateCatalog(
  connection: Connection,
  options: ShopOptions & { asOf?: Date },
): Promise<void> {
  const m = new Measure(options);
  await run(connection, await ourSql('tables.sql'));
  await run(connection, goodsSql(m));
  await run(connection, mailSql(m, undefined, options.asOf ?? m.fullAt));
  await run(connection, await ourSql('routines.sql'));
}

/** Lets the catalogue live on from one moment to a later one: mail is written and sent, and some prices change. */
export async function advanceCatalog(
  connection: Connection,
  options: ShopOptions & { from: Date; to: Date },
): Promise<void> {
  const m = new Measure(options);
  const { from, to } = options;
  const day = Math.floor(to.getTime() / 86_400_000);
  await run(
    connection,
    `${mailSql(m, from, to)}
    UPDATE product SET price = price + 1, updated_at = ${moment(to)} WHERE product_id % 50 = ${day % 50};
    UPDATE price_change SET changed_at = ${moment(to)} WHERE changed_at > ${moment(to)};
    UPDATE stock SET quantity = quantity - 1 WHERE quantity > 0 AND product_id % 7 = ${day % 7};`,
  );
}

/** Anonymises the people of a catalogue, as the job of production does with its copy. */
export async function anonymiseCatalog(connection: Connection): Promise<void> {
  await run(connection, await ourSql('anonymise.sql'));
}

function goodsSql(m: Measure): string {
  const groups = WORDS.category ?? [];
  const products = m.fixed('product');
  const opened = moment(m.openedAt());
  const parents = groups.map((name, i) => `(${i + 1}, NULL, ${text(name)})`);
  const children = groups.flatMap((name, i) =>
    ['basics', 'favourites', 'clearance', 'gifts'].map(
      (kind, k) => `(${groups.length + 4 * i + k + 1}, ${i + 1}, ${text(`${name} ${kind}`)})`,
    ),
  );
  const word = (kind: string, what: number) => {
    const words = WORDS[kind] ?? [];
    return `ELT(1 + ${pick(m, 'seq', what, words.length)}, ${words.map(text).join(', ')})`;
  };
  const pairs = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `(${text(name)}, ${text(String(value))})`)
      .join(', ');
  const flags = Object.entries(FLAGS).map(([name, percent]) => `(${text(name)}, ${percent > 0}, ${percent})`);
  return `
    INSERT INTO category VALUES ${[...parents, ...children].join(', ')};
    INSERT INTO product (product_id, sku, name, description, category_id, price, weight_grams, attributes, thumbnail,
                         discontinued_at, updated_at)
    SELECT seq, CONCAT('SKU-', LPAD(seq, 7, '0')),
           CONCAT(${word('adjective', 14)}, ' ', ${word('material', 15)}, ' ', ${word('thing', 16)}),
           CONCAT('It’s "tested"; cleans with a damp cloth.\\n-- In ', ${word('colour', 17)}, ' \\\\ or as you like it'),
           ${groups.length} + 1 + ${pick(m, 'seq', 20, groups.length * 4)}, (${pick(m, 'seq', 22, 18_000)} + 299) / 100,
           (500 + ${pick(m, 'seq', 23, 90_000)}) / 10,
           JSON_OBJECT('colour', ${word('colour', 17)}, 'warranty_months', 12 * (1 + ${pick(m, 'seq', 24, 4)})),
           UNHEX(LEFT(SHA2(CONCAT('thumbnail ', seq), 256), 32)),
           IF(${pick(m, 'seq', 25, 100)} < 7, ${opened} + INTERVAL 30 + ${pick(m, 'seq', 26, 500)} DAY, NULL),
           ${opened} + INTERVAL ${pick(m, 'seq', 27, 600)} DAY
    FROM ${numbers(1, products)};
    INSERT INTO price_change (product_id, old_price, new_price, changed_at)
    SELECT product_id, price + 1.50, price, ${opened} + INTERVAL product_id % 600 DAY FROM product;
    INSERT INTO stock
    SELECT product_id, w.name, ${pick(m, 'product_id * 7 + w.n', 30, 400)}, 10 * (1 + ${pick(m, 'product_id', 31, 5)})
    FROM product CROSS JOIN (SELECT 1 AS n, 'Venlo' AS name UNION ALL SELECT 2, 'Gent' UNION ALL SELECT 3, 'Kassel'
                             UNION ALL SELECT 4, 'Lille') w;
    INSERT INTO account (account_id, email, display_name, role, is_test, api_key)
    SELECT seq, LOWER(CONCAT(${word('first', 11)}, '.', ${word('last', 12)}, seq, '@webshop.example')),
           CONCAT(${word('first', 11)}, ' ', ${word('last', 12)}), ELT(1 + seq % 2, 'buyer', 'editor'), false,
           LEFT(SHA2(CONCAT('key ', ${m.seed}, seq), 256), 32)
    FROM ${numbers(1, 40)};
    INSERT INTO feature_flag VALUES ${flags.join(', ')};
    INSERT INTO setting VALUES ${pairs(SETTINGS)};
    ${MIGRATIONS.map(migrationSql).join('; ')};`;
}

/** The row that Flyway leaves of a migration. */
export function migrationSql({ rank, at, name }: Migration): string {
  const script = `V${at}__${name.replaceAll(' ', '_')}.sql`;
  return `INSERT INTO flyway_schema_history VALUES (${rank}, '${at}', ${text(name)}, 'SQL', ${text(script)}, CRC32(${text(name)}) >> 1,
    'catalog', STR_TO_DATE('${at}', '%Y%m%d%H%i%s'), ${10 * rank}, true)`;
}

/** Mail number n is written at a fixed moment, and is sent an hour later. */
function mailSql(m: Measure, from: Date | undefined, to: Date): string {
  const first = from === undefined ? 1 : m.countAt('email_message', from) + 1;
  const last = m.countAt('email_message', to);
  const people = (WORDS.first ?? []).map((name) => name.toLowerCase());
  const hosts = WORDS.mailhost ?? [];
  const secondsEach = (m.fullAt.getTime() - m.openedAt().getTime()) / 1000 / m.total('email_message');
  const written =
    last < first
      ? ''
      : `
    INSERT INTO mail_queue (mail_id, recipient, subject, body, queued_at)
    SELECT seq, CONCAT(ELT(1 + ${pick(m, 'seq', 40, people.length)}, ${people.map(text).join(', ')}), seq, '@',
                       ELT(1 + ${pick(m, 'seq', 41, hosts.length)}, ${hosts.map(text).join(', ')})),
           CONCAT('Your order ', 100000 + seq), CONCAT('Dear customer,\\n\\nyour order ', 100000 + seq, ' is on its way; thank you.'),
           ${moment(m.openedAt())} + INTERVAL FLOOR(seq * ${secondsEach.toFixed(3)}) SECOND
    FROM ${numbers(first, last)};`;
  return `${written}
    UPDATE mail_queue SET sent_at = queued_at + INTERVAL 1 HOUR
    WHERE sent_at IS NULL AND queued_at + INTERVAL 1 HOUR <= ${moment(to)};`;
}

/** SQL: a whole number from 0 to `size - 1`, chosen by row number and the number of what is chosen. */
function pick(m: Measure, n: string, what: number, size: number): string {
  return `(CRC32(CONCAT(${m.seed}, '/', ${what}, '/', ${n})) % ${size})`;
}

function moment(at: Date): string {
  return `TIMESTAMP ${text(at.toISOString().slice(0, 19).replace('T', ' '))}`;
}

/** Statements one behind the other; the session must take several at once. */
async function run(connection: Connection, sql: string): Promise<void> {
  await connection.query(
    `SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'; ${sql}`,
  );
}

async function ourSql(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8');
}
