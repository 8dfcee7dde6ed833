import { copyFile } from 'node:fs/promises';
import type { Client } from 'pg';
import { createProductionRoles, createTestRoles, passwordFile } from './accounts.ts';
import { BILLING_ENVIRONMENTS, fillBilling, playBilling } from './billing/billing.ts';
import { accountFile, writeDefaults } from './catalog/accounts.ts';
import {
  CATALOG_ENVIRONMENTS,
  type CatalogHost,
  createFreshetAccounts,
  fillCatalog,
  playCatalog,
} from './catalog/catalog.ts';
import { ENVIRONMENTS, fillEnvironment } from './environments.ts';
import type { SandboxHost } from './host.ts';
import { findMariadb } from './mariadb.ts';
import { MARK } from './process.ts';
import { clearProduction, installJobs, type ProductionHost, playProduction } from './production.ts';
import { settled } from './settled.ts';
import type { Shop } from './state.ts';

/** What the bot itself holds: nothing of it lies below a host's root. */
export type BotFiles = {
  readonly privateKeyFile: string;
  readonly publicKey: string;
  readonly adminPasswordFile: string;
  readonly loaderPasswordFile: string;
  /** Where backups are taken. */
  readonly readerPasswordFile: string;
  /** Of the same ones on MariaDB, where there is one. */
  readonly mariadb?: Readonly<
    Record<'adminPasswordFile' | 'loaderPasswordFile' | 'readerPasswordFile', string>
  >;
};

/** Ports may be others than when the jobs were installed. */
export async function refreshJobs(host: SandboxHost, folder: string): Promise<void> {
  await installJobs(productionOf(host, folder));
  if (host.mariadbPort !== undefined) await writeDefaults(host.root, host.mariadbPort);
}

/** Production: its servers, three weeks of business, and the backups of them. */
export async function fillProduction(
  host: SandboxHost,
  folder: string,
  shop: Shop,
  fullAt: Date,
): Promise<void> {
  const production = productionOf(host, folder);
  const conf = await clearProduction(production);
  const { mariadbPort } = host;
  const playShop = async () => {
    await withClient(host, (client) => createProductionRoles(host.root, client));
    await playProduction(production, conf, { ...shop, fullAt });
    if (shop.billing) await playBilling(production, conf, { ...shop, fullAt });
  };
  await settled([
    playShop(),
    ...(mariadbPort === undefined
      ? []
      : [playCatalog({ ...production, port: mariadbPort }, conf, { ...shop, fullAt })]),
  ]);
}

function productionOf(host: SandboxHost, folder: string): ProductionHost {
  return {
    root: host.root,
    port: host.pgPort,
    pgBin: host.pgBin,
    environment: { [MARK]: folder },
    ...(host.mariadbPort === undefined ? {} : { mariadb: findMariadb() }),
    connect: (database: string) => host.connect(database),
  };
}

/** The environments, older and smaller, and what the bot logs in with. */
export async function fillTest(host: SandboxHost, bot: BotFiles, shop: Shop, fullAt: Date): Promise<void> {
  const { mariadbPort } = host;
  await settled([
    fillShops(host, bot, shop, fullAt),
    ...(mariadbPort === undefined
      ? []
      : [fillCatalogs({ root: host.root, port: mariadbPort }, bot, shop, fullAt)]),
  ]);
}

async function fillShops(host: SandboxHost, bot: BotFiles, shop: Shop, fullAt: Date): Promise<void> {
  await withClient(host, (client) =>
    createTestRoles(
      host.root,
      client,
      ENVIRONMENTS.map(({ roles }) => roles),
    ),
  );
  await copyFile(passwordFile(host.root, 'freshet_admin'), bot.adminPasswordFile);
  await copyFile(passwordFile(host.root, 'freshet_loader'), bot.loaderPasswordFile);
  const connect = (database: string) => host.connect(database);
  for (const target of ENVIRONMENTS) await fillEnvironment(connect, target, { ...shop, fullAt });
  for (const target of shop.billing ? BILLING_ENVIRONMENTS : []) {
    await fillBilling(connect, target, { ...shop, fullAt });
  }
}

async function fillCatalogs(
  host: CatalogHost,
  { mariadb }: BotFiles,
  shop: Shop,
  fullAt: Date,
): Promise<void> {
  await createFreshetAccounts(host);
  if (mariadb !== undefined) {
    await copyFile(accountFile(host.root, 'freshet_admin'), mariadb.adminPasswordFile);
    await copyFile(accountFile(host.root, 'freshet_loader'), mariadb.loaderPasswordFile);
  }
  for (const target of CATALOG_ENVIRONMENTS) await fillCatalog(host, target, { ...shop, fullAt });
}

async function withClient(host: SandboxHost, work: (client: Client) => Promise<void>): Promise<void> {
  const client = await host.connect('postgres');
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
