import type { Client } from 'pg';
import type { SandboxHost } from '../../hosts/hosts.ts';
import { pageName } from './sample.ts';

/** A database as its server describes it. */
export type Listed = {
  name: string;
  oid: string;
  bytes: number;
  /** Somebody may connect. */
  open: boolean;
  /** Changes with every row that is written. */
  written: string;
  sessions: readonly { application: string; user: string; count: number }[];
};

// A connection to `postgres` alone: it is in nobody's way. What is beside a live database is called `<live name>__...`.
const databases = `
  select d.datname as name, d.oid::text, pg_database_size(d.oid)::float8 as bytes, d.datallowconn as open,
         concat_ws('/', s.tup_inserted, s.tup_updated, s.tup_deleted) as written
    from pg_database d left join pg_stat_database s on s.datid = d.oid
   where split_part(d.datname, '__', 1) = any($1) order by d.datname`;
const sessions = `
  select datname as database, coalesce(nullif(application_name, ''), 'unnamed') as application, usename as "user",
         count(*)::int as count
    from pg_stat_activity
   where datname = any($1) and backend_type = 'client backend' and application_name <> $2
   group by 1, 2, 3 order by 4 desc, 2 limit 60`;

/** One connection to a server, made when it is needed, and again after it broke. */
export function watchServer(host: SandboxHost) {
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
    /** The databases with these live names, and what is beside them. */
    async list(live: readonly string[]): Promise<Listed[]> {
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
    async close(): Promise<void> {
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}
