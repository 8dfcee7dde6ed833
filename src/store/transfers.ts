import { sql } from 'kysely';
import type { RunId } from '../domain/ids.ts';
import type { Db } from './tables.ts';

/** The two hosts that a backup travels between. */
export type Between = { from: string; to: string };

/**
 * Writes down that a backup of this run travels, where each of the hosts takes part in fewer than its `limits` say. Else the host that is in the
 * way is answered, and nothing is done. A turn that the run has is its own until it gives it back, or ends.
 */
export async function takeTransfer(
  db: Db,
  { run, database, from, to }: { run: RunId; database: string } & Between,
  limits: Readonly<Record<string, number>>,
): Promise<{ host: string; underWay: number } | undefined> {
  // Two that look at the same time must not both find the last place.
  await sql`select pg_advisory_xact_lock(hashtext('freshet transfers'))`.execute(db);
  const underWay = await db
    .selectFrom('freshet.transfers as one')
    .innerJoin('freshet.runs as run', 'run.id', 'one.run')
    .innerJoin('freshet.requests as request', 'request.number', 'run.request')
    .select(['one.run', 'one.database', 'one.fromHost', 'one.toHost'])
    .where('run.active', '=', true)
    // What is fenced moves nothing.
    .where('request.state', '=', 'running')
    .execute();
  if (underWay.some((one) => one.run === run && one.database === database)) return undefined;
  for (const host of new Set([from, to])) {
    const count = underWay.filter((one) => one.fromHost === host || one.toHost === host).length;
    if (count >= (limits[host] ?? Infinity)) return { host, underWay: count };
  }
  await db
    .insertInto('freshet.transfers')
    .values({ run, database, fromHost: from, toHost: to })
    // Of an earlier attempt, which had ended without giving it back.
    .onConflict((conflicting) =>
      conflicting.columns(['run', 'database']).doUpdateSet({ fromHost: from, toHost: to }),
    )
    .execute();
  return undefined;
}

/** Gives one back, or all that the run has; answers the databases that keep theirs. */
export async function giveTransfer(db: Db, run: RunId, database?: string): Promise<string[]> {
  await db
    .deleteFrom('freshet.transfers')
    .where('run', '=', run)
    .$if(database !== undefined, (query) => query.where('database', '=', database!))
    .execute();
  const kept = await db
    .selectFrom('freshet.transfers')
    .select('database')
    .where('run', '=', run)
    .orderBy('database')
    .execute();
  return kept.map((one) => one.database);
}
