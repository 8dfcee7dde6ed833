import { sql } from 'kysely';
import type { Viewer, Viewers } from './store.ts';
import type { Db } from './tables.ts';
import { json } from './values.ts';

export function openViewers(db: Db): Viewers {
  return {
    async seen(front, who, at) {
      await db
        .insertInto('freshet.viewers')
        .values({ front, who, seenAt: at })
        .onConflict((conflicting) =>
          conflicting
            .columns(['front', 'who'])
            .doUpdateSet({ seenAt: sql`greatest(viewers.seen_at, excluded.seen_at)` }),
        )
        .execute();
    },

    async get(front, who) {
      const row = await db
        .selectFrom('freshet.viewers')
        .selectAll()
        .where('front', '=', front)
        .where('who', '=', who)
        .executeTakeFirst();
      return row === undefined ? undefined : viewerFrom(row);
    },

    async list(front) {
      const rows = await db
        .selectFrom('freshet.viewers')
        .selectAll()
        .where('front', '=', front)
        .orderBy('seenAt', 'desc')
        .orderBy('who')
        .execute();
      return rows.map(viewerFrom);
    },

    async show(front, who, shown) {
      await db
        .updateTable('freshet.viewers')
        .set({ shown: json(shown) })
        .where('front', '=', front)
        .where('who', '=', who)
        .execute();
    },

    async forget(front, seenBefore) {
      const { numDeletedRows } = await db
        .deleteFrom('freshet.viewers')
        .where('front', '=', front)
        .where('seenAt', '<', seenBefore)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

function viewerFrom({ who, seenAt, shown }: { who: string; seenAt: Date; shown: unknown }): Viewer {
  return { who, seenAt, ...(shown === null ? {} : { shown }) };
}
