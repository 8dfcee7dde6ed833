import type { ActContext } from '../engine.ts';
import type { Step } from '../plan.ts';
import { withSession } from './connection.ts';

/** What the server says of a load that runs: indexes that are being built, and the size of the new database. */
const view = `
  SELECT pg_database_size(d.oid)::float8 AS bytes,
    (SELECT coalesce(sum(CASE WHEN p.blocks_total > 0 THEN p.blocks_done::float8 / p.blocks_total
       WHEN p.tuples_total > 0 THEN p.tuples_done::float8 / p.tuples_total ELSE 0 END), 0)
     FROM pg_stat_progress_create_index p WHERE p.datid = d.oid) AS indexes,
    (SELECT count(*)::int FROM pg_stat_progress_copy p WHERE p.datid = d.oid) AS copies
  FROM pg_database d WHERE d.datname = $1`;

/**
 * 0..1 of a load: half by the entries that pg_restore has finished (with the shares of indexes under way), half by the size
 * that the new database has reached of what it is expected to have. Undefined for other steps.
 */
export async function progressOf(step: Step, context: ActContext): Promise<number | undefined> {
  if (step.kind !== 'exec' || step.stage !== 'load' || step.exec.connection === undefined) return undefined;
  const { access, item, run, signal, results } = context;
  const seen = await withSession(
    access,
    { identity: 'admin', database: access.site.maintenanceDatabase, run, signal },
    (session) => session.row<{ bytes: number; indexes: number; copies: number }>(view, [item.newName]),
  );
  if (seen === undefined) return undefined;
  const list = results[`${item.database}.list`];
  const entries = Number(list?.entries ?? 0);
  const finished = Number(context.report?.finished ?? 0) + seen.indexes + seen.copies / 2;
  return loadFraction({
    finished,
    entries,
    bytes: seen.bytes,
    expectedBytes: expected(step.weight, Number(results[`${item.database}.check`]?.liveBytes ?? 0)),
  });
}

/** By the size of what is there now; without one, by what the plan reckoned. */
function expected(weight: number, liveBytes: number): number {
  return liveBytes > 20e6 ? liveBytes : weight * 60e6;
}

/** Never 1: only the end of the step says that it is done. Parallel jobs don't count the definitions in front. */
function loadFraction(seen: {
  finished: number;
  entries: number;
  bytes: number;
  expectedBytes: number;
}): number {
  const bySize = Math.min(0.98, seen.bytes / Math.max(1, seen.expectedBytes));
  if (seen.entries === 0) return bySize;
  return (Math.min(0.98, seen.finished / seen.entries) + bySize) / 2;
}
