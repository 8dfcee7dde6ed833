import { sql } from 'kysely';
import type { StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';

const said = sql.raw(
  `run, request, kind, requested_by, front, approvals, environment, database, server, database_name,
    backup, source, repository, path, checksum, data_at, taken_at, anonymisation, scope`,
);

export function receiptWrites(db: Db): StoreTransaction['receipts'] {
  return {
    async add(run, database, { id, at }) {
      await sql`
        insert into freshet.receipts (event, at, ${said})
        select ${id}, ${at}, ${said} from freshet.receivable
        where run = ${run} and database = ${database}`.execute(db);
    },

    async putBack(run, database, { id, at }) {
      await sql`
        insert into freshet.put_backs (receipt, event, at)
        select number, ${id}, ${at} from freshet.receipts
        where run = ${run} and database = ${database}
        order by number desc limit 1
        on conflict (receipt) do nothing`.execute(db);
    },
  };
}
