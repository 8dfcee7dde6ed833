import { sql, type Selectable } from 'kysely';
import type { Inbox } from './store.ts';
import type { Db, InboxRow } from './tables.ts';
import { text } from './values.ts';

export function openInbox(db: Db): Inbox {
  return {
    async accept(source, key, body) {
      const added = await db
        .insertInto('freshet.inbox')
        .values({ source, key: text(key), body: JSON.stringify(body ?? null) })
        .onConflict((conflicting) => conflicting.columns(['source', 'key']).doNothing())
        .returning('number')
        .execute();
      return added.length > 0;
    },

    async settled(source, key, body) {
      await db
        .insertInto('freshet.inbox')
        .values({
          source,
          key: text(key),
          body: JSON.stringify(body ?? null),
          doneAt: sql`clock_timestamp()`,
        })
        .onConflict((conflicting) => conflicting.columns(['source', 'key']).doNothing())
        .execute();
    },

    async knows(source, key) {
      const row = await db
        .selectFrom('freshet.inbox')
        .select('number')
        .where('source', '=', source)
        .where('key', '=', text(key))
        .executeTakeFirst();
      return row !== undefined;
    },

    async take(source, limit, leaseSeconds) {
      const { rows } = await sql<Selectable<InboxRow>>`
        update freshet.inbox as taken
        set leased_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}), attempts = attempts + 1
        where number in (
          select number from freshet.inbox
          where source = ${source} and done_at is null and due_at <= clock_timestamp()
            and (leased_until is null or leased_until <= clock_timestamp())
          order by number limit ${limit}
          for update skip locked
        )
        returning taken.*`.execute(db);
      return rows
        .sort((a, b) => a.number - b.number)
        .map((row) => ({
          id: row.number,
          source: row.source,
          key: row.key,
          body: row.body,
          receivedAt: row.receivedAt,
          attempts: row.attempts,
        }));
    },

    async done(id) {
      await sql`update freshet.inbox set done_at = clock_timestamp(), leased_until = null
        where number = ${id} and done_at is null`.execute(db);
    },

    async later(id, at, why) {
      await sql`update freshet.inbox set due_at = ${at}, leased_until = null, last_error = ${text(why)}
        where number = ${id} and done_at is null`.execute(db);
    },

    async forget(doneBefore) {
      const { numDeletedRows } = await db
        .deleteFrom('freshet.inbox')
        .where('doneAt', '<', doneBefore)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
