import { sql, type Selectable } from 'kysely';
import { inputError } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';
import { idNumber } from '../domain/ids.ts';
import type { Listener } from './listener.ts';
import type { EventReads, StoreTransaction } from './store.ts';
import type { Db, EventRow } from './tables.ts';
import { json, requestId, withoutNulls } from './values.ts';

/**
 * The number below which every transaction of this database has ended. Ask for it in a statement of its own, before the one
 * that reads: only then is all below it visible.
 */
export async function horizon(db: Db): Promise<string> {
  const { rows } = await sql<{ horizon: string }>`select freshet.event_horizon() as horizon`.execute(db);
  return rows[0]!.horizon;
}

export function eventReads(db: Db, listener: Listener): EventReads {
  return {
    async after(cursor, limit) {
      const { xid, number } = parseCursor(cursor);
      const final = await horizon(db);
      const { rows } = await sql<Selectable<EventRow> & { final: boolean }>`
        select *, xid < ${final}::xid8 as final from freshet.events
        where (xid, number) > (${xid}::xid8, ${number}::bigint)
        order by xid, number limit ${limit}`.execute(db);
      const ready = rows.filter((row) => row.final);
      // What is held back gets no notice of its own when the transaction before it ends.
      if (ready.length < rows.length) listener.lookAgainSoon();
      const last = ready.at(-1);
      return {
        events: ready.map(eventFrom),
        cursor: last === undefined ? cursor : `${last.xid}.${last.number}`,
      };
    },

    async get(id) {
      const row = await db
        .selectFrom('freshet.events')
        .selectAll()
        .where('number', '=', id)
        .executeTakeFirst();
      return row === undefined ? undefined : eventFrom(row);
    },

    ofRequest: eventsOfRequest(db),

    async ofNoRequest(types, among) {
      const rows = await db
        .selectFrom((one) =>
          one
            .selectFrom('freshet.events')
            .selectAll()
            .where('request', 'is', null)
            .orderBy('number', 'desc')
            .limit(among)
            .as('newest'),
        )
        .selectAll()
        .where('type', '=', sql<never>`any(${types})`)
        .orderBy('number', 'desc')
        .execute();
      return rows.map(eventFrom);
    },

    wait: (seconds, signal) => listener.wait(seconds, signal),
  };
}

function eventsOfRequest(db: Db): EventReads['ofRequest'] {
  return async (id, types) => {
    const rows = await db
      .selectFrom('freshet.events')
      .selectAll()
      .where('request', '=', idNumber(id))
      .$if(types !== undefined, (query) => query.where('type', '=', sql<never>`any(${types})`))
      .orderBy('number')
      .execute();
    return rows.map(eventFrom);
  };
}

function parseCursor(cursor: string | undefined): { xid: string; number: string } {
  if (cursor === undefined) return { xid: '0', number: '0' };
  const match = /^(\d{1,20})\.(\d{1,19})$/.exec(cursor);
  if (match === null) {
    throw inputError(
      'cursor-unknown',
      `"${cursor.slice(0, 50)}" is no cursor of the events; use one that an earlier answer gave.`,
      'Leave it out to start at the beginning.',
    );
  }
  return { xid: match[1]!, number: match[2]! };
}

function eventFrom({ number, at, request, run, actor, front, data }: Selectable<EventRow>): Event {
  return {
    ...data,
    ...withoutNulls({ run, actor, front }),
    ...(request === null ? {} : { request: requestId(request) }),
    id: number,
    at,
  };
}

export function eventWrites(db: Db): StoreTransaction['events'] {
  return {
    ofRequest: eventsOfRequest(db),

    async append({ request, run, actor, front, ...data }, effects = []) {
      const row = await db
        .insertInto('freshet.events')
        .values({
          request: request === undefined ? null : idNumber(request),
          run: run ?? null,
          actor: actor ?? null,
          front: front ?? null,
          data: json(data)!,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      if (effects.length > 0) {
        await db
          .insertInto('freshet.outbox')
          .values(
            effects.map((effect) => ({
              front: effect.front,
              kind: effect.kind,
              request: row.request,
              event: row.number,
            })),
          )
          .execute();
      }
      return eventFrom(row);
    },
  };
}
