import type { Connection } from 'mysql2/promise';
import { administrator } from '../mariadb.ts';
import { type Job, type JobHost, momentOf, runJob } from '../production.ts';
import {
  asAccount,
  type CatalogAccounts,
  createBackupAccount,
  createCatalog,
  ensureFreshet,
  grantReaders,
} from './accounts.ts';
import { advanceCatalog, anonymiseCatalog, generateCatalog, migrationSql } from './generate.ts';

/** How large a catalogue is made, and the moment of its newest data. */
export type Made = { seed: number; scale: number; fullAt: Date };

/** A MariaDB of a sandbox host. */
export type CatalogHost = { root: string; port: number };

/** Whose production's catalogue is. */
export const CATALOG_ACCOUNTS: CatalogAccounts = {
  owner: 'catalog',
  app: 'catalog_app',
  readers: 'catalog_reporting',
};

// Beside the shop's own of the same nights, so that they can be taken together.
const JOBS: readonly Job[] = [
  { repository: 'nightly', script: 'catalog', form: 'nightly', daysAgo: 1, hour: 2, minute: 5 },
  { repository: 'anonymised', script: 'catalog', form: 'anonymised', daysAgo: 1, hour: 4, minute: 5 },
  { repository: 'nightly', script: 'catalog', form: 'nightly', daysAgo: 0, hour: 2, minute: 5 },
  { repository: 'anonymised', script: 'catalog', form: 'anonymised', daysAgo: 0, hour: 3, minute: 55 },
];

/** How many backups of the catalogue there are. */
export const CATALOG_BACKUPS = JOBS.length;

export type CatalogEnvironment = {
  environment: string;
  database: string;
  accounts: CatalogAccounts;
  share: number;
  ageDays: number;
};

/** The environments that have a catalogue, with the name of its schema. */
export const CATALOG_ENVIRONMENTS: readonly CatalogEnvironment[] = ['uat', 'ci'].map((environment) => ({
  environment,
  database: catalogIn(environment),
  accounts: {
    owner: `catalog_${environment}`,
    app: `catalog_${environment}_app`,
    readers: 'catalog_readonly',
  },
  share: environment === 'uat' ? 0.3 : 0.05,
  ageDays: environment === 'uat' ? 35 : 90,
}));

export function catalogIn(environment: string): string {
  return `catalog_${environment}`;
}

/**
 * Builds production's catalogue and plays its last two nights, with a backup and an anonymised one of each. `conf`: the settings of
 * the jobs, which are installed.
 */
export async function playCatalog(host: CatalogHost & JobHost, conf: string, options: Made): Promise<void> {
  await administering(host, async (server) => {
    await createCatalog(host.root, server, 'catalog', CATALOG_ACCOUNTS);
    await createBackupAccount(host.root, server, host.port);
  });
  const at = { port: host.port, database: 'catalog', name: CATALOG_ACCOUNTS.owner };
  let from: Date | undefined;
  for (const job of JOBS) {
    const to = momentOf(job, options.fullAt);
    const since = from;
    await asAccount(host.root, at, async (connection) => {
      if (since === undefined) await generateCatalog(connection, { ...options, asOf: to });
      else await advanceCatalog(connection, { ...options, from: since, to });
    });
    if (since === undefined) {
      await administering(host, (server) => grantReaders(server, 'catalog', CATALOG_ACCOUNTS.readers));
    }
    await runJob(host, conf, 'catalog', job, to);
    from = to;
  }
}

/** Freshet's two accounts on the test server, with their passwords and without any right. */
export async function createFreshetAccounts(host: CatalogHost): Promise<void> {
  await administering(host, (server) => ensureFreshet(host.root, server));
}

/**
 * Fills an environment's catalogue with an older, smaller and anonymised one. That of uat has test accounts and flags of its own,
 * and a migration that production has not seen yet: what a refresh would take away.
 */
export async function fillCatalog(
  host: CatalogHost,
  target: CatalogEnvironment,
  options: Made,
): Promise<void> {
  const { database, accounts } = target;
  await administering(host, (server) => createCatalog(host.root, server, database, accounts));
  await asAccount(host.root, { port: host.port, database, name: accounts.owner }, async (connection) => {
    const fullAt = new Date(options.fullAt.getTime() - target.ageDays * 86_400_000);
    await generateCatalog(connection, { seed: options.seed, scale: options.scale * target.share, fullAt });
    await anonymiseCatalog(connection);
    if (target.environment === 'uat') await connection.query(OF_UAT);
  });
  await administering(host, (server) => grantReaders(server, database, accounts.readers));
}

const OF_UAT = `
  INSERT INTO account (email, display_name, role, is_test) VALUES
    ('tess@qa.example', 'Tess Tester', 'tester', true), ('quinn@qa.example', 'Quinn Tester', 'tester', true);
  UPDATE feature_flag SET enabled = true, rollout_percent = 100 WHERE name = 'new_checkout';
  ALTER TABLE product ADD COLUMN badge varchar(20) NOT NULL DEFAULT '' AFTER name;
  ${migrationSql({ rank: 3, at: '20261116083000', name: 'products have badges' })}`;

async function administering(host: CatalogHost, work: (server: Connection) => Promise<void>): Promise<void> {
  const server = await administrator(host.root, host.port);
  try {
    await work(server);
  } finally {
    await server.end();
  }
}
