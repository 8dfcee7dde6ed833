import type { RunId } from '../../src/domain/ids.ts';
import type { Swap } from '../../src/domain/run.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import { keptDiffers, keptInUse } from '../refusals.ts';
import { errorNumber, type Session } from './connection.ts';
import { isOursOrBare, shut } from './create.ts';
import { openLive } from './kept.ts';
import { asAdmin, copyOf, markOf, raise, schemaNamed, swapOf, tablesIn } from './records.ts';
import { dropSchema } from './sql.ts';

/**
 * Takes back what a run did before its swap: leads a swap that broke off back, drops the new schema if it has the mark that was
 * recorded. An undo's kept copy was not made by its run and stays. Repeatable. Does nothing to an item that was swapped.
 */
export async function abandon(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<void> {
  await asAdmin(access, undefined, async (session) => {
    await raise(session, item, run, fence);
    const swap = await swapOf(session, run, item.databaseName);
    if (swap !== undefined && swap.swapped && !swap.putBack) return;
    await openLive(session, item, run, fence);
    // Made for what was live before; nothing went there.
    if (swap !== undefined) await dropEmpty(session, swap.outgoing.schema, swap.outgoing.ref);
    const copy = await copyOf(session, run, item.databaseName);
    if (copy === undefined) return;
    await dropRecorded(session, access, copy.name, copy.ref);
    await forget(session, run, item.databaseName, copy.ref);
  });
}

/** Drops a schema if it is still the one that was recorded, or without any table. */
export async function dropRecorded(
  session: Session,
  access: ServerAccess,
  name: string,
  ref: string,
): Promise<void> {
  if (!(await isOursOrBare(session, access, name, ref))) return;
  await shut(session, access, name);
  await session.rows(dropSchema(name));
}

async function dropEmpty(session: Session, name: string, ref: string): Promise<void> {
  if ((await markOf(session, name)) !== ref || (await tablesIn(session, name)).length > 0) return;
  await session.rows(dropSchema(name));
}

export async function forget(session: Session, run: RunId, database: string, ref: string): Promise<void> {
  await session.transaction(async () => {
    await session.rows('DELETE FROM freshet.copy WHERE run = ? AND database_name = ? AND ref = ?', [
      run,
      database,
      ref,
    ]);
    await session.rows('DELETE FROM freshet.program WHERE ref = ?', [ref]);
  });
}

/**
 * Drops a kept copy, if it is still exactly that one: its name and the mark in it. Nothing when it is gone. Throws Conflict
 * (`kept-differs`, `kept-in-use`).
 */
export async function dropReplaced(access: ServerAccess, swap: Swap): Promise<void> {
  if (swap.keptRef === '') return;
  await asAdmin(access, undefined, async (session) => {
    if ((await schemaNamed(session, swap.keptName)) === undefined) return;
    if ((await markOf(session, swap.keptName)) !== swap.keptRef || swap.keptName === swap.databaseName) {
      throw keptDiffers(access.site, swap.keptName);
    }
    try {
      await session.rows(dropSchema(swap.keptName));
    } catch (error) {
      if (errorNumber(error) !== 1205) throw error;
      throw keptInUse(access.site, swap.keptName);
    }
    await session.rows('DELETE FROM freshet.program WHERE ref = ?', [swap.keptRef]);
  });
}
