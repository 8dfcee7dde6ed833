import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { hostRoot, HOST_NAMES } from '../../src/sandbox/hosts/ending.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { copyOfMade } from './made.ts';

/** An installation that has come up for the first time. */
export type FirstRise = { storeUrl: string; stop(): Promise<void> };

/** Where a rig's parts lie below its folder. */
export const groundFolders = { sandbox: 'sandbox', store: 'store' };

/**
 * Puts what every rig begins with into its folder, where the test files of a run share it: hosts that are filled, and a store whose
 * catalogue has their backups as `firstRise` found and read them. Otherwise the rig makes and reads all of it itself.
 */
export async function layGround(
  folder: string,
  firstRise: (folder: string) => Promise<FirstRise>,
): Promise<void> {
  await copyOfMade('ground', folder, async (aside) => {
    const first = await firstRise(aside);
    let backups: string;
    try {
      backups = await catalogueOf(first.storeUrl);
    } finally {
      await first.stop();
    }
    const { sandbox, store } = groundFolders;
    const hosts = join(aside, sandbox, 'hosts');
    for (const name of await readdir(aside)) {
      if (name !== sandbox) await rm(join(aside, name), { recursive: true });
    }
    for (const name of await readdir(join(aside, sandbox))) {
      if (name !== 'hosts') await rm(join(aside, sandbox, name), { recursive: true });
    }
    await forgetPorts(join(hosts, 'state.json'));
    // Of the first installation: the next one puts its own there.
    for (const name of HOST_NAMES) await rm(join(hostRoot(hosts, name), 'opt/freshet'), { recursive: true });
    const embedded = await startEmbedded({ folder: join(aside, store), settings: { fsync: 'off' } });
    await migrate(embedded.connectionString);
    await fillCatalogue(embedded.connectionString, backups);
    await embedded.stop();
  });
}

/** Rigs that start at the same time must not want the same ones. */
async function forgetPorts(stateFile: string): Promise<void> {
  const state = JSON.parse(await readFile(stateFile, 'utf8')) as object;
  await writeFile(stateFile, JSON.stringify({ ...state, ports: {} }), { mode: 0o600 });
}

async function catalogueOf(storeUrl: string): Promise<string> {
  return connected(storeUrl, async (client) => {
    const { rows } = await client.query<{ all: string }>(
      'select json_agg(backups order by number)::text as all from freshet.backups',
    );
    return rows[0]!.all;
  });
}

async function fillCatalogue(storeUrl: string, backups: string): Promise<void> {
  await connected(storeUrl, async (client) => {
    const { rows } = await client.query<{ columns: string }>(
      `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
       where table_schema = 'freshet' and table_name = 'backups' and is_generated = 'NEVER'`,
    );
    const { columns } = rows[0]!;
    await client.query(
      `insert into freshet.backups (${columns}) overriding system value
       select ${columns} from json_populate_recordset(null::freshet.backups, $1)`,
      [backups],
    );
    await client.query(
      `select setval(pg_get_serial_sequence('freshet.backups', 'number'), (select max(number) from freshet.backups))`,
    );
  });
}

/** For a rig that must find and read them itself. */
export async function emptyCatalogue(storeUrl: string): Promise<void> {
  await connected(storeUrl, (client) => client.query('delete from freshet.backups'));
}

async function connected<T>(storeUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: storeUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
