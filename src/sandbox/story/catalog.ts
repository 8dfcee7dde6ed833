import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Backup } from '../../domain/backup.ts';
import type { ContentHash } from '../hosts/content-hash.ts';
import { administrator, runClient } from '../hosts/mariadb.ts';
import { schemaHash } from '../hosts/schema-hash.ts';
import type { Sandbox } from '../sandbox.ts';

/** Digest of what a schema of the test host's MariaDB holds. Whether events run is the environment's to say. */
export function schemaOf(sandbox: Sandbox, schema: string): Promise<ContentHash> {
  return asked(sandbox, (server) => schemaHash(server, schema, { eventStates: false }));
}

/** Restores a backup of the catalogue with the vendor's own client, without Freshet, and answers its digest. */
export async function restoredSchema(sandbox: Sandbox, backup: Backup): Promise<ContentHash> {
  const { 'prod-db': source, 'test-db': target } = sandbox.hosts.hosts;
  const folder = source.files.backups[backup.repository as keyof typeof source.files.backups];
  const dump = gunzipSync(await readFile(join(folder, backup.path))).toString();
  const name = 'independent_restore';
  await asked(sandbox, (server) =>
    server.query(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4`),
  );
  try {
    await runClient(target.root, target.mariadbPort ?? 0, dump, name);
    return await schemaOf(sandbox, name);
  } finally {
    await asked(sandbox, (server) => server.query(`DROP DATABASE IF EXISTS ${name}`));
  }
}

/** What a person recognises of a catalogue, a line each. */
export async function someEntries(sandbox: Sandbox, schema: string): Promise<string> {
  const [count] = await linesOf(
    sandbox,
    schema,
    `SELECT CONCAT((SELECT COUNT(*) FROM product), ' products, ', (SELECT COUNT(*) FROM mail_queue), ' mails in the queue, ',
       (SELECT COUNT(*) FROM account WHERE is_test), ' accounts of testers')`,
  );
  return [count, ...(await ofTesters(sandbox, schema)), ...(await migrationsOf(sandbox, schema))].join('\n');
}

/** The accounts and flags that testers have set up. */
export async function ofTesters(sandbox: Sandbox, schema: string): Promise<string[]> {
  return [
    ...(await linesOf(
      sandbox,
      schema,
      `SELECT CONCAT('account ', account_id, ': ', display_name, ', ', email) FROM account WHERE is_test ORDER BY account_id`,
    )),
    ...(await linesOf(
      sandbox,
      schema,
      `SELECT CONCAT('flag ', name, ': ', IF(enabled, CONCAT('for ', rollout_percent, ' % of visitors'), 'off')) FROM feature_flag
       ORDER BY name`,
    )),
  ];
}

/** The migrations that were carried out. */
export function migrationsOf(sandbox: Sandbox, schema: string): Promise<string[]> {
  const text = `SELECT CONCAT('migration ', version, ': ', description) FROM flyway_schema_history ORDER BY installed_rank`;
  return linesOf(sandbox, schema, text);
}

/** How many mails wait in the queue, or were sent from it. */
export async function mailsIn(sandbox: Sandbox, schema: string): Promise<number> {
  return Number((await linesOf(sandbox, schema, 'SELECT COUNT(*) FROM mail_queue'))[0]);
}

/** New schemas that runs have left. */
export function newSchemas(sandbox: Sandbox): Promise<string[]> {
  return linesOf(
    sandbox,
    'mysql',
    `SELECT schema_name FROM information_schema.schemata WHERE schema_name REGEXP '__new_'`,
  );
}

async function linesOf(sandbox: Sandbox, schema: string, sql: string): Promise<string[]> {
  return asked(
    sandbox,
    async (server) => {
      const [rows] = await server.query<RowDataPacket[]>(sql);
      return rows.map((row) => String(Object.values(row)[0]));
    },
    schema,
  );
}

/** As the local administrator of the test host's MariaDB. */
async function asked<T>(
  sandbox: Sandbox,
  work: (server: Connection) => Promise<T>,
  schema?: string,
): Promise<T> {
  const { root, mariadbPort } = sandbox.hosts.hosts['test-db'];
  if (mariadbPort === undefined) throw new Error('the sandbox was started without its MariaDB');
  const server = await administrator(root, mariadbPort, schema);
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}
