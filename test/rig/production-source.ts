import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authorizedKeysLine } from '../../runners/host-program/install.ts';
import { identifier, literal } from '../../runners/postgres/quote.ts';
import { setup } from '../../runners/postgres/setup.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SiteText } from './site.ts';

/** Where the backups of production go that are taken. */
export const taken = 'taken';

const server = 'production-pg';
const target = 'production-orders';
const reader = 'freshet_reader';

/**
 * Lets production be dumped by a reader, as its administrators do: its own file names the server as production and the database as a source. What
 * is taken goes to a folder of the test host.
 */
export async function addSource({ hosts }: Sandbox): Promise<void> {
  const { 'prod-db': source, 'test-db': receiver } = hosts.hosts;
  const password = randomBytes(18).toString('base64url');
  await source.sql(
    'postgres',
    `${setup.takes!.sql(reader, ['orders'])} ALTER ROLE ${identifier(reader)} PASSWORD ${literal(password)}`,
  );
  const passfile = join(source.root, 'etc/freshet/pgpass');
  await writeFile(passfile, `127.0.0.1:*:*:${reader}:${password}\n`, { mode: 0o600 });
  await writeFile(secretFile(hosts.folder), `${password}\n`, { mode: 0o600 });
  const folder = join(source.root, 'opt/freshet');
  await appendFile(
    join(folder, 'host.conf'),
    `server ${server} engine=postgres port=${source.pgPort} passfile=${passfile} reader=${reader} production
source ${target} server=${server} database=orders
tool pg_dump ${join(source.pgBin, 'pg_dump')}
`,
  );
  const at = { program: join(folder, 'freshet-host'), conf: join(folder, 'host.conf'), ownConf: true };
  await source.authorise(authorizedKeysLine(hosts.bot.publicKey, at, [source.pgPort]));
  await mkdir(folderOf({ hosts }), { recursive: true, mode: 0o755 });
  await appendFile(
    join(receiver.root, 'opt/freshet/host.conf'),
    `root ${taken} ${folderOf({ hosts })}\ntakes ${taken}\n`,
  );
}

/** Tells the site file of it. */
export function tellOfSource(site: SiteText, { hosts }: Sandbox): void {
  const { servers } = site as unknown as { servers: Record<string, unknown> };
  servers[server] = {
    engine: 'postgres',
    host: 'prod-db',
    port: hosts.hosts['prod-db'].pgPort,
    reader: { user: reader, password: `file:${secretFile(hosts.folder)}` },
  };
  Object.assign(site.environments['production']!.databases['orders']!, { server, target, jobs: 2 });
  const { nightly } = site.repositories;
  const { pattern: _, ...kept } = nightly as typeof nightly & { pattern: string };
  site.repositories[taken] = Object.assign(kept, { host: 'test-db', root: taken, takes: true });
}

/** A backup that lies there, and what its manifest says. */
export async function manifestOf(
  sandbox: Sandbox,
  { path }: { path: string },
): Promise<{ place: string; rows: Record<string, number> }> {
  const place = join(folderOf(sandbox), path);
  const { rows } = JSON.parse(await readFile(`${place}.json`, 'utf8')) as { rows: Record<string, number> };
  return { place, rows };
}

function folderOf({ hosts }: Pick<Sandbox, 'hosts'>): string {
  return join(hosts.hosts['test-db'].root, 'srv/taken');
}

function secretFile(folder: string): string {
  return join(folder, 'bot/freshet_reader.password');
}
