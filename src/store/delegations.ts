import type { DelegationReads } from './people.ts';
import type { StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import { withoutNulls } from './values.ts';

const columns = ['from', 'to', 'since', 'until', 'fromIdentity', 'toIdentity'] as const;

function inForce(db: Db, now: Date) {
  return db
    .selectFrom('freshet.delegations')
    .select(columns)
    .where('endedAt', 'is', null)
    .where('until', '>', now)
    .orderBy('number');
}

export function delegationReads(db: Db): DelegationReads {
  return {
    async inForce(now) {
      return (await inForce(db, now).execute()).map(withoutNulls);
    },
  };
}

export function delegationWrites(db: Db): StoreTransaction['delegations'] {
  return {
    async inForce(now) {
      return (await inForce(db, now).forShare().execute()).map(withoutNulls);
    },

    async add(delegation) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('freshet.delegations')
        .values(delegation)
        .onConflict((conflicting) => conflicting.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    async end(from, at, since) {
      const ended = await db
        .updateTable('freshet.delegations')
        .set({ endedAt: at })
        .where('from', '=', from)
        .where('endedAt', 'is', null)
        .$if(since !== undefined, (query) => query.where('since', '=', since!))
        .returning(columns)
        .executeTakeFirst();
      return ended === undefined ? undefined : withoutNulls(ended);
    },
  };
}
