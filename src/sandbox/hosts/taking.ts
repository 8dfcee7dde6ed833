import { copyFile, mkdir } from 'node:fs/promises';
import { createReader, passwordFile } from './accounts.ts';
import { accountFile, ensureReader } from './catalog/accounts.ts';
import type { BotFiles } from './filling.ts';
import type { SandboxHost } from './host.ts';
import { administrator } from './mariadb.ts';

/** The empty database of each server that backups are proven beside. */
export const proofDatabase = 'freshet_proof';

/**
 * Makes ready what taking and proving backups needs on the test host, before the SQL of `npx freshet host install` gives the rights:
 * the readers with their passwords, the folder that is taken into, and an empty database on each server. May be repeated.
 */
export async function prepareTaking(host: SandboxHost, bot: BotFiles): Promise<void> {
  await mkdir(host.files.taken, { recursive: true, mode: 0o700 });
  const client = await host.connect('postgres');
  try {
    await createReader(host.root, client);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [proofDatabase]);
    if (rowCount === 0) {
      await client.query(`DROP ROLE IF EXISTS ${proofDatabase}`);
      await client.query(`CREATE ROLE ${proofDatabase} NOLOGIN`);
      await client.query(`CREATE DATABASE ${proofDatabase} OWNER ${proofDatabase} TEMPLATE template0`);
    }
  } finally {
    await client.end();
  }
  await copyFile(passwordFile(host.root, 'freshet_reader'), bot.readerPasswordFile);
  if (host.mariadbPort === undefined || bot.mariadb === undefined) return;
  const server = await administrator(host.root, host.mariadbPort);
  try {
    await ensureReader(host.root, server);
    await server.query(`CREATE DATABASE IF NOT EXISTS ${proofDatabase} CHARACTER SET utf8mb4`);
  } finally {
    await server.end();
  }
  await copyFile(accountFile(host.root, 'freshet_reader'), bot.mariadb.readerPasswordFile);
}
