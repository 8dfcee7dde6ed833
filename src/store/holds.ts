import type { Selectable } from 'kysely';
import type { Hold } from '../domain/calendar/hold.ts';
import { idNumber } from '../domain/ids.ts';
import type { HoldReads, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import type { HoldRow } from './tables-calendar.ts';
import { holdId, text, withoutNulls } from './values.ts';

/** More than the service lets stand in all environments that people could read of. */
const most = 1000;

export function holdReads(db: Db): HoldReads {
  return {
    async get(id) {
      const row = await db
        .selectFrom('freshet.holds')
        .selectAll()
        .where('number', '=', idNumber(id))
        .executeTakeFirst();
      return row === undefined ? undefined : holdFrom(row);
    },

    async standing(at, environment) {
      const rows = await db
        .selectFrom('freshet.holds')
        .selectAll()
        .where('releasedAt', 'is', null)
        .where('until', '>', at)
        .$if(environment !== undefined, (query) => query.where('environment', '=', environment!))
        .orderBy('number')
        .limit(most)
        .execute();
      return rows.map(holdFrom);
    },

    async answers(request) {
      const rows = await db
        .selectFrom('freshet.holdAnswers')
        .select(['hold', 'digest', 'by', 'front', 'at'])
        .where('request', '=', idNumber(request))
        .orderBy('hold')
        .execute();
      return rows.map((row) => ({ ...row, hold: holdId(row.hold) }));
    },
  };
}

export function holdWrites(db: Db): StoreTransaction['holds'] {
  return {
    ...holdReads(db),

    async place({ reason, ...hold }) {
      const row = await db
        .insertInto('freshet.holds')
        .values({
          environment: hold.environment,
          by: hold.by,
          front: hold.front,
          from: hold.from,
          until: hold.until,
          reason: text(reason),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return holdFrom(row);
    },

    async release(id, by, at) {
      const { numUpdatedRows } = await db
        .updateTable('freshet.holds')
        .set({ releasedAt: at, releasedBy: by })
        .where('number', '=', idNumber(id))
        .where('releasedAt', 'is', null)
        .where('until', '>', at)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },

    async answer(request, { hold, ...answer }) {
      await db
        .insertInto('freshet.holdAnswers')
        .values({ request: idNumber(request), hold: idNumber(hold), ...answer })
        .onConflict((conflicting) => conflicting.doNothing())
        .execute();
    },
  };
}

function holdFrom(row: Selectable<HoldRow>): Hold {
  const { number, ...rest } = withoutNulls(row);
  return { ...rest, id: holdId(number) };
}
