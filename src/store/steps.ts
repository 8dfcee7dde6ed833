import { sql } from 'kysely';
import type { Progress, StepRecord } from '../domain/run.ts';
import type { RunReads, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import { json, text, withoutNulls } from './values.ts';

export function stepReads(db: Db): Pick<RunReads, 'steps' | 'progress'> {
  return {
    async steps(id) {
      const rows = await db
        .selectFrom('freshet.runSteps')
        .selectAll()
        .where('run', '=', id)
        .orderBy('startedAt')
        .orderBy('step')
        .execute();
      return rows.map((row): StepRecord => withoutNulls(row));
    },

    async progress(id) {
      const row = await db
        .selectFrom('freshet.runProgress')
        .selectAll()
        .where('run', '=', id)
        .executeTakeFirst();
      return row === undefined ? undefined : withoutNulls(row);
    },
  };
}

export function stepWrites(db: Db): Pick<StoreTransaction['runs'], 'step' | 'forgetSteps'> {
  return {
    async step(record) {
      const row = {
        run: record.run,
        step: record.step,
        attempt: record.attempt,
        state: record.state,
        startedAt: record.startedAt,
        endedAt: record.endedAt ?? null,
        result: json(record.result),
      };
      await db
        .insertInto('freshet.runSteps')
        .values(row)
        .onConflict((conflicting) => conflicting.columns(['run', 'step']).doUpdateSet(row))
        .execute();
    },

    async forgetSteps(id, steps) {
      await db
        .deleteFrom('freshet.runSteps')
        .where('run', '=', id)
        .where('step', '=', sql<string>`any(${steps})`)
        .execute();
    },
  };
}

/** One row per run, overwritten; an older report that comes late changes nothing. */
export async function writeProgress(db: Db, progress: Progress): Promise<void> {
  const row = {
    run: progress.run,
    step: progress.step,
    title: text(progress.title),
    host: progress.host ?? null,
    fraction: progress.fraction,
    secondsLeft: progress.secondsLeft ?? null,
    note: progress.note === undefined ? null : text(progress.note),
    at: progress.at,
  };
  await db
    .insertInto('freshet.runProgress')
    .values(row)
    .onConflict((conflicting) =>
      conflicting
        .column('run')
        .doUpdateSet(row)
        // Kysely knows the table by its full name only, which is no name inside this clause.
        .where(sql<Date>`run_progress.at`, '<=', row.at),
    )
    .execute();
}
