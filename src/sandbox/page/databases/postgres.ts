import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { passwordFile } from '../../hosts/accounts.ts';
import type { SandboxHost } from '../../hosts/hosts.ts';
import type { Portrait } from './portraits.ts';
import type { Listed, Watched } from './server.ts';
import type { Row, Sample } from './state.ts';

/** How the page shows in `pg_stat_activity`, so that it can leave itself out. */
const pageName = 'sandbox page';

// A connection to `postgres` alone: it is in nobody's way. What is beside a live database is called `<live name>__...`.
const databases = `
  select d.datname as name, d.oid::text as lasting, pg_database_size(d.oid)::float8 as bytes, d.datallowconn as open,
         concat_ws('/', s.tup_inserted, s.tup_updated, s.tup_deleted) as written
    from pg_database d left join pg_stat_database s on s.datid = d.oid
   where split_part(d.datname, '__', 1) = any($1) order by d.datname`;
const sessions = `
  select datname as database, coalesce(nullif(application_name, ''), 'unnamed') as application, usename as "user",
         count(*)::int as count
    from pg_stat_activity
   where datname = any($1) and backend_type = 'client backend' and application_name <> $2
   group by 1, 2, 3 order by 4 desc, 2 limit 60`;

export function watchPostgres(host: SandboxHost): Watched {
  let client: Client | undefined;

  async function connected(): Promise<Client> {
    if (client !== undefined) return client;
    const fresh = await host.connect('postgres');
    // A later fault shows in the next query; without a listener it would end the process.
    fresh.on('error', () => (client = undefined));
    fresh.on('end', () => (client = undefined));
    await fresh.query(`set application_name = '${pageName}'; set statement_timeout = '5s'`);
    return (client = fresh);
  }

  return {
    async list(live) {
      const own = await connected();
      const found = await own.query<Omit<Listed, 'sessions'>>(databases, [live]);
      const who = await own.query<{ database: string; application: string; user: string; count: number }>(
        sessions,
        [live, pageName],
      );
      return found.rows.map((row) => ({
        ...row,
        sessions: who.rows
          .filter(({ database }) => database === row.name)
          .map(({ application, user, count }) => ({ application, user, count })),
      }));
    },
    sample: (database, account, portrait) => sampleOf(host, database, account, portrait),
    async close() {
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}

async function sampleOf(
  host: SandboxHost,
  database: string,
  account: string,
  { counts, headings, rows }: Portrait,
): Promise<Sample> {
  const client = new Client({
    host: host.address,
    port: host.pgPort,
    database,
    user: account,
    password: (await readFile(passwordFile(host.root, account), 'utf8')).trim(),
    application_name: pageName,
    connectionTimeoutMillis: 2000,
    query_timeout: 5000,
    statement_timeout: 5000,
  });
  // Without a listener a session that a swap ends would end the whole process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const counted = await client.query<{ what: string; count: number; newestAt: Date | null }>(counts);
    const some = await client.query<Row>(rows);
    return {
      counts: counted.rows.map((row) => ({ ...row, newestAt: row.newestAt?.getTime() })),
      headings,
      rows: some.rows,
    };
  } finally {
    await client.end();
  }
}
