import type { RunId } from '../../src/domain/ids.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import type { Session } from './connection.ts';
import { open, shut } from './create.ts';
import { alone, asAdmin, copyOf, liveRefOf, markOf, raise, swapOf } from './records.ts';
import { goBack, liveIsOf } from './swap.ts';

/**
 * Keeps the new database of a run that failed: the loader has no rights in it any more, and its sessions are ended. A swap that broke
 * off is led back. False when the new one is not there as it was recorded. Repeatable.
 */
export async function keep(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<boolean> {
  return asAdmin(access, undefined, async (session) => {
    await raise(session, item, run, fence);
    await openLive(session, item, run, fence);
    if (!(await isThere(session, run, item))) return false;
    await shut(session, access, item.newName);
    await noteClosed(session, run, item, true);
    return true;
  });
}

/** Lets the loader into the new database of this run again, and leads back where this run had begun to swap; true as well when the new one is live by now. */
export async function takeUp(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<boolean> {
  return asAdmin(access, undefined, async (session) => {
    await raise(session, item, run, fence);
    const swap = await swapOf(session, run, item.databaseName);
    if (swap !== undefined && swap.swapped && !swap.putBack) {
      return (await liveRefOf(session, item.databaseName)) === swap.incoming.ref;
    }
    await openLive(session, item, run, fence);
    if (!(await isThere(session, run, item))) return false;
    await open(session, access, item.newName);
    await noteClosed(session, run, item, false);
    return true;
  });
}

/** Leads a swap of this run that is neither here nor there back to what was live before. */
export async function openLive(session: Session, item: PlanItem, run: RunId, fence: number): Promise<void> {
  const swap = await swapOf(session, run, item.databaseName);
  if (swap === undefined || (swap.swapped && !swap.putBack)) return;
  const stands = await alone(session, item, () => liveIsOf(session, item, swap));
  // Live again, but not yet all of it: the way back has broken off, too.
  if (stands === 'old' && !swap.closed) return;
  await goBack(session, run, item, fence);
}

async function noteClosed(session: Session, run: RunId, item: PlanItem, closed: boolean): Promise<void> {
  await session.rows('UPDATE freshet.copy SET closed = ? WHERE run = ? AND database_name = ?', [
    closed ? 1 : 0,
    run,
    item.databaseName,
  ]);
}

async function isThere(session: Session, run: RunId, item: PlanItem): Promise<boolean> {
  const copy = await copyOf(session, run, item.databaseName);
  return copy !== undefined && copy.name === item.newName && (await markOf(session, copy.name)) === copy.ref;
}
