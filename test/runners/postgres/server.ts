import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { setupSql } from '../../../runners/postgres/setup.ts';
import type { BackupFormat } from '../../../src/domain/backup.ts';
import type { ServerSite } from '../../../src/domain/site.ts';
import {
  clusterFiles,
  ensureCluster,
  findPgBin,
  startCluster,
  stopCluster,
  superuser,
} from '../../../src/sandbox/hosts/cluster.ts';

const run = promisify(execFile);

export const roles = {
  admin: 'freshet_admin',
  loader: 'freshet_loader',
  reader: 'freshet_reader',
  owner: 'shop_owner',
};

export type PostgresServer = Awaited<ReturnType<typeof startServer>>;

/** A cluster of PostgreSQL, set up for Freshet, with roles of an application, and what its superuser can ask of it. */
export async function startServer(folder: string, { durable }: { durable: boolean }) {
  await mkdir(join(folder, 'var/log'), { recursive: true });
  const pgBin = await findPgBin();
  // Without it no slot of logical replication can be made.
  const cluster = { pgBin, durable, mark: folder, settings: ['wal_level = logical'] };
  await ensureCluster(folder, cluster);
  const port = await startCluster(folder, cluster);
  const connect = (database: string) => superuser(folder, port, database);
  const password = () => randomBytes(12).toString('hex');
  const passwords = { admin: password(), loader: password(), reader: password() };
  const passfile = join(folder, 'pgpass');
  await writeFile(
    passfile,
    (['admin', 'loader', 'reader'] as const).map((one) => `*:*:*:${roles[one]}:${passwords[one]}\n`).join(''),
    { mode: 0o600 },
  );
  const root = await connect('postgres');
  await root.query(
    `CREATE ROLE ${roles.owner} NOLOGIN; CREATE ROLE shop_app LOGIN PASSWORD 'app'; CREATE ROLE readers NOLOGIN`,
  );
  await root.query(setupSql({ ...roles, owners: [roles.owner] }));
  await root.query(
    `ALTER ROLE ${roles.admin} PASSWORD '${passwords.admin}'; ALTER ROLE ${roles.loader} PASSWORD '${passwords.loader}';
     ALTER ROLE ${roles.reader} PASSWORD '${passwords.reader}'`,
  );
  await root.end();

  const site: ServerSite = {
    name: 'pg',
    engine: 'postgres',
    host: 'near',
    port,
    maintenanceDatabase: 'postgres',
    admin: { user: roles.admin, password: 'env:UNUSED' },
    loader: { user: roles.loader, password: 'env:UNUSED' },
    reader: { user: roles.reader, password: 'env:UNUSED' },
    extensions: ['citext', 'pg_trgm'],
  };

  /** As the superuser, in one database. */
  async function inside<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
    const client = await connect(database);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const sql = (database: string, text: string) => inside(database, (client) => client.query(text));
  async function value(database: string, text: string): Promise<unknown> {
    const { rows } = await inside(database, (client) => client.query(text));
    return rows[0] === undefined ? undefined : (Object.values(rows[0] as object)[0] as unknown);
  }

  const tool = (name: string) => join(pgBin, name);
  const superpass = (await readFile(clusterFiles(folder).superuser, 'utf8')).trim();
  const env = {
    ...process.env,
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'postgres',
    PGPASSWORD: superpass,
  };
  const command = async (name: string, args: string[]) => run(tool(name), args, { env, maxBuffer: 1e8 });

  async function dump(database: string, format: BackupFormat, into: string, stem: string): Promise<string> {
    const kind = { 'pg-custom': 'c', 'pg-directory': 'd' }[format] ?? 'p';
    const made = kind === 'c' ? `${stem}.dump` : kind === 'd' ? stem : `${stem}.sql`;
    const file = join(into, made);
    await command('pg_dump', ['-F', kind, '-f', file, database]);
    if (format === 'pg-plain-gzip') await run('gzip', [file]);
    if (format === 'pg-plain-zstd') await run('zstd', ['-q', '--rm', file]);
    return made + ({ 'pg-plain-gzip': '.gz', 'pg-plain-zstd': '.zst' }[format] ?? '');
  }

  /** Somebody else than the superuser. */
  async function login(user: string, password: string, database: string): Promise<Client> {
    const client = new Client({ host: '127.0.0.1', port, user, password, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** All but the cluster's own. */
  async function databases(): Promise<string[]> {
    const { rows } = await inside('postgres', (client) =>
      client.query<{ datname: string }>(
        `SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY datname COLLATE "C"`,
      ),
    );
    return rows.map(({ datname }) => datname);
  }

  async function drop(...names: readonly string[]): Promise<void> {
    await inside('postgres', async (client) => {
      for (const name of names)
        await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
    });
  }

  return {
    port,
    site,
    passwords,
    hostServer: { name: 'pg', engine: 'postgres', port, passfile, ...roles, data: clusterFiles(folder).data },
    tools: { pg_restore: tool('pg_restore'), pg_dump: tool('pg_dump'), psql: tool('psql') },
    stop: () => stopCluster(folder),
    pgBin, env, connect, inside, sql, value, command, dump, login, databases, drop,
  }; // prettier-ignore
}
