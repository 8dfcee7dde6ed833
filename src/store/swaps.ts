import { sql, type Selectable } from 'kysely';
import { contentsFrom, contentsText } from '../domain/backup.ts';
import { idNumber } from '../domain/ids.ts';
import type { RequestKind } from '../domain/request.ts';
import type { Swap } from '../domain/run.ts';
import type { StoreTransaction, SwapReads } from './store.ts';
import type { Db, SwapRow } from './tables.ts';
import { json, requestId, withoutNulls } from './values.ts';

export function swapReads(db: Db): SwapReads {
  return {
    async latest(server, databaseName) {
      const row = await db
        .selectFrom('freshet.swaps')
        .selectAll()
        .where('server', '=', server)
        .where('databaseName', '=', databaseName)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : swapFrom(row);
    },

    async ofRun(run) {
      const rows = await db
        .selectFrom('freshet.swaps')
        .selectAll()
        .where('run', '=', run)
        .orderBy('number')
        .execute();
      return rows.map(swapFrom);
    },

    async replacedBy(run) {
      const rows = await db
        .selectFrom('freshet.swaps')
        .selectAll()
        .where('supersededBy', '=', run)
        .orderBy('number')
        .execute();
      return rows.map(swapFrom);
    },

    async standing() {
      const { rows } = await sql<
        Selectable<SwapRow> & { kind: RequestKind; requestedBy: string; ofRun: number }
      >`
        select one.*, requests.kind, requests.requested_by,
          (select count(*) from freshet.swaps as fellow where fellow.run = one.run) as of_run
        from freshet.swaps as one join freshet.requests on requests.number = one.request
        where one.superseded_by is null
        order by one.number`.execute(db);
      return rows.map(({ kind, requestedBy, ofRun, ...row }) => ({
        swap: swapFrom(row),
        kind,
        requestedBy,
        ofRun,
      }));
    },

    async contents(targets) {
      const { rows } = await sql<{ server: string; databaseName: string; dataAt: string }>`
        select swaps.server, swaps.database_name, swaps.contents ->> 'dataAt' as data_at
        from unnest(${targets.map(({ server }) => server)}::text[],
          ${targets.map(({ databaseName }) => databaseName)}::text[]) as one(server, database_name)
        join freshet.swaps on swaps.server = one.server and swaps.database_name = one.database_name
          and swaps.superseded_by is null
        where swaps.contents ? 'dataAt'`.execute(db);
      return rows.map(({ dataAt, ...target }) => ({ ...target, dataAt: new Date(dataAt) }));
    },

    async dueForDrop(now) {
      // A kept copy that an undo has made live again is not kept any more; the swap that replaces it next keeps it.
      const { rows } = await sql<Selectable<SwapRow>>`
        select * from freshet.swaps as one
        where dropped_at is null and kept_until <= ${now} and kept_ref <> ''
          and not exists (
            select from freshet.swaps as later
            where later.server = one.server and later.database_name = one.database_name
              and later.number > one.number and later.live_ref = one.kept_ref
          )
        order by kept_until, number`.execute(db);
      return rows.map(swapFrom);
    },
  };
}

function swapFrom(row: Selectable<SwapRow>): Swap {
  const {
    number: _number,
    backup: _backup,
    keptBackup: _keptBackup,
    request,
    contents,
    keptContents,
    ...rest
  } = withoutNulls(row);
  return {
    ...rest,
    request: requestId(request),
    ...(contents === undefined ? {} : { contents: contentsFrom(contents) }),
    ...(keptContents === undefined ? {} : { keptContents: contentsFrom(keptContents) }),
  };
}

export function swapWrites(db: Db): StoreTransaction['swaps'] {
  return {
    async add({ contents, keptContents, ...swap }) {
      const added = await db
        .insertInto('freshet.swaps')
        .values({
          ...swap,
          request: idNumber(swap.request),
          backup: contents === undefined ? null : idNumber(contents.id),
          keptBackup: keptContents === undefined ? null : idNumber(keptContents.id),
          contents: contents === undefined ? null : json(contentsText(contents)),
          keptContents: keptContents === undefined ? null : json(contentsText(keptContents)),
        })
        .onConflict((conflicting) => conflicting.columns(['run', 'database']).doNothing())
        .returning('number')
        .executeTakeFirst();
      if (added === undefined) return false;
      await db
        .updateTable('freshet.swaps')
        .set({ supersededBy: swap.run })
        .where('server', '=', swap.server)
        .where('databaseName', '=', swap.databaseName)
        .where('number', '<', added.number)
        .where('supersededBy', 'is', null)
        .execute();
      return true;
    },

    async dropped(run, database, at) {
      await db
        .updateTable('freshet.swaps')
        .set({ droppedAt: at })
        .where('run', '=', run)
        .where('database', '=', database)
        .where('droppedAt', 'is', null)
        .execute();
    },

    async remove(run, database) {
      await sql`
        with removed as (
          delete from freshet.swaps where run = ${run} and database = ${database} returning server, database_name
        )
        update freshet.swaps as earlier set superseded_by = null from removed
        where earlier.superseded_by = ${run} and earlier.server = removed.server
          and earlier.database_name = removed.database_name`.execute(db);
    },
  };
}
