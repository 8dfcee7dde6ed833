import { sql } from 'kysely';
import type { RequestId, RunId } from '../domain/ids.ts';
import type { Db } from './tables.ts';
import { requestId } from './values.ts';

/**
 * Makes the run the holder of all `targets`, or of none: then the request of the run that has one of them. The
 * unique index decides; a holder that has not committed yet is waited for.
 */
export async function holdTargets(
  db: Db,
  run: RunId,
  attempt: number,
  targets: readonly string[],
): Promise<RequestId | undefined> {
  // In one order for everybody, so that two runs for the same targets can't wait for each other.
  const wanted = [...new Set(targets)].sort();
  if (wanted.length === 0) throw new Error('A run needs at least one target');
  for (;;) {
    const held = await db
      .insertInto('freshet.runTargets')
      .columns(['run', 'attempt', 'target'])
      .expression(
        sql`select ${run}::text, ${attempt}::integer, target
            from unnest(${wanted}::text[]) with ordinality as wanted(target, place) order by place`,
      )
      .onConflict((conflicting) => conflicting.column('target').where('active', '=', true).doNothing())
      .returning('target')
      .execute();
    if (held.length === wanted.length) return undefined;
    await db.deleteFrom('freshet.runTargets').where('run', '=', run).where('attempt', '=', attempt).execute();
    const other = await holderOf(db, wanted);
    if (other !== undefined) return other;
    // It ended between the two looks: now the targets may be free.
  }
}

/** The request whose run has one of the targets; of several the one that began first. */
export async function holderOf(db: Db, targets: readonly string[]): Promise<RequestId | undefined> {
  const row = await db
    .selectFrom('freshet.runTargets as held')
    .innerJoin('freshet.runs as other', 'other.id', 'held.run')
    .select('other.request')
    .where('held.active', '=', true)
    .where('held.target', '=', sql<string>`any(${targets})`)
    .orderBy('other.fence')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : requestId(row.request);
}

export async function freeTargets(db: Db, run: RunId): Promise<void> {
  await db
    .updateTable('freshet.runTargets')
    .set({ active: false })
    .where('run', '=', run)
    .where('active', '=', true)
    .execute();
}
