import { sql } from 'kysely';
import type { Anonymisation } from '../domain/backup.ts';
import type { RequestState } from '../domain/request.ts';
import type { Figures } from './store.ts';
import type { Db } from './tables.ts';

/** What is only counted must never hold up what is done. */
const longestMs = 3_000;

/** How much of what there is, in a handful of aggregates; read-only, and given up where the server is slow. */
export function readFigures(db: Db): Promise<Figures> {
  return db
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      await sql`select set_config('statement_timeout', ${String(longestMs)}, true)`.execute(tx);
      const requests = await sql<{ environment: string; state: RequestState; count: number }>`
        select environment, state, count(*) as count from freshet.requests group by environment, state`.execute(
        tx,
      );
      const runs = await sql<{ active: number; unattended: number }>`
        select count(*) as active,
          count(*) filter (where lease_until is null or lease_until < clock_timestamp()) as unattended
        from freshet.runs join freshet.requests on requests.number = runs.request
        where active and state = 'running'`.execute(tx);
      const outbox = await sql<{ front: string; waiting: number; lagSeconds: number; givenUp: number }>`
        select front, sum(waiting)::bigint as waiting, max(lag) as lag_seconds, sum(given_up)::bigint as given_up
        from (
          select front, count(*) as waiting, 0 as given_up,
            extract(epoch from clock_timestamp() - min(created_at))::float as lag
          from freshet.outbox where done_at is null and dead_at is null group by front
          union all
          select front, 0, count(*), 0 from freshet.outbox where dead_at is not null group by front
        ) as counted group by front`.execute(tx);
      const inbox = await sql<{ source: string; waiting: number; lagSeconds: number }>`
        select source, count(*) as waiting,
          extract(epoch from clock_timestamp() - min(received_at))::float as lag_seconds
        from freshet.inbox where done_at is null group by source`.execute(tx);
      const backups = await sql<{ database: string; anonymisation: Anonymisation; newestAt: Date }>`
        select database, anonymisation, max(moment) as newest_at
        from freshet.backups where state = 'present' and checksum is not null
        group by database, anonymisation`.execute(tx);
      return {
        requests: requests.rows,
        runs: runs.rows[0]!,
        outbox: outbox.rows,
        inbox: inbox.rows,
        backups: backups.rows,
      };
    });
}
