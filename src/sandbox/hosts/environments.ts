import { readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import type { ShopRoles } from './accounts.ts';
import { addQaCases } from './qa-cases.ts';
import { generateShop } from './shop/generate.ts';
import { text } from './shop/measure.ts';

/** A database on the test server: whose it is, how large and how old its shop is. */
export type EnvironmentDatabase = {
  environment: string;
  database: string;
  roles: ShopRoles;
  share: number;
  ageDays: number;
  connectionLimit: number;
};

export const ENVIRONMENTS: readonly EnvironmentDatabase[] = [
  {
    environment: 'uat',
    database: 'orders_uat',
    roles: { owner: 'shop_uat', app: 'shop_uat_app', readers: 'shop_readonly', extra: 'qa_team' },
    share: 0.3,
    ageDays: 35,
    connectionLimit: 40,
  },
  {
    environment: 'ci',
    database: 'orders_ci',
    roles: { owner: 'shop_ci', app: 'shop_ci_app', readers: 'shop_readonly', extra: 'ci_runners' },
    share: 0.05,
    ageDays: 90,
    connectionLimit: 20,
  },
  {
    environment: 'dev',
    database: 'orders_dev',
    roles: { owner: 'shop_dev', app: 'shop_dev_app', readers: 'shop_readonly', extra: 'developers' },
    share: 0.1,
    ageDays: 60,
    connectionLimit: 30,
  },
];

/** Creates an empty database for a shop, closed to everybody but its own roles, with its settings. */
export async function createShopDatabase(
  client: Client,
  database: string,
  roles: ShopRoles,
  connectionLimit = -1,
): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await client.query(
    `CREATE DATABASE ${database} OWNER ${roles.owner} TEMPLATE template0 CONNECTION LIMIT ${connectionLimit}`,
  );
  for (const statement of [
    `COMMENT ON DATABASE ${database} IS 'The webshop''s orders'`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${roles.app}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${roles.readers}, ${roles.extra}`,
    `ALTER DATABASE ${database} SET search_path = shop, public`,
    `ALTER DATABASE ${database} SET timezone = 'Europe/Amsterdam'`,
    `ALTER DATABASE ${database} SET statement_timeout = '5min'`,
    `ALTER ROLE ${roles.app} IN DATABASE ${database} SET lock_timeout = '10s'`,
    `ALTER ROLE ${roles.readers} IN DATABASE ${database} SET default_transaction_read_only = on`,
  ]) {
    await client.query(statement);
  }
}

/** What each role may do inside a shop's database; run as the owner. */
export async function grantShop(client: Client, roles: ShopRoles): Promise<void> {
  const { app, readers, extra } = roles;
  await client.query(`
    GRANT USAGE ON SCHEMA shop TO ${app}, ${readers}, ${extra};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO ${app};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA shop TO ${app};
    REVOKE EXECUTE ON FUNCTION shop.place_order(bigint, integer, smallint) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION shop.place_order(bigint, integer, smallint) TO ${app};
    REVOKE EXECUTE ON PROCEDURE shop.forget_customer(bigint) FROM PUBLIC;
    GRANT EXECUTE ON PROCEDURE shop.forget_customer(bigint) TO ${extra};
    GRANT SELECT ON ALL TABLES IN SCHEMA shop TO ${readers}, ${extra};
    REVOKE SELECT ON shop.customer, shop.payment FROM ${readers};
    GRANT SELECT (customer_id, preferences, created_at) ON shop.customer TO ${readers};
    GRANT UPDATE (state) ON shop.support_ticket TO ${extra} WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO ${readers}, ${extra};
    ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};`);
}

/**
 * Fills an environment's database anew with its older, smaller and anonymised shop. `connect` connects as superuser.
 */
export async function fillEnvironment(
  connect: (database: string) => Promise<Client>,
  target: EnvironmentDatabase,
  options: { seed: number; scale: number; fullAt: Date },
): Promise<void> {
  const server = await connect('postgres');
  try {
    await createShopDatabase(server, target.database, target.roles, target.connectionLimit);
  } finally {
    await server.end();
  }
  const client = await connect(target.database);
  try {
    // The work of a superuser under the owner's name: what is made belongs to the owner. The settings are the shop's.
    await client.query(`SET ROLE ${target.roles.owner}; SET search_path = public; SET statement_timeout = 0`);
    const fullAt = new Date(options.fullAt.getTime() - target.ageDays * 86_400_000);
    await generateShop(client, { seed: options.seed, scale: options.scale * target.share, fullAt });
    const anonymise = await readFile(new URL('shop/anonymise.sql', import.meta.url), 'utf8');
    await client.query(anonymise.replaceAll(":'key'", text(`${target.environment}-${options.seed}`)));
    if (target.environment === 'uat') await addQaCases(client, fullAt);
    await grantShop(client, target.roles);
    await client.query('REFRESH MATERIALIZED VIEW shop.monthly_sales; ANALYZE');
  } finally {
    await client.end();
  }
}
