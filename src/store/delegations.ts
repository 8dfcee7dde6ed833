import type { DelegationReads } from './people.ts';
import type { StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';

const columns = ['from', 'to', 'since', 'until'] as const;

export function delegationReads(db: Db): DelegationReads {
  return {
    inForce(now) {
      return db
        .selectFrom('freshet.delegations')
        .select(columns)
        .where('endedAt', 'is', null)
        .where('until', '>', now)
        .orderBy('number')
        .execute();
    },
  };
}

export function delegationWrites(db: Db): StoreTransaction['delegations'] {
  return {
    async add(delegation) {
      await db.insertInto('freshet.delegations').values(delegation).execute();
    },

    end(from, at) {
      return db
        .updateTable('freshet.delegations')
        .set({ endedAt: at })
        .where('from', '=', from)
        .where('endedAt', 'is', null)
        .returning(columns)
        .executeTakeFirst();
    },
  };
}
