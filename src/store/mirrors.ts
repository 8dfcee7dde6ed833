import { conflict } from '../domain/errors.ts';
import { idNumber } from '../domain/ids.ts';
import { codeOf } from './faults.ts';
import type { MirrorReads } from './store.ts';
import type { Db } from './tables.ts';
import { json, requestId } from './values.ts';

export function openMirrors(db: Db): MirrorReads {
  return {
    async get(request, front) {
      const row = await db
        .selectFrom('freshet.mirrors')
        .select('ref')
        .where('request', '=', idNumber(request))
        .where('front', '=', front)
        .executeTakeFirst();
      return row?.ref ?? undefined;
    },

    async byKey(front, key) {
      const row = await db
        .selectFrom('freshet.mirrors')
        .select('request')
        .where('front', '=', front)
        .where('key', '=', key)
        .executeTakeFirst();
      return row === undefined ? undefined : requestId(row.request);
    },

    async set(request, front, key, ref) {
      const row = { request: idNumber(request), front, key, ref: json(ref) };
      await db
        .insertInto('freshet.mirrors')
        .values(row)
        .onConflict((conflicting) => conflicting.columns(['request', 'front']).doUpdateSet(row))
        .execute()
        .catch((error: unknown) => {
          if (codeOf(error) !== uniqueViolation) throw error;
          throw conflict(
            'mirror-taken',
            `"${key}" on ${front} shows another request already, not ${request}.`,
            'Each card and each issue belongs to one request.',
            { request },
          );
        });
    },
  };
}

const uniqueViolation = '23505';
