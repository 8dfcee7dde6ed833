import { sql, type Selectable } from 'kysely';
import { contentsFrom, contentsText } from '../domain/backup.ts';
import { idNumber } from '../domain/ids.ts';
import type { Writes } from '../domain/impact.ts';
import { openStates, type RequestKind } from '../domain/request.ts';
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
      const { rows } = await sql<Selectable<SwapRow> & { stands: 'new' | 'old' | null }>`
        select one.*, case ${liveOn('one')}
          when one.live_ref then 'new' when nullif(one.kept_ref, '') then 'old' end as stands
        from freshet.swaps as one where run = ${run} order by number`.execute(db);
      return rows.map(({ stands, ...row }) => ({
        ...swapFrom(row),
        ...(stands === null ? {} : { stands }),
      }));
    },

    async replacedBy(run) {
      const { rows } = await sql<Selectable<SwapRow>>`
        select distinct one.* from freshet.swaps as one join freshet.swaps as own
          on own.run = ${run} and own.server = one.server and own.database_name = one.database_name
        where one.number < own.number and (one.superseded_by = own.run or one.live_ref = own.live_ref)
        order by one.number`.execute(db);
      return rows.map(swapFrom);
    },

    async standing() {
      const { rows } = await sql<
        Selectable<SwapRow> & { kind: RequestKind; requestedBy: string; ofRun: number }
      >`
        select one.*, requests.kind, requests.requested_by,
          (
            select count(*) from freshet.swaps as fellow
            where fellow.run = one.run and ${liveOn('fellow')} is distinct from nullif(fellow.kept_ref, '')
          ) as of_run
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
      // A kept copy that an undo has made live again is not kept any more; the swap that replaces it next keeps it. One that an undo is
      // still to bring back stays: whoever asked for that in time shall not be too late by waiting for somebody's yes.
      const { rows } = await sql<Selectable<SwapRow>>`
        select * from freshet.swaps as one
        where dropped_at is null and kept_until <= ${now} and kept_ref <> ''
          and not exists (
            select from freshet.swaps as later
            where later.server = one.server and later.database_name = one.database_name
              and later.number > one.number and later.live_ref = one.kept_ref
          )
          and not exists (
            select from freshet.requests as undo join freshet.request_items as item on item.request = undo.number
            where undo.undoes = one.request and item.database = one.database
              and undo.state = any(${openStates})
          )
        order by kept_until, number`.execute(db);
      return rows.map(swapFrom);
    },
  };
}

/** The lasting name of what is live on the target of a swap. */
function liveOn(swap: 'one' | 'fellow') {
  const its = sql.ref(swap);
  return sql`(
    select newest.live_ref from freshet.swaps as newest
    where newest.server = ${its}.server and newest.database_name = ${its}.database_name
    order by newest.number desc limit 1
  )`;
}

function swapFrom(row: Selectable<SwapRow>): Swap {
  const {
    number: _number,
    backup: _backup,
    keptBackup: _keptBackup,
    request,
    contents,
    keptContents,
    writes,
    ...rest
  } = withoutNulls(row);
  return {
    ...rest,
    request: requestId(request),
    ...(contents === undefined ? {} : { contents: contentsFrom(contents) }),
    ...(writes === undefined ? {} : { writes: writes as Writes }),
    ...(keptContents === undefined ? {} : { keptContents: contentsFrom(keptContents) }),
  };
}

export function swapWrites(db: Db): StoreTransaction['swaps'] {
  return {
    async add({ contents, keptContents, writes, ...swap }) {
      const added = await db
        .insertInto('freshet.swaps')
        .values({
          ...swap,
          request: idNumber(swap.request),
          backup: contents === undefined ? null : idNumber(contents.id),
          keptBackup: keptContents === undefined ? null : idNumber(keptContents.id),
          contents: contents === undefined ? null : json(contentsText(contents)),
          keptContents: keptContents === undefined ? null : json(contentsText(keptContents)),
          writes: writes === undefined ? null : json(writes),
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
