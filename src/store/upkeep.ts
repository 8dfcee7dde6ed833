import { sql } from 'kysely';
import type { Store, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import { json } from './values.ts';

/** Leases by name, and notes. The clock is the server's: holders on several machines agree about it. */
export function openUpkeep(db: Db): Pick<Store, 'lease' | 'note' | 'setNote' | 'ping'> {
  return {
    async lease(name, holder, seconds) {
      // Cut and not rounded: what is given up this moment would else be held for a part of a millisecond more.
      const { rows } = await sql`
        insert into freshet.leases as held (name, holder, until)
        values (${name}, ${holder}, date_trunc('milliseconds', clock_timestamp() + make_interval(secs => ${seconds})))
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
        where held.holder = excluded.holder or held.until <= clock_timestamp()
        returning name`.execute(db);
      return rows.length > 0;
    },

    async note(name) {
      const row = await db
        .selectFrom('freshet.notes')
        .select('value')
        .where('name', '=', name)
        .executeTakeFirst();
      return row?.value ?? undefined;
    },

    async setNote(name, value) {
      await db
        .insertInto('freshet.notes')
        .values({ name, value: json(value) })
        .onConflict((conflicting) => conflicting.column('name').doUpdateSet({ value: json(value) }))
        .execute();
    },

    async ping() {
      await sql`select 1`.execute(db);
    },
  };
}

export function noteWrites(db: Db): StoreTransaction['notes'] {
  return {
    async set(name, value) {
      if (value === undefined) {
        const { numDeletedRows } = await db
          .deleteFrom('freshet.notes')
          .where('name', '=', name)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }
      const { rows } = await sql`
        insert into freshet.notes as known (name, value) values (${name}, ${json(value)})
        on conflict (name) do update set value = excluded.value where known.value is distinct from excluded.value
        returning name`.execute(db);
      return rows.length > 0;
    },
  };
}
