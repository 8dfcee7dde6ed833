import { idNumber } from '../domain/ids.ts';
import type { ReminderReads } from './people.ts';
import type { StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import { requestId } from './values.ts';

export function reminderReads(db: Db): ReminderReads {
  return {
    async sent(requests) {
      if (requests.length === 0) return [];
      const rows = await db
        .selectFrom('freshet.reminders')
        .select(['request', 'since', 'reminder'])
        .where('request', 'in', requests.map(idNumber))
        .execute();
      return rows.map(({ request, since, reminder }) => ({
        request: requestId(request),
        since,
        reminder: reminder === 'last' || reminder === 'fallback' ? reminder : Number(reminder),
      }));
    },
  };
}

export function reminderWrites(db: Db): StoreTransaction['reminders'] {
  return {
    async send({ request, since, reminder }, at) {
      const added = await db
        .insertInto('freshet.reminders')
        .values({ request: idNumber(request), since, reminder: String(reminder), at })
        .onConflict((conflicting) => conflicting.doNothing())
        .returning('request')
        .execute();
      return added.length > 0;
    },
  };
}
