import { conflict } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { Swap } from '../../src/domain/run.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import { keptDiffers, keptInUse } from '../refusals.ts';
import { sqlState } from './connection.ts';
import { openLive } from './kept.ts';
import { endMaking } from './making.ts';
import { byOid, copyOf, inMaintenance, named, raise, swapOf } from './records.ts';
import { dropDatabase, forgetCopy, replicationSlots } from './sql.ts';

/**
 * Takes back what a run did before its swap: opens the live database if it was closed, drops the new one, by its oid.
 * An undo's kept copy was not made by its run and stays. Repeatable. Does nothing to an item that was swapped.
 */
export async function abandon(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<void> {
  await inMaintenance(access, run, undefined, async (session) => {
    await raise(session, item, run, fence);
    const swap = await swapOf(session, run, item.databaseName);
    if (swap !== undefined && swap.swapped && !swap.putBack) return;
    await openLive(session, item, run);
    const copy = await copyOf(session, run, item.databaseName);
    if (copy === undefined) return;
    // Without an oid we died while making it: the name was free when the record was written, and only we make such names.
    if (copy.oid === null) await endMaking(session, run, copy.name);
    const made = copy.oid === null ? await named(session, copy.name) : await byOid(session, copy.oid);
    if (made !== undefined && made.name === copy.name) await session.rows(dropDatabase(made.name));
    await session.rows(forgetCopy, [run, item.databaseName]);
  });
}

/**
 * Drops a kept copy, if it is still exactly that one: its oid, its name, closed. Nothing when it is gone. Throws Conflict
 * (`kept-differs`, `kept-in-use`).
 */
export async function dropReplaced(access: ServerAccess, swap: Swap): Promise<void> {
  if (swap.keptRef === '') return;
  await inMaintenance(access, swap.run, undefined, async (session) => {
    const kept = await byOid(session, swap.keptRef);
    if (kept === undefined) return;
    if (kept.name !== swap.keptName || kept.name === swap.databaseName || kept.open) {
      throw keptDiffers(access.site, kept.name);
    }
    const [slot] = await session.rows<{ name: string }>(replicationSlots, [kept.name]);
    if (slot !== undefined) {
      throw conflict(
        'kept-in-use',
        `The replication slot "${slot.name}" keeps "${kept.name}" from being dropped.`,
        'Drop the slot if nothing reads from it any more.',
        { server: access.site.name },
      );
    }
    try {
      await session.rows(dropDatabase(kept.name));
    } catch (error) {
      if (sqlState(error) !== '55006') throw error;
      throw keptInUse(access.site, kept.name);
    }
  });
}
