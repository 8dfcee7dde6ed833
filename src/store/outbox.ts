import { sql, type Selectable } from 'kysely';
import { horizon } from './events.ts';
import type { Effect, Outbox } from './store.ts';
import type { Db, OutboxRow } from './tables.ts';
import { requestId, text } from './values.ts';

export function openOutbox(db: Db): Outbox {
  return {
    async take(front, limit, leaseSeconds) {
      // Only what is final: an effect that is still uncommitted may belong before one that can be seen.
      const final = await horizon(db);
      const { rows } = await sql<Selectable<OutboxRow>>`
        update freshet.outbox as taken
        set leased_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}), attempts = attempts + 1
        where number in (
          select number from freshet.outbox as one
          where front = ${front} and done_at is null and dead_at is null and xid < ${final}::xid8
            and due_at <= clock_timestamp() and (leased_until is null or leased_until <= clock_timestamp())
            and not exists (
              select from freshet.outbox as earlier
              where earlier.front = one.front and earlier.request = one.request
                and earlier.done_at is null and earlier.dead_at is null
                and (earlier.xid, earlier.number) < (one.xid, one.number)
            )
          order by (kind <> 'card'), xid, number limit ${limit}
          for update skip locked
        )
        returning taken.*`.execute(db);
      return rows.sort(inOrder).map(effectFrom);
    },

    async done(id) {
      await sql`update freshet.outbox set done_at = clock_timestamp(), leased_until = null
        where number = ${id} and done_at is null and dead_at is null`.execute(db);
    },

    async later(id, at, why, asked = false) {
      // Never back to none: what was begun is looked for before it is done again.
      await sql`update freshet.outbox set due_at = ${at}, leased_until = null, last_error = ${text(why)},
          attempts = case when ${asked} then greatest(attempts - 1, 1) else attempts end
        where number = ${id} and done_at is null and dead_at is null`.execute(db);
    },

    async dead(id, why) {
      await sql`update freshet.outbox set dead_at = clock_timestamp(), leased_until = null, last_error = ${text(why)}
        where number = ${id} and done_at is null`.execute(db);
    },

    async forget(doneBefore) {
      const { numDeletedRows } = await db
        .deleteFrom('freshet.outbox')
        .where('doneAt', '<', doneBefore)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async lag(front) {
      const { rows } = await sql<{ waiting: number; oldestAt: Date | null }>`
        select count(*) as waiting, min(created_at) as oldest_at from freshet.outbox
        where front = ${front} and done_at is null and dead_at is null`.execute(db);
      const { waiting, oldestAt } = rows[0]!;
      return oldestAt === null ? { waiting } : { waiting, oldestAt };
    },
  };
}

/** Cards first: where a channel takes no more, a new request is not kept back by what is said about others. */
function inOrder(a: Selectable<OutboxRow>, b: Selectable<OutboxRow>): number {
  const later = (row: Selectable<OutboxRow>) => Number(row.kind !== 'card');
  return later(a) - later(b) || Number(BigInt(a.xid) - BigInt(b.xid)) || a.number - b.number;
}

function effectFrom(row: Selectable<OutboxRow>): Effect {
  return {
    id: row.number,
    front: row.front,
    kind: row.kind,
    ...(row.request === null ? {} : { request: requestId(row.request) }),
    event: row.event,
    attempts: row.attempts,
    createdAt: row.createdAt,
  };
}
