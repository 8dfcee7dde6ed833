import { conflict } from '../../src/domain/errors.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { ServerAccess } from '../engine.ts';
import type { PlanItem } from '../plan.ts';
import { fencePassed } from '../refusals.ts';
import { type Session, sqlState, withSession } from './connection.ts';
import {
  allowConnections,
  copyRecord,
  databaseByName,
  databaseByOid,
  lockFence,
  oid,
  raiseFence,
  swapRecord,
} from './sql.ts';

/** A database of the server as its catalogue has it now. */
export type Database = { oid: string; name: string; open: boolean; owner: string };

/** A swap as it was recorded before it began. */
export type SwapRecord = {
  newOid: string;
  newName: string;
  liveOid: string | null;
  oldName: string;
  closed: boolean;
  swapped: boolean;
  putBack: boolean;
  outageSeconds: number | null;
  notCarried: string[];
};

/** A session of the admin identity in the maintenance database. */
export function inMaintenance<T>(
  access: ServerAccess,
  run: RunId,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const login = { identity: 'admin' as const, database: access.site.maintenanceDatabase, run };
  return withSession(access, { ...login, ...(signal === undefined ? {} : { signal }) }, work);
}

export async function named(session: Session, name: string): Promise<Database | undefined> {
  return session.row<Database>(databaseByName, [name]);
}

export async function byOid(session: Session, ref: string): Promise<Database | undefined> {
  return session.row<Database>(databaseByOid, [oid(ref)]);
}

/** What this run recorded as made by it; the oid is null when it died while making it. */
export async function copyOf(
  session: Session,
  run: RunId,
  database: string,
): Promise<{ oid: string | null; name: string } | undefined> {
  return session.row(copyRecord, [run, database]);
}

export async function swapOf(
  session: Session,
  run: RunId,
  database: string,
): Promise<SwapRecord | undefined> {
  return session.row<SwapRecord>(swapRecord, [run, database]);
}

/** Raises the fence of the live database to ours. `Fenced` when it has seen a larger one. */
export async function raise(session: Session, item: PlanItem, run: RunId, fence: number): Promise<void> {
  const row = await session.row(raiseFence, [item.databaseName, fence, run]);
  if (row === undefined) throw fencePassed(item, fence);
}

/** Inside of a transaction: nobody with a larger fence can get in before it ends. `Fenced` when somebody has. */
export async function holdFence(session: Session, item: PlanItem, fence: number): Promise<void> {
  const row = await session.row<{ fence: string }>(lockFence, [item.databaseName]);
  if (row !== undefined && Number(row.fence) > fence) throw fencePassed(item, fence);
}

/**
 * Lets sessions in again where this run had closed the live database. False when it is not the live one any more.
 * `freshet.swap` must not say swapped.
 */
export async function reopen(session: Session, liveOid: string): Promise<boolean> {
  const live = await byOid(session, liveOid);
  if (live === undefined) return false;
  if (!live.open) await session.rows(allowConnections(live.name, true));
  return true;
}

/** The records are missing: set-up was never run, or in another database. */
export function setupMissing(access: ServerAccess): Error {
  return conflict(
    'setup-missing',
    `Server "${access.site.name}" is not prepared: schema "freshet" is missing in "${access.site.maintenanceDatabase}" or not ours.`,
    '`npx freshet host install` prints the SQL that a superuser runs once.',
    { server: access.site.name },
  );
}

export function isSetupFault(error: unknown): boolean {
  return ['42P01', '3F000', '42501'].includes(sqlState(error) ?? '');
}
