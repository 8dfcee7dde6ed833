import { readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import { PRODUCTION_ROLES, type ShopRoles } from '../accounts.ts';
import { ENVIRONMENTS, type EnvironmentDatabase } from '../environments.ts';
import { asOwner, type Job, momentOf, type ProductionHost, runJob } from '../production.ts';
import { text } from '../shop/measure.ts';
import { advanceBilling, generateBilling } from './generate.ts';

type Made = { seed: number; scale: number; fullAt: Date };

// A week lies between them: whoever takes the older one beside the newest shop has what does not fit.
const WEEKLY: readonly Job[] = [
  { repository: 'weekly', form: 'gzip', daysAgo: 7, hour: 3, minute: 40 },
  { repository: 'anonymised', form: 'custom', daysAgo: 7, hour: 4, minute: 10 },
];
const NIGHTLY: readonly Job[] = [
  { repository: 'nightly', form: 'custom', daysAgo: 0, hour: 2, minute: 10 },
  { repository: 'anonymised', form: 'custom', daysAgo: 0, hour: 3, minute: 50 },
];

/** How many backups of the billing there are. */
export const BILLING_BACKUPS = WEEKLY.length + NIGHTLY.length;

/** The environments that have a billing beside the shop, with the name of its database. */
export const BILLING_ENVIRONMENTS = ENVIRONMENTS.filter(({ environment }) => environment !== 'dev').map(
  (target) => ({ ...target, database: billingIn(target.environment) }),
);

export function billingIn(environment: string): string {
  return `billing_${environment}`;
}

/** Builds production's billing and plays its week, with a weekly and a nightly backup and an anonymised copy of each. */
export async function playBilling(host: ProductionHost, conf: string, options: Made): Promise<void> {
  const server = await host.connect('postgres');
  try {
    await createDatabase(server, 'billing', PRODUCTION_ROLES);
    await server.query('GRANT CONNECT ON DATABASE billing TO backup_operator');
  } finally {
    await server.end();
  }
  let from: Date | undefined;
  for (const job of [...WEEKLY, ...NIGHTLY]) {
    const to = momentOf(job, options.fullAt);
    const since = from;
    await asOwner(host, 'billing', async (client) => {
      if (since === undefined) {
        await generateBilling(client, { ...options, asOf: to });
        await grant(client, PRODUCTION_ROLES);
      } else await advanceBilling(client, { ...options, from: since, to });
    });
    await runJob(host, conf, 'billing', job, to);
    from = to;
  }
}

/** Fills an environment's billing with what fits its older, smaller and anonymised shop. */
export async function fillBilling(
  connect: (database: string) => Promise<Client>,
  target: EnvironmentDatabase,
  options: Made,
): Promise<void> {
  const server = await connect('postgres');
  try {
    await createDatabase(server, target.database, target.roles);
  } finally {
    await server.end();
  }
  const client = await connect(target.database);
  try {
    await client.query(`SET ROLE ${target.roles.owner}`);
    const fullAt = new Date(options.fullAt.getTime() - target.ageDays * 86_400_000);
    await generateBilling(client, { seed: options.seed, scale: options.scale * target.share, fullAt });
    const anonymise = await readFile(new URL('anonymise.sql', import.meta.url), 'utf8');
    await client.query(anonymise.replaceAll(":'key'", text(`${target.environment}-${options.seed}`)));
    await grant(client, target.roles);
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

async function createDatabase(server: Client, database: string, roles: ShopRoles): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${database} OWNER ${roles.owner} TEMPLATE template0`);
  await server.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await server.query(`GRANT CONNECT ON DATABASE ${database} TO ${roles.app}, ${roles.readers}`);
}

async function grant(client: Client, { app, readers }: ShopRoles): Promise<void> {
  await client.query(`
    GRANT USAGE ON SCHEMA billing TO ${app}, ${readers};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA billing TO ${app};
    GRANT SELECT ON billing.invoice, billing.unpaid TO ${readers};`);
}
