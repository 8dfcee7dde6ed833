import type { RunId } from '../../src/domain/ids.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import type { Session } from './connection.ts';
import { byOid, copyOf, type Database, inMaintenance, raise, reopen, swapOf } from './records.ts';
import { allowConnections, recordReopened, sessions, terminate } from './sql.ts';

/**
 * Keeps the new database of a run that failed: closed to everybody and its sessions ended. The live one is opened if it
 * was closed. False when the new one is not there as it was recorded. Repeatable.
 */
export async function keep(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<boolean> {
  return inMaintenance(access, run, undefined, async (session) => {
    await raise(session, item, run, fence);
    await openLive(session, item, run);
    const made = await madeBy(session, run, item);
    if (made === undefined) return false;
    await close(session, made);
    return true;
  });
}

/** Opens the new database of this run again, and the live one where this run had closed it; true as well when the new one is live by now. */
export async function takeUp(
  access: ServerAccess,
  item: PlanItem,
  run: RunId,
  fence: number,
): Promise<boolean> {
  return inMaintenance(access, run, undefined, async (session) => {
    await raise(session, item, run, fence);
    const swap = await swapOf(session, run, item.databaseName);
    if (swap !== undefined && swap.swapped && !swap.putBack) {
      return (await byOid(session, swap.newOid))?.name === item.databaseName;
    }
    // A swap that broke off may have left the live one closed by us: what comes before the swap reads it.
    await openLive(session, item, run);
    const made = await madeBy(session, run, item);
    if (made === undefined) return false;
    if (!made.open) await session.rows(allowConnections(made.name, true));
    return true;
  });
}

/** Lets sessions into the live database again where this run had closed it and did not swap. */
export async function openLive(session: Session, item: PlanItem, run: RunId): Promise<void> {
  const swap = await swapOf(session, run, item.databaseName);
  if (swap === undefined || !swap.closed || swap.swapped || swap.liveOid === null) return;
  await reopen(session, swap.liveOid);
  await session.rows(recordReopened, [run, item.databaseName]);
}

/** Lets nobody in any more, superusers neither, and ends who is in. */
export async function close(session: Session, database: Database): Promise<void> {
  if (database.open) await session.rows(allowConnections(database.name, false));
  for (const { pid } of await session.rows<{ pid: number }>(sessions, [database.oid])) {
    await session.rows(terminate, [pid]);
  }
}

/** What this run recorded as made by it, under the name that it was given. */
export async function madeBy(session: Session, run: RunId, item: PlanItem): Promise<Database | undefined> {
  const copy = await copyOf(session, run, item.databaseName);
  const made = copy === undefined || copy.oid === null ? undefined : await byOid(session, copy.oid);
  return made?.name === item.newName ? made : undefined;
}
