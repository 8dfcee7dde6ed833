import { sql } from 'kysely';
import type { Schema } from '../domain/schema.ts';
import type { BackupReads, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';

/** Each may have some hundred kilobytes. */
const kept = 500;

export function outlineReads(db: Db): Pick<BackupReads, 'outline'> {
  return {
    async outline(checksum) {
      const row = await db
        .selectFrom('freshet.outlines')
        .select('schema')
        .where('checksum', '=', checksum)
        .executeTakeFirst();
      return row?.schema as Schema | undefined;
    },
  };
}

export function outlineWrites(db: Db): Pick<StoreTransaction['backups'], 'keepOutline'> {
  return {
    async keepOutline(checksum, schema) {
      await db
        .insertInto('freshet.outlines')
        .values({ checksum, schema: JSON.stringify(schema) })
        .onConflict((conflicting) => conflicting.column('checksum').doNothing())
        .execute();
      await sql`
        delete from freshet.outlines where checksum in (
          select checksum from freshet.outlines order by read_at desc, checksum offset ${kept}
        )`.execute(db);
    },
  };
}
